import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const LENGTH_MAX = 255 * HASH_BYTES;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const FIRST_BYTES = 512;

/**
 * HKDF-SHA256 (RFC 5869) by HMAC (RFC 2104), both put together here from the platform's SHA-256. The platform's own `hkdfSync` and
 * `createHmac` make objects that are thrown away at once, which took more than twice as long, and each sealed and each opened message
 * needs a derivation. The buffers serve all calls and are wiped after each.
 */
export class HkdfSha256 {
  #inner = new Uint8Array(FIRST_BYTES);
  readonly #outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES);
  readonly #pseudorandom = new Uint8Array(HASH_BYTES);
  readonly #block = new Uint8Array(HASH_BYTES);

  /** Throws an Error for more than 8,160 bytes. */
  derive(options: { readonly key: Uint8Array; readonly salt: Uint8Array; readonly info: string; readonly length: number }): Uint8Array {
    const { key, salt, info, length } = options;
    if (length > LENGTH_MAX) throw new Error(`HKDF gives at most ${LENGTH_MAX} bytes`);
    const infoBytes = Buffer.byteLength(info);
    this.#reserve(BLOCK_BYTES + Math.max(key.length, HASH_BYTES + infoBytes + 1));
    this.#inner.set(key, BLOCK_BYTES);
    this.#mac(salt, key.length, this.#pseudorandom);
    const derived = new Uint8Array(length);
    for (let at = 0, counter = 1; at < length; at += HASH_BYTES, counter += 1) {
      let end = BLOCK_BYTES;
      if (counter > 1) {
        this.#inner.set(this.#block, end);
        end += HASH_BYTES;
      }
      Buffer.from(this.#inner.buffer, end, infoBytes).write(info, 'utf8');
      end += infoBytes;
      this.#inner[end] = counter;
      this.#mac(this.#pseudorandom, end + 1 - BLOCK_BYTES, this.#block);
      for (let index = 0; index < HASH_BYTES && at + index < length; index += 1) derived[at + index] = this.#block[index] as number;
    }
    for (const buffer of [this.#inner, this.#outer, this.#pseudorandom, this.#block]) buffer.fill(0);
    return derived;
  }

  /** HMAC of what stands in the inner buffer behind its first block, so many bytes. */
  #mac(key: Uint8Array, messageBytes: number, into: Uint8Array): void {
    const [inner, outer] = [this.#inner, this.#outer];
    const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    for (let index = 0; index < BLOCK_BYTES; index += 1) {
      const byte = index < short.length ? (short[index] as number) : 0;
      inner[index] = byte ^ INNER_PAD;
      outer[index] = byte ^ OUTER_PAD;
    }
    digestInto(inner.subarray(0, BLOCK_BYTES + messageBytes), outer, BLOCK_BYTES);
    digestInto(outer, into, 0);
  }

  #reserve(bytes: number): void {
    if (bytes > this.#inner.length) this.#inner = new Uint8Array(bytes);
  }
}

/** SHA-256, put into an array. Through a text of one character a byte, which costs a quarter of what another array does. */
export function digestInto(bytes: Uint8Array, into: Uint8Array, at: number): void {
  const digest = hash('sha256', bytes, 'binary');
  for (let index = 0; index < HASH_BYTES; index += 1) into[at + index] = digest.charCodeAt(index);
}
