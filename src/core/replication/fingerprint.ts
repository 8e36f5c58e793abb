import { concat, toHex } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';

const WORDS = 8;

/**
 * Fingerprint of a set of hashes that does not depend on their order: SHA-256 over their sum modulo 2^256 and their count.
 * The outer hash keeps anybody from choosing values that cancel each other out, which a bare exclusive or allows.
 */
export class SetFingerprint {
  readonly #sum = new Uint32Array(WORDS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** `hash`: 32 bytes. */
  add(hash: Uint8Array): void {
    let carry = 0;
    for (let word = 0; word < WORDS; word += 1) {
      const at = word * 4;
      const value = ((hash[at] as number) | ((hash[at + 1] as number) << 8) | ((hash[at + 2] as number) << 16) | ((hash[at + 3] as number) << 24)) >>> 0;
      const sum = (this.#sum[word] as number) + value + carry;
      this.#sum[word] = sum >>> 0;
      carry = sum > 0xffffffff ? 1 : 0;
    }
    this.#count += 1;
  }

  /** 64 hex digits. */
  text(crypto: Pick<Crypto, 'sha256'>): string {
    const words = new Uint8Array(WORDS * 4);
    for (let at = 0; at < words.length; at += 1) words[at] = ((this.#sum[at >> 2] as number) >>> ((at & 3) * 8)) & 255;
    const count = new Uint8Array(4);
    for (let at = 0; at < 4; at += 1) count[at] = (this.#count >>> (at * 8)) & 255;
    return toHex(crypto.sha256(concat(words, count)));
  }
}
