import { gap, placeOf, saltOf } from './identifiers.ts';

/** Fingers 1 to 31; finger k is meant to be the first node at or after our place + 2^k. Finger 0 would be the successor. */
export const FINGERS = 31;
const ROW_SHIFT = 5;
export const NOBODY = -1;

/**
 * The fingers of all nodes that one process simulates, a row for each: one piece of memory in place of a million small ones.
 * A node touches no row but its own.
 */
export class FingerTables {
  readonly salt: number;
  readonly #addresses: Int32Array;

  constructor(nodes: number, seed: number) {
    this.salt = saltOf(seed);
    this.#addresses = new Int32Array(nodes << ROW_SHIFT).fill(NOBODY);
  }

  get(node: number, finger: number): number {
    return this.#addresses[(node << ROW_SHIFT) + finger] as number;
  }

  set(node: number, finger: number, address: number): void {
    this.#addresses[(node << ROW_SHIFT) + finger] = address;
  }

  /** Of the fingers whose bits are set in `candidates`, the one of the highest number that lies between the place and the key; or -1. */
  highestBefore(node: number, place: number, key: number, candidates: number): number {
    const limit = gap(place, key);
    for (let left = candidates; left !== 0; ) {
      const finger = 31 - Math.clz32(left);
      const address = this.get(node, finger);
      if (gap(place, placeOf(address, this.salt)) < limit) return address;
      left &= ~(1 << finger);
    }
    return NOBODY;
  }
}
