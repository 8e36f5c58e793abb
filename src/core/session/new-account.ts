import type { Parts } from '../parts.ts';
import { signRecord, type VerifiedRecord } from '../records.ts';
import { RECOVERY_BYTES } from './recovery-words.ts';
import { lockVault, passwordKeys, type Vault, type VaultSecrets } from './vault.ts';

export interface NewAccount {
  readonly secrets: VaultSecrets & { readonly recovery: Uint8Array };
  readonly vault: Vault;
  readonly user: VerifiedRecord<'user'>;
}

/** Fresh keys for this node's user, the vault that locks them, and the first public record. `master` is what the password gave with `salt`. */
export function newAccount(
  { env, options, settings }: Pick<Parts, 'env' | 'options' | 'settings'>,
  given: { readonly salt: Uint8Array; readonly master: Uint8Array; readonly displayName: string },
): NewAccount {
  const { salt } = given;
  const { derivation } = options;
  const wallMillis = Math.trunc(env.wallMillis);
  const keys = passwordKeys(env, given.master, salt);
  const secrets = {
    identitySeed: env.random.bytes(32),
    sealingSeed: env.random.bytes(32),
    storeKey: env.random.bytes(32),
    createdMillis: wallMillis,
    recovery: env.random.bytes(RECOVERY_BYTES),
  };
  const vault = lockVault(env, { name: settings.user, derivation, salt, nonce: env.random.bytes(12) }, keys.unlock, secrets);
  const body = {
    name: settings.user,
    sealingKey: env.crypto.agreementKeyPair(secrets.sealingSeed).publicKey,
    authenticationKey: keys.authentication.publicKey,
    salt,
    derivation,
    displayName: given.displayName.slice(0, options.displayNameCharactersMax),
    about: '',
    createdMillis: wallMillis,
    deleted: false,
  };
  const identity = env.crypto.signingKeyPair(secrets.identitySeed);
  return { secrets, vault, user: signRecord(env, identity, { type: 'user', sequence: Math.max(1, wallMillis), wallMillis, body }) };
}
