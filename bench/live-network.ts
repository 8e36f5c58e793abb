import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeEvent } from '../src/core/commands.ts';
import type { CoreOptions } from '../src/core/options.ts';
import { LocalEngine } from '../src/engine/local.ts';
import { goesWithUs } from './children.ts';

export const PASSWORD = 'bench password';
const FRIENDS_MILLIS = 20_000;

/** The command line of this very build. */
export const MAIN_PATH = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

/** A network of real processes in a temporary folder, without traces; everything is gone after `use` has returned. */
export async function withNetwork<Value>(
  use: (engine: LocalEngine, root: string) => Promise<Value>,
  perProcess = 1,
  coreOptions: Partial<CoreOptions> = {},
): Promise<Value> {
  const root = await mkdtemp(join(tmpdir(), 'confab-bench-'));
  goesWithUs(root);
  const engine = new LocalEngine({ root, network: `bench-${process.pid}-${Date.now()}`, traced: false, mainPath: MAIN_PATH, perProcess, coreOptions });
  try {
    await engine.start();
    return await use(engine, root);
  } finally {
    await engine.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Seed server and nodes, all at once. */
export async function startAll(engine: LocalEngine, users: readonly string[]): Promise<void> {
  await engine.startSeedServer();
  await Promise.all(users.map((user) => engine.startNode(user)));
}

export async function registerAll(engine: LocalEngine, users: readonly string[]): Promise<void> {
  await Promise.all(users.map((user) => engine.command(user, 'register', { password: PASSWORD })));
}

export async function befriend(engine: LocalEngine, asker: string, asked: string): Promise<void> {
  await until(engine, `${asker} knows ${asked}`, async () => {
    try {
      await engine.command(asker, 'friend-add', { user: asked });
      return true;
    } catch {
      return false;
    }
  });
  await until(engine, `${asked} accepts ${asker}`, async () => {
    try {
      await engine.command(asked, 'friend-accept', { user: asker });
      return true;
    } catch {
      return false;
    }
  });
  await until(engine, `${asker} and ${asked} see each other`, async () => (await isHere(engine, asker, asked)) && (await isHere(engine, asked, asker)));
}

async function isHere(engine: LocalEngine, of: string, friend: string): Promise<boolean> {
  const { friends } = (await engine.command(of, 'friends', {})) as { friends: ReadonlyArray<{ name: string; presence: string }> };
  return friends.some(({ name, presence }) => name === friend && presence === 'online');
}

export async function until(engine: LocalEngine, what: string, holds: () => Promise<boolean>, deadlineMillis = FRIENDS_MILLIS): Promise<void> {
  const seen = await engine.until(async () => ((await holds()) ? null : 'not so'), deadlineMillis);
  if (seen !== null) throw new Error(`${what}: not within ${deadlineMillis} ms`);
}

/** Waits for events without polling, so that a time is that of the event. */
export class EventWatch {
  readonly #waiting = new Set<{ matches: (node: string, event: NodeEvent) => boolean; resolve: (atMillis: number) => void }>();

  constructor(engine: LocalEngine) {
    engine.onEvent((node, event) => {
      const atMillis = performance.now();
      // An entry that is taken out meanwhile does not disturb the walk over a set.
      for (const entry of this.#waiting) {
        if (!entry.matches(node, event as NodeEvent)) continue;
        this.#waiting.delete(entry);
        entry.resolve(atMillis);
      }
    });
  }

  /** The time of the first event from now on that matches; rejects after the deadline. */
  next(what: string, matches: (node: string, event: NodeEvent) => boolean, deadlineMillis: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const entry = {
        matches,
        resolve: (atMillis: number) => {
          clearTimeout(timer);
          resolve(atMillis);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(entry);
        reject(new Error(`${what}: not within ${deadlineMillis} ms`));
      }, deadlineMillis);
      this.#waiting.add(entry);
    });
  }
}
