import { gap, placeOf } from './identifiers.ts';

/** Fingers 1 to 31; finger k is meant to be the first node at or after our place + 2^k. Finger 0 would be the successor. */
export const FINGERS = 31;
const NOBODY = -1;

/**
 * The shortcuts of one node. A bit for each finger tells which may be nearer than a key at all, so that a look at one or two
 * of them suffices where Chord's pseudocode walks down all thirty-one; what is chosen is the same.
 */
export class FingerTable {
  readonly #place: number;
  readonly #salt: number;
  readonly #addresses: number[] = Array.from({ length: FINGERS + 1 }, () => NOBODY);
  /** Bit k: finger k is known, and is not ourselves. */
  #known = 0;
  /** Bit k: finger k is nearer than the place where it should begin, for it was answered by a ring that did not know all. */
  #near = 0;

  constructor(place: number, salt: number) {
    this.#place = place;
    this.#salt = salt;
  }

  set(finger: number, address: number): void {
    const distance = (placeOf(address, this.#salt) - this.#place) >>> 0;
    const bit = 1 << finger;
    this.#addresses[finger] = address;
    this.#known = distance === 0 ? this.#known & ~bit : this.#known | bit;
    this.#near = distance < bit >>> 0 ? this.#near | bit : this.#near & ~bit;
  }

  /** The finger of the highest number that lies between us and the key, or -1. */
  closestBefore(key: number): number {
    const limit = gap(this.#place, key);
    // A finger that is where it should be lies 2^k or more away, so those with 2^k beyond the key need no look.
    let candidates = this.#known & ((-1 >>> Math.clz32(key - this.#place)) | this.#near);
    while (candidates !== 0) {
      const finger = 31 - Math.clz32(candidates);
      const address = this.#addresses[finger] as number;
      if (gap(this.#place, placeOf(address, this.#salt)) < limit) return address;
      candidates &= ~(1 << finger);
    }
    return NOBODY;
  }
}
