/** What the core calls synchronously. Interfaces only: adapters implement them, the simulator may replace them. */

/** A private key as the core holds it: a 32-byte seed; adapters cache the parsed key by object identity. */
export type SecretKey = Uint8Array;

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: SecretKey;
}

/** Primitives: SHA-256 and SHA-512 (FIPS 180-4), HKDF (RFC 5869), Ed25519 (RFC 8032), X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439). */
export interface Crypto {
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** 64 bytes. */
  sha512(bytes: Uint8Array): Uint8Array;
  /** HKDF-SHA256; `info` is the domain label. */
  hkdf(options: { key: Uint8Array; salt: Uint8Array; info: string; length: number }): Uint8Array;
  /** Ed25519 key pair of a 32-byte seed. */
  signingKeyPair(seed: Uint8Array): KeyPair;
  /** 64-byte Ed25519 signature. */
  sign(secretKey: SecretKey, bytes: Uint8Array): Uint8Array;
  /** False for a wrong signature and for malformed keys or signatures; never throws. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** X25519 key pair of a 32-byte seed. */
  agreementKeyPair(seed: Uint8Array): KeyPair;
  /** 32-byte shared secret, or null when the public key is malformed or of low order. */
  agree(secretKey: SecretKey, publicKey: Uint8Array): Uint8Array | null;
  /** ChaCha20-Poly1305: ciphertext and 16-byte tag; nonce 12 bytes, key 32 bytes. */
  seal(options: { key: Uint8Array; nonce: Uint8Array; plaintext: Uint8Array; associated: Uint8Array }): Uint8Array;
  /** 2,048 words, no two with the same first four letters: recovery words are made of them (BIP39). */
  readonly wordList: readonly string[];
  /** Null when the tag does not fit; never throws. */
  open(options: { key: Uint8Array; nonce: Uint8Array; ciphertext: Uint8Array; associated: Uint8Array }): Uint8Array | null;
}

/** Deterministic CBOR (RFC 8949, section 4.2) of plain values and byte arrays. */
export interface Codec {
  encode(value: unknown): Uint8Array;
  /** Throws an Error for anything that is not one well-formed item. */
  decode(bytes: Uint8Array): unknown;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** A double in [0, 1). */
  fraction(): number;
  /** A fresh identifier of 21 URL-safe characters (nanoid). */
  id(): string;
}

/**
 * Reads of the store, inside the open transaction: what was put in this turn is seen.
 * Keys are strings in code unit order; values are what the codec can encode.
 */
export interface StoreReader {
  get<Value = unknown>(table: string, key: string): Value | undefined;
  /** Entries with `from <= key < to` in key order (or reverse), at most `limit`. */
  scan<Value = unknown>(table: string, range?: ScanRange): Array<readonly [key: string, value: Value]>;
  count(table: string): number;
}

export interface ScanRange {
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
  readonly prefix?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** Writes go into the turn's transaction at once; it is committed by the driver before anything is sent. */
export interface StoreWriter extends StoreReader {
  put(table: string, key: string, value: unknown): void;
  delete(table: string, key: string): void;
}

/** The stores of one node. Scopes and tables are listed in tables.ts. */
export interface NodeStore extends StoreWriter {
  /**
   * Runs `work`, which writes to tables of the user what others know as well and say again (as `relearned` in tables.ts says it of whole
   * tables): a power cut, though not a crash, may take the last of it.
   */
  relearn(work: () => void): void;
  /**
   * Opens the store of the logged-in user under its 32-byte key, making it if there is none.
   * `wrong-key`: it exists and does not open under this key. A damaged one is set aside and a new one made: `set-aside`.
   */
  unlock(key: Uint8Array): 'opened' | 'created' | 'set-aside' | 'wrong-key';
  /** Closes the user's store at the end of the turn, after the commit. */
  lock(): void;
  readonly unlocked: boolean;
  /** Deletes the user's store and the vault at the end of the turn (account deletion). */
  wipe(): void;
}

/** What a driver asks of a store: all writes since the last commit become durable together, or none do. */
export interface TransactionalStore extends NodeStore {
  /** Durable when it returns; throws when it could not write (disk full), and then nothing of the turn is stored. */
  commit(): void;
  /** Forgets the writes of this turn. */
  rollback(): void;
  /** Something was written since the last commit. */
  readonly dirty: boolean;
  close(): void;
}
