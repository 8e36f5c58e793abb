import type { KeyDerivation, ServiceResult } from '../env.ts';
import type { Parts } from '../parts.ts';
import { idOfKey, signRecord, type VerifiedRecord } from '../records.ts';
import { VAULT_KIND } from '../replication/kinds/vault-kind.ts';
import type { FetchedVault } from './fetch-vault.ts';
import { openForRecovery, recoveryKeys } from './recovery-vault.ts';
import { bytesOfWords } from './recovery-words.ts';
import { lockVault, passwordKeys, type VaultSecrets } from './vault.ts';

type Derive = (password: string, salt: Uint8Array, derivation: KeyDerivation, then: (result: ServiceResult) => void) => void;

/**
 * Makes an account usable at a node that has nothing of it, from recovery words alone: the ring has the vault, the words open it, and
 * a new password locks it here. The user's record is signed afresh, since it says what the password is derived with.
 */
export function recoverAccount(
  parts: Parts,
  given: { readonly words: string; readonly password: string },
  derive: Derive,
  done: (outcome: FetchedVault) => void,
): void {
  const { env, options, settings, lookup, replication, vaultExchange } = parts;
  const name = settings.user;
  const refuse = (code: string, details: Record<string, unknown> = { name }): void => done({ type: 'refused', code, details });
  const read = bytesOfWords(env.crypto, given.words);
  if ('wrong' in read) return refuse('bad-words', { reason: read.wrong });
  const keys = recoveryKeys(env, read.bytes);
  const untilMillis = env.monotonicMillis + options.recoverMillis;

  const opened = (secrets: VaultSecrets): void => {
    const identity = env.crypto.signingKeyPair(secrets.identitySeed);
    const userId = idOfKey(env.crypto, identity.publicKey);
    lookup.find(name, (known) => {
      if (known !== null && known.authorId !== userId) return refuse('name-taken');
      const salt = env.random.bytes(16);
      derive(given.password, salt, options.derivation, (derived) => {
        if (!derived.ok) return refuse('internal', { reason: derived.code });
        const { unlock, authentication } = passwordKeys(env, derived.value as Uint8Array, salt);
        const header = { name, derivation: options.derivation, salt, nonce: env.random.bytes(12) };
        const record = signRecord(env, identity, {
          type: 'user',
          sequence: Math.max((known?.sequence ?? 0) + 1, Math.trunc(env.wallMillis)),
          wallMillis: Math.trunc(env.wallMillis),
          body: {
            ...profileOf(known),
            name,
            sealingKey: env.crypto.agreementKeyPair(secrets.sealingSeed).publicKey,
            authenticationKey: authentication.publicKey,
            salt,
            derivation: options.derivation,
            createdMillis: secrets.createdMillis,
            deleted: false,
          },
        });
        env.store.put('self', 'user', record.signed);
        parts.sync.announce(record.signed);
        done({ type: 'opened', vault: lockVault(env, header, unlock, secrets), secrets });
      });
    });
  };

  const find = (): void =>
    replication.get({ key: keys.key, kind: VAULT_KIND, early: false }, ({ values, holders }) => {
      const [first] = values;
      const content = first === undefined ? null : openForRecovery(env, keys, first.value.bytes);
      if (content !== null && content.name !== name) return refuse('words-of-another', { name, other: content.name });
      if (content !== null) return opened(content.secrets);
      // Right after the start nobody may have been met, or not yet those who hold it.
      if (first === undefined && env.monotonicMillis < untilMillis) return vaultExchange.later(find);
      if (holders.length === 0) return refuse('unavailable', { what: 'The network' });
      refuse('nothing-to-recover');
    });
  find();
}

function profileOf(known: VerifiedRecord<'user'> | null): { readonly displayName: string; readonly about: string } {
  return { displayName: known?.body.displayName ?? '', about: known?.body.about ?? '' };
}
