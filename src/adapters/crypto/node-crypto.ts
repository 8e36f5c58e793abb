import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import type { Crypto, KeyPair, SecretKey } from '../../core/capabilities.ts';
import type { SignatureChecker } from '../../ports/ports.ts';
import { ENGLISH_WORDS } from './english-words.ts';
import { digestInto, HkdfSha256 } from './hkdf.ts';

type Curve = 'Ed25519' | 'X25519';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** Parsed public keys that are remembered by their content, per curve; beyond it the oldest is forgotten. */
const PUBLIC_KEYS_MAX = 4_096;

/** A plain view: `Buffer` is an accident of the platform that the core must not come to rely on. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/**
 * Parsed keys of one curve. Parsing costs more than using a key, so private keys are remembered by the identity of the
 * array that holds them (they vanish with it), public keys by identity and by content, because they come from the wire
 * again and again in new arrays.
 */
class KeyRing {
  readonly #curve: Curve;
  readonly #private = new WeakMap<Uint8Array, KeyObject>();
  readonly #public = new WeakMap<Uint8Array, KeyObject>();
  readonly #publicByContent = new Map<string, KeyObject>();

  constructor(curve: Curve) {
    this.#curve = curve;
  }

  private(seed: SecretKey): KeyObject {
    let key = this.#private.get(seed);
    if (key === undefined) {
      if (seed.length !== KEY_BYTES) throw new Error(`a ${this.#curve} secret key has ${KEY_BYTES} bytes, not ${seed.length}`);
      // JWK and not DER: OpenSSL 3.0 (Node 20) takes ten times as long for the latter. The public half in `x` is not looked at.
      key = createPrivateKey({ key: { kty: 'OKP', crv: this.#curve, d: base64url(seed), x: base64url(seed) }, format: 'jwk' });
      this.#private.set(seed, key);
    }
    return key;
  }

  public(bytes: Uint8Array): KeyObject | null {
    const known = this.#public.get(bytes);
    if (known !== undefined) return known;
    if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) return null;
    const content = base64url(bytes);
    const key = this.#publicByContent.get(content) ?? this.#parse(content);
    if (key !== null) this.#public.set(bytes, key);
    return key;
  }

  #parse(content: string): KeyObject | null {
    try {
      const key = createPublicKey({ key: { kty: 'OKP', crv: this.#curve, x: content }, format: 'jwk' });
      if (this.#publicByContent.size >= PUBLIC_KEYS_MAX) {
        const oldest = this.#publicByContent.keys().next();
        if (!oldest.done) this.#publicByContent.delete(oldest.value);
      }
      this.#publicByContent.set(content, key);
      return key;
    } catch {
      return null;
    }
  }

  pair(seed: SecretKey): KeyPair {
    const { x } = createPublicKey(this.private(seed)).export({ format: 'jwk' });
    return { publicKey: new Uint8Array(Buffer.from(x as string, 'base64url')), secretKey: seed };
  }
}

/** The core's primitives by node:crypto (OpenSSL); only HKDF is put together here, from its SHA-256. */
export class NodeCrypto implements Crypto, SignatureChecker {
  readonly wordList = ENGLISH_WORDS;
  readonly #signing = new KeyRing('Ed25519');
  readonly #agreement = new KeyRing('X25519');
  readonly #hkdf = new HkdfSha256();

  sha256(bytes: Uint8Array): Uint8Array {
    const digest = new Uint8Array(32);
    digestInto(bytes, digest, 0);
    return digest;
  }

  sha512(bytes: Uint8Array): Uint8Array {
    return plain(hash('sha512', bytes, 'buffer'));
  }

  hkdf(options: { key: Uint8Array; salt: Uint8Array; info: string; length: number }): Uint8Array {
    return this.#hkdf.derive(options);
  }

  signingKeyPair(seed: Uint8Array): KeyPair {
    return this.#signing.pair(seed);
  }

  sign(secretKey: SecretKey, bytes: Uint8Array): Uint8Array {
    return plain(nodeSign(null, bytes, this.#signing.private(secretKey)));
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) return false;
    const key = this.#signing.public(publicKey);
    if (key === null) return false;
    try {
      return nodeVerify(null, bytes, key, signature);
    } catch {
      return false;
    }
  }

  /** On libuv's thread pool: main thread and pool share the work, and several cores check a page of events at once. */
  verifyApart(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const key = signature instanceof Uint8Array && signature.length === SIGNATURE_BYTES ? this.#signing.public(publicKey) : null;
    if (key === null) return Promise.resolve(false);
    return new Promise((resolve) => nodeVerify(null, bytes, key, signature, (error, holds) => resolve(error === null && holds)));
  }

  agreementKeyPair(seed: Uint8Array): KeyPair {
    return this.#agreement.pair(seed);
  }

  agree(secretKey: SecretKey, publicKey: Uint8Array): Uint8Array | null {
    const theirs = this.#agreement.public(publicKey);
    if (theirs === null) return null;
    const privateKey = this.#agreement.private(secretKey);
    try {
      return plain(diffieHellman({ privateKey, publicKey: theirs }));
    } catch {
      // OpenSSL refuses the all-zero result that a key of low order gives (RFC 7748, section 6.1).
      return null;
    }
  }

  seal(options: { key: Uint8Array; nonce: Uint8Array; plaintext: Uint8Array; associated: Uint8Array }): Uint8Array {
    const { key, nonce, plaintext, associated } = options;
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated, { plaintextLength: plaintext.length });
    const body = cipher.update(plaintext);
    cipher.final();
    const sealed = new Uint8Array(body.length + TAG_BYTES);
    sealed.set(body);
    sealed.set(cipher.getAuthTag(), body.length);
    return sealed;
  }

  open(options: { key: Uint8Array; nonce: Uint8Array; ciphertext: Uint8Array; associated: Uint8Array }): Uint8Array | null {
    const { key, nonce, ciphertext, associated } = options;
    if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES || ciphertext.length < TAG_BYTES) return null;
    const bodyLength = ciphertext.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(ciphertext.subarray(bodyLength));
      decipher.setAAD(associated, { plaintextLength: bodyLength });
      const body = decipher.update(ciphertext.subarray(0, bodyLength));
      decipher.final();
      return plain(body);
    } catch {
      return null;
    }
  }
}
