/** The finaliser of MurmurHash3 (Appleby): mixes 32 bits, one to one. Signed. */
export function mix32(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** What makes the places of one run: nodes' places are a one-to-one hash of address and seed, as Chord hashes IP addresses. */
export function saltOf(seed: number): number {
  return mix32(seed);
}

/** The place of a node on the ring of 2^32 places, as a signed 32-bit number. */
export function placeOf(address: number, salt: number): number {
  return mix32(Math.imul(address, 0x9e3779b9) ^ salt);
}

/**
 * How many places lie between a place and another one clockwise, both left out; 2^32 - 1 when they are the same.
 * With it both kinds of intervals become one comparison:
 * x in (a, b) is `gap(a, x) < gap(a, b)`, and x in (a, b] is `gap(a, x) <= gap(a, b)`, where a = b means everything (but a).
 */
export function gap(from: number, to: number): number {
  return (to - from - 1) >>> 0;
}

/** The generator mulberry32 (Ettinger): 32 bits of state, so small that every node may have its own. */
export class Mulberry32 {
  #state: number;

  constructor(state: number) {
    this.#state = state | 0;
  }

  /** 32 random bits, signed. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return word ^ (word >>> 14);
  }

  /** In [0, 1). */
  fraction(): number {
    return (this.next() >>> 0) / 4_294_967_296;
  }
}
