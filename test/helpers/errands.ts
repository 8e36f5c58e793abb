import { ConfabError } from '../../src/core/errors.ts';
import type { SimEngine } from '../../src/engine/sim.ts';

/**
 * Things that people of a random life do beside each other, one at a time for each key. A refusal that a network at odds may
 * honestly give is noted; anything else that goes wrong is a problem of the run.
 */
export class Errands {
  readonly problems: string[] = [];
  readonly log: string[] = [];
  readonly #engine: SimEngine;
  readonly #honest: ReadonlySet<string>;
  readonly #open = new Set<Promise<void>>();
  readonly #busy = new Set<string>();

  constructor(engine: SimEngine, honest: ReadonlySet<string>) {
    this.#engine = engine;
    this.#honest = honest;
    engine.onCrash((reason) => this.problems.push(reason));
  }

  note(text: string): void {
    this.log.push(`${this.#engine.now().toFixed(1)} ${text}`);
  }

  /** Begins it unless something of that key still goes on; `said` is noted then. */
  go(key: string, what: () => Promise<void>, said: string | null = null): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    if (said !== null) this.note(said);
    const running = what()
      .catch((error: unknown) => {
        const code = error instanceof ConfabError ? error.code : String(error);
        this.note(`  ${key}: ${code}`);
        if (!this.#honest.has(code)) this.problems.push(`${key}: ${error instanceof Error ? error.message : code}`);
      })
      .finally(() => {
        this.#busy.delete(key);
        this.#open.delete(running);
      });
    this.#open.add(running);
  }

  /** Waits until nothing goes on any more. */
  async settle(): Promise<void> {
    while (this.#open.size > 0) await this.#engine.until(async () => (this.#open.size === 0 ? null : 'busy'), 20_000);
  }
}
