import { hash } from 'node:crypto';
import type { Crypto, KeyPair, SecretKey } from '../../core/capabilities.ts';
import { ENGLISH_WORDS } from './english-words.ts';

const TAG_BYTES = 16;
const LABELS = { signing: 'signing', agreement: 'agreement', signature: 'signature', tag: 'tag', shared: 'shared' } as const;

function digest(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length + 4, label.length);
  const bytes = Buffer.alloc(size);
  let at = bytes.write(label, 'latin1');
  for (const part of parts) {
    at = bytes.writeUInt32LE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

/** Bytes that follow from a 32-byte seed, good enough to hide a text from a search (xorshift128+, Vigna 2014). */
function* stream(seed: Uint8Array): Generator<number> {
  const words = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  let [a, b] = [words.getUint32(0) | 1, words.getUint32(4) | 1];
  for (;;) {
    const mixed = a ^ (a << 11);
    a = b;
    b = b ^ (b >>> 19) ^ mixed ^ (mixed >>> 8);
    const word = (a + b) | 0;
    yield word & 0xff;
    yield (word >>> 8) & 0xff;
    yield (word >>> 16) & 0xff;
  }
}

/**
 * Cheap and deterministic: for exploration of many seeds only, and whoever uses it says so. It keeps the shape of the real
 * thing: keys belong together, a changed byte or a wrong key is noticed, sealed texts cannot be read. It keeps nothing
 * secret: whoever knows a public key can sign for it.
 */
export class StandInCrypto implements Crypto {
  readonly wordList = ENGLISH_WORDS;
  readonly #publicKeys = new WeakMap<SecretKey, Map<string, Uint8Array>>();

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(hash('sha256', bytes, 'buffer'));
  }

  sha512(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(hash('sha512', bytes, 'buffer'));
  }

  hkdf({ key, salt, info, length }: { key: Uint8Array; salt: Uint8Array; info: string; length: number }): Uint8Array {
    const derived = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) derived.set(digest(`${info}/${at}`, key, salt).subarray(0, Math.min(32, length - at)), at);
    return derived;
  }

  signingKeyPair(seed: Uint8Array): KeyPair {
    return { publicKey: this.#publicOf(seed, LABELS.signing), secretKey: seed };
  }

  sign(secretKey: SecretKey, bytes: Uint8Array): Uint8Array {
    return signature(this.#publicOf(secretKey, LABELS.signing), bytes);
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, given: Uint8Array): boolean {
    return publicKey.length === 32 && given.length === 64 && Buffer.compare(signature(publicKey, bytes), given) === 0;
  }

  agreementKeyPair(seed: Uint8Array): KeyPair {
    return { publicKey: this.#publicOf(seed, LABELS.agreement), secretKey: seed };
  }

  agree(secretKey: SecretKey, publicKey: Uint8Array): Uint8Array | null {
    if (publicKey.length !== 32 || publicKey.every((byte) => byte === 0)) return null;
    const own = this.#publicOf(secretKey, LABELS.agreement);
    return Buffer.compare(own, publicKey) < 0 ? digest(LABELS.shared, own, publicKey) : digest(LABELS.shared, publicKey, own);
  }

  seal({ key, nonce, plaintext, associated }: { key: Uint8Array; nonce: Uint8Array; plaintext: Uint8Array; associated: Uint8Array }): Uint8Array {
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    const masked = mask(key, nonce, plaintext);
    sealed.set(masked);
    sealed.set(digest(LABELS.tag, key, nonce, masked, associated).subarray(0, TAG_BYTES), plaintext.length);
    return sealed;
  }

  open({ key, nonce, ciphertext, associated }: { key: Uint8Array; nonce: Uint8Array; ciphertext: Uint8Array; associated: Uint8Array }): Uint8Array | null {
    if (ciphertext.length < TAG_BYTES) return null;
    const masked = ciphertext.subarray(0, -TAG_BYTES);
    const tag = digest(LABELS.tag, key, nonce, masked, associated).subarray(0, TAG_BYTES);
    return Buffer.compare(tag, ciphertext.subarray(-TAG_BYTES)) === 0 ? mask(key, nonce, masked) : null;
  }

  #publicOf(secretKey: SecretKey, label: string): Uint8Array {
    let known = this.#publicKeys.get(secretKey);
    if (known === undefined) {
      known = new Map();
      this.#publicKeys.set(secretKey, known);
    }
    const key = known.get(label) ?? digest(label, secretKey);
    known.set(label, key);
    return key;
  }
}

function signature(publicKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  const half = digest(LABELS.signature, publicKey, bytes);
  const whole = new Uint8Array(64);
  whole.set(half);
  whole.set(half, 32);
  return whole;
}

function mask(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const noise = stream(digest('mask', key, nonce));
  return bytes.map((byte) => byte ^ (noise.next().value as number));
}
