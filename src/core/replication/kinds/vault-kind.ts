import { concat, toHex, utf8 } from '../../bytes.ts';
import type { Crypto, KeyPair } from '../../capabilities.ts';
import type { RecordTools } from '../../records.ts';
import { boolean, bytes, integer, misfit } from '../../shape.ts';
import type { ValueKind } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';
import { remembering } from './signed-value.ts';

export const VAULT_KIND = 'vault';

const LABEL = utf8('confab/recovery-vault/1\0');
const SIGNATURE_BYTES = 64;
const SEALED_BYTES_MAX = 2_048;

/** What a holder sees of a vault that recovery words open: not even whose it is. */
export interface SealedVault {
  readonly sequence: number;
  /** A tombstone: nothing is in it. */
  readonly deleted: boolean;
  /** 12-byte nonce and ciphertext; empty in a tombstone. */
  readonly sealed: Uint8Array;
}

/** Where it lies: hex SHA-256 of `confab/ring/vault/1` NUL and the public key that the words give. */
export function keyOfVault(crypto: Pick<Crypto, 'sha256'>, publicKey: Uint8Array): string {
  return toHex(crypto.sha256(concat(utf8('confab/ring/vault/1\0'), publicKey)));
}

/** Signed by the key that the words give, so whoever does not know them can neither write there nor delete. */
export function vaultValue(tools: RecordTools, keys: KeyPair, vault: SealedVault): Stored {
  const body = tools.codec.encode([keys.publicKey, vault.sequence, vault.deleted, vault.sealed]);
  return { kind: VAULT_KIND, bytes: concat(tools.crypto.sign(keys.secretKey, concat(LABEL, body)), body) };
}

/** The vault in a value and the public key that signed it, or why it is none. */
export function readVaultValue(tools: RecordTools, value: Uint8Array): (SealedVault & { readonly publicKey: Uint8Array }) | string {
  const body = value.slice(SIGNATURE_BYTES);
  let content: unknown;
  try {
    content = tools.codec.decode(body);
  } catch {
    return 'vault: not CBOR';
  }
  if (!Array.isArray(content) || content.length !== 4) return 'vault: not of four parts';
  const [publicKey, sequence, deleted, sealed] = content as unknown[];
  const wrong =
    misfit(bytes(32), publicKey, 'publicKey') ??
    misfit(integer(), sequence, 'sequence') ??
    misfit(boolean, deleted, 'deleted') ??
    misfit(deleted === true ? bytes(0) : bytes(29, SEALED_BYTES_MAX), sealed, 'sealed');
  if (wrong !== null) return wrong;
  if (!tools.crypto.verify(publicKey as Uint8Array, concat(LABEL, body), value.slice(0, SIGNATURE_BYTES))) return 'vault: wrong signature';
  return { publicKey: publicKey as Uint8Array, sequence: sequence as number, deleted: deleted as boolean, sealed: sealed as Uint8Array };
}

export function vaultKind(tools: RecordTools): ValueKind {
  return {
    name: VAULT_KIND,
    bytesMax: SEALED_BYTES_MAX + 256,
    valuesPerKeyMax: 1,
    bytesPerKeyMax: SEALED_BYTES_MAX + 256,
    valuesPerAuthorMax: 1,
    inspect: remembering(tools, VAULT_KIND, (value) => {
      const vault = readVaultValue(tools, value);
      if (typeof vault === 'string') return vault;
      const key = keyOfVault(tools.crypto, vault.publicKey);
      const author = toHex(tools.crypto.sha256(vault.publicKey));
      return { key, id: '', sequence: vault.sequence, deleted: vault.deleted, expiresMillis: null, author };
    }),
  };
}
