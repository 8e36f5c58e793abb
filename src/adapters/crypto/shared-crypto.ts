import { sameBytes } from '../../core/bytes.ts';
import type { KeyPair, SecretKey } from '../../core/capabilities.ts';
import { NodeCrypto } from './node-crypto.ts';

/** Signatures that are remembered; beyond it the oldest is forgotten. One takes about as much as what it signs. */
const SIGNATURES_MAX = 20_000;
/** Records, receipts and packets are smaller; pieces of rooms and mail, which strangers may make as many of as they like, are not kept. */
const SIGNED_BYTES_MAX = 4_096;

interface Checked {
  readonly publicKey: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * The primitives of many nodes in one process. The same records come to all of them, and what one of them signed is often read
 * by another: a signature that was found right, or made, here is not checked again.
 *
 * Invariant: `verify` says what Ed25519 says. Only what was true for the same key, the same bytes and the same signature is
 * remembered, byte for byte; what was false is checked every time.
 */
export class SharedCrypto extends NodeCrypto {
  readonly #publicOf = new WeakMap<SecretKey, Uint8Array>();
  readonly #checked = new Map<string, Checked>();

  override signingKeyPair(seed: Uint8Array): KeyPair {
    const pair = super.signingKeyPair(seed);
    this.#publicOf.set(pair.secretKey, pair.publicKey);
    return pair;
  }

  override sign(secretKey: SecretKey, bytes: Uint8Array): Uint8Array {
    const signature = super.sign(secretKey, bytes);
    const publicKey = this.#publicOf.get(secretKey);
    if (publicKey !== undefined) this.#remember(publicKey, bytes, signature);
    return signature;
  }

  override verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    if (this.#isKnown(publicKey, bytes, signature)) return true;
    const holds = super.verify(publicKey, bytes, signature);
    if (holds) this.#remember(publicKey, bytes, signature);
    return holds;
  }

  override async verifyApart(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (this.#isKnown(publicKey, bytes, signature)) return true;
    // Its owner may write over an array before the answer is there, and only what was checked may be remembered.
    const own = { publicKey: publicKey.slice(), bytes: bytes.slice(), signature: signature.slice() };
    const holds = await super.verifyApart(own.publicKey, own.bytes, own.signature);
    if (holds) this.#remember(own.publicKey, own.bytes, own.signature);
    return holds;
  }

  #isKnown(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    const known = this.#checked.get(nameOf(signature));
    return known !== undefined && sameBytes(known.bytes, bytes) && sameBytes(known.publicKey, publicKey);
  }

  #remember(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): void {
    if (bytes.length > SIGNED_BYTES_MAX) return;
    if (this.#checked.size >= SIGNATURES_MAX) {
      const oldest = this.#checked.keys().next();
      if (!oldest.done) this.#checked.delete(oldest.value);
    }
    // Copies: the arrays may be windows of larger ones, or written over by their owner.
    this.#checked.set(nameOf(signature), { publicKey: publicKey.slice(), bytes: bytes.slice() });
  }
}

function nameOf(signature: Uint8Array): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString('latin1');
}
