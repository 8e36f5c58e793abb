import { concat, utf8 } from '../bytes.ts';
import type { Crypto, Random } from '../capabilities.ts';

/** What the modules of this folder call: primitives, and randomness that is handed in. */
export interface SecureTools {
  readonly crypto: Crypto;
  readonly random: Random;
}

/** A message key that was passed over and waits for its message. */
export interface SkippedKey {
  /** Public key of the chain it belongs to, or the chain's id. */
  readonly chain: Uint8Array;
  readonly counter: number;
  /** 32 bytes; opens one message. */
  readonly key: Uint8Array;
}

/** One step of a symmetric chain: neither the old chain key nor an earlier message key can be computed from the result. */
export interface ChainStep {
  readonly next: Uint8Array;
  readonly messageKey: Uint8Array;
}

const NO_SALT = new Uint8Array(32);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** KDF_CK of the Double Ratchet specification (section 2.2), by HKDF-SHA256 as its section 5.2 allows; `label` separates uses. */
export function stepChain(crypto: Crypto, chainKey: Uint8Array, label: string): ChainStep {
  const bytes = crypto.hkdf({ key: chainKey, salt: NO_SALT, info: label, length: 64 });
  return { next: bytes.slice(0, 32), messageKey: bytes.slice(32) };
}

/**
 * Steps a chain forward to `counter` (not beyond), collecting the message keys that are passed.
 * Null when that would pass more than `most`: a stranger must not make us compute for long.
 */
export function skipTo(
  crypto: Crypto,
  chain: { readonly id: Uint8Array; readonly key: Uint8Array; readonly counter: number; readonly label: string },
  counter: number,
  most: number,
): { readonly key: Uint8Array; readonly skipped: readonly SkippedKey[] } | null {
  if (counter - chain.counter > most) return null;
  const skipped: SkippedKey[] = [];
  let { key } = chain;
  for (let at = chain.counter; at < counter; at += 1) {
    const step = stepChain(crypto, key, chain.label);
    skipped.push({ chain: chain.id, counter: at, key: step.messageKey });
    key = step.next;
  }
  return { key, skipped };
}

/**
 * ChaCha20-Poly1305 under a message key, the nonce in front. A message key seals once, so any nonce would do; a random one keeps
 * a folder that was copied back from an old state from sealing two texts under one key and nonce.
 */
export function sealOnce(tools: SecureTools, key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = tools.random.bytes(NONCE_BYTES);
  return concat(nonce, tools.crypto.seal({ key, nonce, plaintext, associated }));
}

/** Null when it does not open. */
export function openOnce(crypto: Crypto, key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  return crypto.open({ key, nonce: sealed.subarray(0, NONCE_BYTES), ciphertext: sealed.subarray(NONCE_BYTES), associated });
}

/** Big-endian 32 bits: fixed width, so that bytes put one after the other cannot be read in two ways. */
export function counterBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(COUNTER_BYTES);
  writeCounter(bytes, 0, value);
  return bytes;
}

const COUNTER_BYTES = 4;

function writeCounter(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** Parts of differing length, each with its length in front: cut in no other way than they were put together. */
export function framed(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const head = utf8(`${label}\0`);
  let length = head.length;
  for (const part of parts) length += COUNTER_BYTES + part.length;
  const whole = new Uint8Array(length);
  whole.set(head);
  let at = head.length;
  for (const part of parts) {
    writeCounter(whole, at, part.length);
    whole.set(part, at + COUNTER_BYTES);
    at += COUNTER_BYTES + part.length;
  }
  return whole;
}
