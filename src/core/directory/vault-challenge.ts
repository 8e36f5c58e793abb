import { concat, utf8 } from '../bytes.ts';

const LABEL = utf8('confab/vault/1\0');
const SEPARATOR = new Uint8Array(1);

/** Bytes in a nonce of a holder of the vault. */
export const VAULT_NONCE_BYTES = 32;

/**
 * What the authentication key of a user signs to be handed the vault: `confab/vault/1` NUL name NUL nonce.
 * Names hold no NUL, so no two pairs of name and nonce give the same bytes.
 */
export function vaultChallengeBytes(name: string, nonce: Uint8Array): Uint8Array {
  return concat(LABEL, utf8(name), SEPARATOR, nonce);
}
