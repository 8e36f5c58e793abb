import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Crypto } from '../../src/core/capabilities.ts';

/** The same primitives written by other people (noble, in JavaScript): what both compute alike is what the papers say. */
export class SecondCrypto implements Crypto {
  readonly wordList = wordlist;

  sha256(bytes: Uint8Array): Uint8Array {
    return sha256(bytes);
  }

  sha512(bytes: Uint8Array): Uint8Array {
    return sha512(bytes);
  }

  hkdf(options: { key: Uint8Array; salt: Uint8Array; info: string; length: number }): Uint8Array {
    return hkdf(sha256, options.key, options.salt, new Uint8Array(Buffer.from(options.info)), options.length);
  }

  signingKeyPair(seed: Uint8Array) {
    return { publicKey: ed25519.getPublicKey(seed), secretKey: seed };
  }

  sign(secretKey: Uint8Array, bytes: Uint8Array): Uint8Array {
    return ed25519.sign(bytes, secretKey);
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    try {
      return ed25519.verify(signature, bytes, publicKey);
    } catch {
      return false;
    }
  }

  agreementKeyPair(seed: Uint8Array) {
    return { publicKey: x25519.getPublicKey(seed), secretKey: seed };
  }

  agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
    try {
      return x25519.getSharedSecret(secretKey, publicKey);
    } catch {
      return null;
    }
  }

  seal(options: { key: Uint8Array; nonce: Uint8Array; plaintext: Uint8Array; associated: Uint8Array }): Uint8Array {
    return chacha20poly1305(options.key, options.nonce, options.associated).encrypt(options.plaintext);
  }

  open(options: { key: Uint8Array; nonce: Uint8Array; ciphertext: Uint8Array; associated: Uint8Array }): Uint8Array | null {
    try {
      return chacha20poly1305(options.key, options.nonce, options.associated).decrypt(options.ciphertext);
    } catch {
      return null;
    }
  }
}
