import { randomFillSync } from 'node:crypto';
import { customRandom, urlAlphabet } from 'nanoid';
import type { Random } from '../../core/capabilities.ts';

const POOL_BYTES = 8_192;
const ID_CHARACTERS = 21;
const TWO_TO_26 = 2 ** 26;
const TWO_TO_53 = 2 ** 53;

/**
 * Randomness of the operating system. Small requests are served from a pool, since one system call costs more than many
 * of them; what was handed out is wiped from the pool, so that a key does not lie in memory twice.
 */
export class SystemRandom implements Random {
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;
  readonly #id = customRandom(urlAlphabet, ID_CHARACTERS, (length) => this.bytes(length));

  bytes(length: number): Uint8Array<ArrayBuffer> {
    if (length > POOL_BYTES / 8) return randomFillSync(new Uint8Array(length));
    if (this.#used + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const taken = this.#pool.slice(this.#used, this.#used + length);
    this.#pool.fill(0, this.#used, this.#used + length);
    this.#used += length;
    return taken;
  }

  fraction(): number {
    const bytes = this.bytes(8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const high = view.getUint32(0) >>> 5;
    const low = view.getUint32(4) >>> 6;
    return (high * TWO_TO_26 + low) / TWO_TO_53;
  }

  id(): string {
    return this.#id();
  }
}
