import { utf8 } from '../bytes.ts';
import type { KeyPair } from '../capabilities.ts';
import type { KeyDerivation } from '../env.ts';
import { derivationShape, type RecordTools } from '../records.ts';
import { bytes, integer, misfit, optional, record, text } from '../shape.ts';

/** What the password locks: everything that makes a user this user. */
export interface VaultSecrets {
  /** 32-byte seed of the Ed25519 identity key. */
  readonly identitySeed: Uint8Array;
  /** 32-byte seed of the X25519 key to which envelopes are sealed. */
  readonly sealingSeed: Uint8Array;
  /** Key of the user's encrypted store. */
  readonly storeKey: Uint8Array;
  readonly createdMillis: number;
  /** The 32 bytes that the recovery words stand for; accounts of earlier versions have none until their owner asks for words. */
  readonly recovery?: Uint8Array;
}

/** The vault as it lies on a disk or at the seed server; its header says how to derive the key (RFC 9106, RFC 5869). */
export interface Vault {
  readonly version: number;
  readonly name: string;
  readonly derivation: KeyDerivation;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const vaultShape = record({
  version: integer(1, 1),
  name: text(1, 32),
  derivation: derivationShape,
  salt: bytes(16),
  nonce: bytes(12),
  ciphertext: bytes(17, 4_096),
});
export const secretsShape = record({
  identitySeed: bytes(32),
  sealingSeed: bytes(32),
  storeKey: bytes(32),
  createdMillis: integer(),
  recovery: optional(bytes(32)),
});

/** The two keys of a password: one unlocks the vault and stays here, the other proves knowledge of the password. */
export function passwordKeys(tools: RecordTools, master: Uint8Array, salt: Uint8Array): { readonly unlock: Uint8Array; readonly authentication: KeyPair } {
  const { crypto } = tools;
  return {
    unlock: crypto.hkdf({ key: master, salt, info: 'confab/vault-unlock/1', length: 32 }),
    authentication: crypto.signingKeyPair(crypto.hkdf({ key: master, salt, info: 'confab/vault-authentication/1', length: 32 })),
  };
}

function associated(vault: Pick<Vault, 'version' | 'name'>): Uint8Array {
  return utf8(`confab/vault/${vault.version}\0${vault.name}`);
}

export function lockVault(tools: RecordTools, header: Omit<Vault, 'ciphertext' | 'version'>, unlock: Uint8Array, secrets: VaultSecrets): Vault {
  const { nonce } = header;
  const plaintext = tools.codec.encode(secrets);
  return { version: 1, ...header, ciphertext: tools.crypto.seal({ key: unlock, nonce, plaintext, associated: associated({ version: 1, name: header.name }) }) };
}

/** Null when the key does not fit. */
export function openVault(tools: RecordTools, vault: Vault, unlock: Uint8Array): VaultSecrets | null {
  const plaintext = tools.crypto.open({ key: unlock, nonce: vault.nonce, ciphertext: vault.ciphertext, associated: associated(vault) });
  if (plaintext === null) return null;
  try {
    const secrets = tools.codec.decode(plaintext);
    return misfit(secretsShape, secrets) === null ? (secrets as VaultSecrets) : null;
  } catch {
    return null;
  }
}

/** Reads a vault from untrusted bytes; null when they are none. */
export function decodeVault(tools: RecordTools, encoded: Uint8Array): Vault | null {
  try {
    return asVault(tools.codec.decode(encoded));
  } catch {
    return null;
  }
}

export function asVault(value: unknown): Vault | null {
  return misfit(vaultShape, value) === null ? (value as Vault) : null;
}
