import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import type { RatchetPart } from './part.ts';

/** Reasons that cost nothing to find. */
export const UNKNOWN_SESSION = 'unknown session';
export const UNKNOWN_PREKEYS = 'unknown prekeys';

/** What an opening costs beside the chain: four Diffie-Hellman operations, as so many steps of a chain. */
const OPENING_STEPS = 50;

interface Spent {
  readonly sinceMillis: number;
  steps: number;
}

/**
 * Bounds the work that somebody's messages may cost without opening. A message can demand a thousand steps of a chain before it shows
 * that it was never sealed; honest people cause none, or a few after a takeover.
 */
export class WasteBudget {
  readonly #parts: Parts;
  readonly #spent = new Map<UserId, Spent>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  isExhausted(peer: UserId): boolean {
    const spent = this.#spent.get(peer);
    if (spent === undefined) return false;
    const { env, options } = this.#parts;
    if (env.monotonicMillis - spent.sinceMillis < options.ratchetWasteMillis) return spent.steps >= options.ratchetWasteMax;
    this.#spent.delete(peer);
    return false;
  }

  /** A part did not open: counted at the most that it can have cost. After a takeover many are of a session that is not here, at no cost. */
  add(peer: UserId, part: RatchetPart, why: string): void {
    if (why === UNKNOWN_SESSION || why === UNKNOWN_PREKEYS) return;
    const { env, options } = this.#parts;
    const passed = why === 'does not open' ? Math.min(options.ratchetSkipMax, part.counter + part.previous) : 0;
    const steps = 1 + (part.opening === null ? 0 : OPENING_STEPS) + passed;
    const spent = this.#spent.get(peer);
    if (spent === undefined) this.#spent.set(peer, { sinceMillis: env.monotonicMillis, steps });
    else spent.steps += steps;
  }

  clear(): void {
    this.#spent.clear();
  }
}
