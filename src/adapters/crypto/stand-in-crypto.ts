import { hash } from 'node:crypto';
import { sameBytes } from '../../core/bytes.ts';
import type { Crypto, KeyPair, SecretKey } from '../../core/capabilities.ts';
import { ENGLISH_WORDS } from './english-words.ts';

const TAG_BYTES = 16;
const LABELS = { hash: 'hash', signing: 'signing', agreement: 'agreement', signature: 'signature', tag: 'tag', shared: 'shared' } as const;

/**
 * 32 bytes that follow from a label and some parts, and change all over when one bit of them does (after MurmurHash3, Appleby 2011,
 * with two lanes for the parts and eight words drawn from them in the end). No attacker is kept off by it.
 */
function digest(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  let a = 0x9e3779b9 ^ label.length;
  let b = 0x243f6a88 ^ parts.length;
  for (let at = 0; at < label.length; at += 1) a = Math.imul(a ^ label.charCodeAt(at), 0x01000193);
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as Uint8Array;
    const whole = part.length & ~3;
    for (let at = 0; at < whole; at += 4) {
      const word = (part[at] as number) | ((part[at + 1] as number) << 8) | ((part[at + 2] as number) << 16) | ((part[at + 3] as number) << 24);
      a = Math.imul(a ^ word, 0xcc9e2d51);
      a = (a << 15) | (a >>> 17);
      b = Math.imul((b ^ word) + a, 0x1b873593);
      b = (b << 13) | (b >>> 19);
    }
    // The length ends each part, so that nothing can move from one to the next unseen.
    let rest = part.length;
    for (let at = whole; at < part.length; at += 1) rest = Math.imul(rest, 257) + 1 + (part[at] as number);
    a = finished(a ^ rest);
    b = finished((b ^ rest) + a);
  }
  const out = new Uint8Array(32);
  for (let at = 0; at < 32; at += 4) {
    a = finished(a + 0x6d2b79f5 + at);
    b = finished(b ^ a);
    out[at] = b;
    out[at + 1] = b >>> 8;
    out[at + 2] = b >>> 16;
    out[at + 3] = b >>> 24;
  }
  return out;
}

/** The last step of MurmurHash3: each bit of the word moves each other. */
function finished(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
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
    return digest(LABELS.hash, bytes);
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
    return publicKey.length === 32 && given.length === 64 && sameBytes(signature(publicKey, bytes), given);
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

/** Good enough to hide a text from a search (xorshift, Marsaglia 2003). */
function mask(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const seed = digest('mask', key, nonce);
  let word = (seed[0] as number) | ((seed[1] as number) << 8) | ((seed[2] as number) << 16) | ((seed[3] as number) << 24) | 1;
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    if (at % 3 === 0) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
    }
    out[at] = (bytes[at] as number) ^ (word >>> (8 * (at % 3)));
  }
  return out;
}
