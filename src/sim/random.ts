import type { Random } from '../core/capabilities.ts';

/**
 * Seeded randomness in named streams: `stream(seed, 'network')`, `stream(seed, 'node', 17)`.
 * Streams are independent, so one more draw in one place does not move what the others give.
 */
export function stream(seed: number | string, ...names: ReadonlyArray<string | number>): SeededRandom {
  return new SeededRandom(JSON.stringify([seed, ...names]));
}

/** URL-safe, 64 characters, so that six bits choose one. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ID_CHARACTERS = 21;
const WARM_UP_DRAWS = 15;

/** The generator sfc32 (Doty-Humphrey, PractRand): 128 bits of state, passes PractRand, no multiplication. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Any text names a stream; texts that differ in one character give unrelated streams. */
  constructor(name: string) {
    this.#a = hash(name, 0x9e3779b9);
    this.#b = hash(name, 0x243f6a88);
    this.#c = hash(name, 0xb7e15162);
    for (let draw = 0; draw < WARM_UP_DRAWS; draw += 1) this.next();
  }

  /** 32 random bits as a signed integer. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  fraction(): number {
    const high = this.next() >>> 5;
    return (high * 67_108_864 + (this.next() >>> 6)) / 9_007_199_254_740_992;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    let bits = 0;
    for (let at = 0; at < length; at += 1) {
      if ((at & 3) === 0) bits = this.next();
      out[at] = bits & 255;
      bits >>>= 8;
    }
    return out;
  }

  id(): string {
    let text = '';
    let bits = 0;
    for (let at = 0; at < ID_CHARACTERS; at += 1) {
      if (at % 5 === 0) bits = this.next();
      text += ALPHABET[bits & 63];
      bits >>>= 6;
    }
    return text;
  }
}

/** murmur3-like hash of a text; different salts give independent words of state. */
function hash(text: string, salt: number): number {
  let word = salt | 0;
  for (let at = 0; at < text.length; at += 1) {
    let part = Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    part = Math.imul((part << 15) | (part >>> 17), 0x1b873593);
    word ^= part;
    word = (Math.imul((word << 13) | (word >>> 19), 5) + 0xe6546b64) | 0;
  }
  word ^= text.length;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
