import { ConfabError } from '../core/errors.ts';
import type { SeedServerState } from './engine.ts';
import { freePort } from './free-port.ts';
import { type LifelineProcess, sayExit, spawnReady } from './spawn.ts';

export interface LocalSeedServerOptions {
  readonly root: string;
  readonly mainPath: string;
  /** Told when the process ends by itself. */
  readonly crashed: (reason: string) => void;
}

const READY_MILLIS = 30_000;
const STOP_MILLIS = 3_000;
const ANSWER_MILLIS = 3_000;

/** The seed server of a run on real processes. Its port is chosen once, so that nodes find it again after a stop. */
export class LocalSeedServer {
  readonly #options: LocalSeedServerOptions;
  #process: LifelineProcess | null = null;
  /** While it starts: whoever stops it then waits until there is something to stop. */
  #starting: Promise<LifelineProcess> | null = null;
  #port = 0;
  #key: string | null = null;

  constructor(options: LocalSeedServerOptions) {
    this.#options = options;
  }

  async choosePort(): Promise<void> {
    this.#port = await freePort();
  }

  /** Known once the port is chosen, also while the server is down. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** As nodes are given it: with the key of the server, once that has run. */
  get address(): string {
    return this.#key === null ? this.url : `${this.url}#${this.#key}`;
  }

  async start(conduct: string | null = null): Promise<void> {
    if (this.#process?.running === true || this.#starting !== null) {
      throw new ConfabError('bad-arguments', { command: 'seed-server', reason: 'it runs already' });
    }
    this.#starting = this.#spawn(conduct);
    try {
      await this.#starting;
    } finally {
      this.#starting = null;
    }
  }

  async #spawn(conduct: string | null): Promise<LifelineProcess> {
    const started = await spawnReady({
      args: ['--root', this.#options.root, '--json', 'seed', '--port', String(this.#port), '--lifeline', ...(conduct === null ? [] : ['--conduct', conduct])],
      mainPath: this.#options.mainPath,
      what: 'The seed server',
      readyMillis: READY_MILLIS,
    });
    this.#process = started;
    this.#key = String(started.ready['key']);
    void started.exited.then((exit) => {
      if (this.#process !== started) return;
      this.#process = null;
      this.#options.crashed(`the seed server ended by itself (${sayExit(exit)})`);
    });
    return started;
  }

  /** Idempotent; one that is starting is ended as soon as it has started. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    const running = this.#process;
    if (running === null) return;
    this.#process = null;
    running.signal('SIGTERM');
    await running.end(STOP_MILLIS);
  }

  /** What it holds, or null when it does not answer. */
  async state(): Promise<SeedServerState | null> {
    if (this.#process === null) return null;
    try {
      const answer = await fetch(`${this.url}/v1/summary`, { signal: AbortSignal.timeout(ANSWER_MILLIS) });
      return answer.ok ? ((await answer.json()) as SeedServerState) : null;
    } catch {
      return null;
    }
  }
}
