import { toHex } from '../bytes.ts';
import type { MonotonicMillis } from '../types.ts';
import type { SeedOptions } from './seed-options.ts';

interface Challenge {
  readonly name: string;
  readonly expiresAt: MonotonicMillis;
}

interface Attempts {
  readonly wrong: number;
  readonly pauseMillis: number;
  readonly pausedUntil: MonotonicMillis;
}

type GuardOptions = Pick<
  SeedOptions,
  'challengeTtlMillis' | 'challengesMax' | 'challengesPerNameMax' | 'wrongProofsMax' | 'proofPauseMillis' | 'proofPauseMillisMax' | 'proofNamesMax'
>;

/**
 * Hands out nonces and slows down whoever guesses passwords. Lives in memory only: a restart makes all nonces void.
 *
 * Invariants
 * 1. A nonce is taken at most once, for the name it was given out for, before it has expired.
 * 2. Only a wrong signature over a good nonce counts as a guess, so that repeating an old request locks nobody out.
 * 3. Both memories are bounded; the oldest entry makes room.
 */
export class VaultGuard {
  readonly #options: GuardOptions;
  readonly #challenges = new Map<string, Challenge>();
  readonly #attempts = new Map<string, Attempts>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Seconds to wait, rounded up, or 0 when the name may be tried. */
  pauseSeconds(name: string, now: MonotonicMillis): number {
    const attempts = this.#attempts.get(name);
    return attempts === undefined ? 0 : Math.ceil(Math.max(0, attempts.pausedUntil - now) / 1000);
  }

  give(name: string, nonce: Uint8Array, now: MonotonicMillis): void {
    this.#expire(now);
    const ofName = [...this.#challenges].filter(([, challenge]) => challenge.name === name);
    if (ofName.length >= this.#options.challengesPerNameMax) this.#challenges.delete((ofName[0] as [string, Challenge])[0]);
    dropOldest(this.#challenges, this.#options.challengesMax);
    this.#challenges.set(toHex(nonce), { name, expiresAt: now + this.#options.challengeTtlMillis });
  }

  /** True when the nonce was out for that name; it is void from then on. */
  take(name: string, nonce: Uint8Array, now: MonotonicMillis): boolean {
    this.#expire(now);
    const key = toHex(nonce);
    if (this.#challenges.get(key)?.name !== name) return false;
    this.#challenges.delete(key);
    return true;
  }

  right(name: string): void {
    this.#attempts.delete(name);
  }

  wrong(name: string, now: MonotonicMillis): void {
    const before = this.#attempts.get(name);
    const wrong = (before?.wrong ?? 0) + 1;
    const paused = wrong >= this.#options.wrongProofsMax;
    const pauseMillis = paused ? Math.min(before?.pauseMillis ? before.pauseMillis * 2 : this.#options.proofPauseMillis, this.#options.proofPauseMillisMax) : 0;
    this.#attempts.delete(name);
    dropOldest(this.#attempts, this.#options.proofNamesMax);
    this.#attempts.set(name, { wrong, pauseMillis, pausedUntil: now + pauseMillis });
  }

  #expire(now: MonotonicMillis): void {
    for (const [key, challenge] of this.#challenges) {
      if (challenge.expiresAt > now) break;
      this.#challenges.delete(key);
    }
  }
}

function dropOldest(entries: Map<string, unknown>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size < max) return;
    entries.delete(key);
  }
}
