import { concat } from '../bytes.ts';
import type { KeyPair } from '../capabilities.ts';
import type { RecordTools } from '../records.ts';
import { keyOfVault, readVaultValue, vaultValue } from '../replication/kinds/vault-kind.ts';
import type { Stored } from '../replication/replication-port.ts';
import { misfit, record, text } from '../shape.ts';
import { secretsShape, type VaultSecrets } from './vault.ts';

const NONCE_BYTES = 12;
const ASSOCIATED = new Uint8Array();
const EMPTY: Uint8Array = new Uint8Array();

const contentShape = record({ name: text(1, 32), secrets: secretsShape });

/** What recovery words give: the key that opens the vault, and the one that signs it and says where on the ring it lies. */
export interface RecoveryKeys {
  readonly unlock: Uint8Array;
  readonly signing: KeyPair;
  /** Ring key. */
  readonly key: string;
}

/** `recovery`: the 32 bytes that the words stand for; HKDF (RFC 5869) with a label for each use. */
export function recoveryKeys({ crypto }: RecordTools, recovery: Uint8Array): RecoveryKeys {
  const derive = (info: string): Uint8Array => crypto.hkdf({ key: recovery, salt: EMPTY, info, length: 32 });
  const signing = crypto.signingKeyPair(derive('confab/recovery-signing/1'));
  return { unlock: derive('confab/recovery-unlock/1'), signing, key: keyOfVault(crypto, signing.publicKey) };
}

/**
 * The vault as it lies on the ring. The nonce comes from key and content, so that the same account always gives the same bytes
 * and holders that have it already need nothing.
 */
export function lockForRecovery(tools: RecordTools, content: { readonly name: string; readonly secrets: VaultSecrets }): Stored | null {
  const { recovery } = content.secrets;
  if (recovery === undefined) return null;
  const keys = recoveryKeys(tools, recovery);
  const plaintext = tools.codec.encode({ name: content.name, secrets: content.secrets });
  const nonce = tools.crypto.hkdf({ key: keys.unlock, salt: plaintext, info: 'confab/recovery-nonce/1', length: NONCE_BYTES });
  const sealed = concat(nonce, tools.crypto.seal({ key: keys.unlock, nonce, plaintext, associated: ASSOCIATED }));
  return vaultValue(tools, keys.signing, { sequence: 1, deleted: false, sealed });
}

/** What deletes it for good. */
export function buryRecovery(tools: RecordTools, recovery: Uint8Array): Stored {
  return vaultValue(tools, recoveryKeys(tools, recovery).signing, { sequence: 2, deleted: true, sealed: EMPTY });
}

/** What the words open; null when it is none of theirs. */
export function openForRecovery(tools: RecordTools, keys: RecoveryKeys, value: Uint8Array): { readonly name: string; readonly secrets: VaultSecrets } | null {
  const vault = readVaultValue(tools, value);
  if (typeof vault === 'string' || vault.deleted) return null;
  const nonce = vault.sealed.slice(0, NONCE_BYTES);
  const plaintext = tools.crypto.open({ key: keys.unlock, nonce, ciphertext: vault.sealed.slice(NONCE_BYTES), associated: ASSOCIATED });
  if (plaintext === null) return null;
  try {
    const content = tools.codec.decode(plaintext);
    return misfit(contentShape, content) === null ? (content as { name: string; secrets: VaultSecrets }) : null;
  } catch {
    return null;
  }
}
