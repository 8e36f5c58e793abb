import { NONE } from './slots.ts';

/** Buckets of one level; a power of two. */
export const WHEEL = 4_096;

/** One level of buckets: heads of linked lists, and a bit for each bucket that is not empty. */
export class Wheel {
  readonly #heads = new Int32Array(WHEEL).fill(NONE);
  readonly #bits = new Int32Array(WHEEL / 32);
  #filled = 0;

  /** Puts a slot in front of a bucket and returns what was in front before. */
  put(bucket: number, slot: number): number {
    const before = this.#heads[bucket] as number;
    this.#heads[bucket] = slot;
    if (before === NONE) {
      const word = bucket >> 5;
      this.#bits[word] = (this.#bits[word] as number) | (1 << (bucket & 31));
      this.#filled += 1;
    }
    return before;
  }

  /** Empties a bucket and returns its first slot. */
  take(bucket: number): number {
    const first = this.#heads[bucket] as number;
    this.#heads[bucket] = NONE;
    const word = bucket >> 5;
    this.#bits[word] = (this.#bits[word] as number) & ~(1 << (bucket & 31));
    this.#filled -= 1;
    return first;
  }

  /** The first bucket from `from` on that is not empty, or -1. */
  next(from: number): number {
    if (this.#filled === 0 || from >= WHEEL) return NONE;
    let word = from >> 5;
    let bits = (this.#bits[word] as number) & (-1 << (from & 31));
    while (bits === 0) {
      word += 1;
      if (word === WHEEL / 32) return NONE;
      bits = this.#bits[word] as number;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** The same, going round. */
  nextRound(from: number): number {
    const ahead = this.next(from);
    return ahead === NONE ? this.next(0) : ahead;
  }
}
