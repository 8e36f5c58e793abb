import { Gate } from './gate.ts';

/** Nodes that come or join at the same time, at most. */
const AT_ONCE = 8;
/** A process that answers as fast as this has done what the last joins left to do, ms. */
const CALM_MILLIS = 100;
/** Nobody waits longer for that than this, ms: others may keep the machine busy. */
const PATIENCE_MILLIS = 5_000;
const JOINING: ReadonlySet<string> = new Set(['register', 'login']);

/**
 * Where many nodes share few processes, a crowd that joins at once leaves each process more to do than its deadlines allow: links
 * are taken for dead, are opened again, and that is more to do. So a join counts as over when the process of the newcomer answers
 * quickly again, and only then comes the next: as fast as this network on this machine can take it, whatever that is.
 */
export class JoinPace {
  readonly #gate = new Gate(AT_ONCE);

  /** `ask` resolves when the process has answered something small. */
  async pass<Value>(join: () => Promise<Value>, ask: () => Promise<unknown>): Promise<Value> {
    return await this.#gate.pass(async () => {
      const value = await join();
      await this.#calm(ask);
      return value;
    });
  }

  isJoin(command: string): boolean {
    return JOINING.has(command);
  }

  async #calm(ask: () => Promise<unknown>): Promise<void> {
    const beganMillis = performance.now();
    for (;;) {
      const askedMillis = performance.now();
      try {
        await ask();
      } catch {
        // It has ended meanwhile, or does not answer at all.
        return;
      }
      const nowMillis = performance.now();
      if (nowMillis - askedMillis < CALM_MILLIS || nowMillis - beganMillis > PATIENCE_MILLIS) return;
    }
  }
}
