import { stackOf, text } from './failure-text.ts';
import type { NodeLog } from './log.ts';

export interface CrashLimitBounds {
  /** Crashes within the window that are answered by a new program; one more ends the process. */
  readonly crashesMax: number;
  readonly crashWindowMillis: number;
}

/** A program that breaks is started afresh, but not for ever. */
export class CrashLimit {
  readonly #bounds: CrashLimitBounds;
  readonly #log: NodeLog;
  readonly #crashedAt: number[] = [];

  constructor(bounds: CrashLimitBounds, log: NodeLog) {
    this.#bounds = bounds;
    this.#log = log;
  }

  /** Takes down a crash; true when the program may be started again. */
  mayGoOn(nowMillis: number, thrown: unknown): boolean {
    const crashedAt = this.#crashedAt;
    crashedAt.push(nowMillis);
    while ((crashedAt[0] ?? nowMillis) < nowMillis - this.#bounds.crashWindowMillis) crashedAt.shift();
    this.#log.error({ reason: text(thrown), stack: stackOf(thrown), times: crashedAt.length }, 'the core failed');
    return crashedAt.length <= this.#bounds.crashesMax;
  }
}
