import { sameBytes } from '../bytes.ts';
import { vaultChallengeBytes } from '../directory/vault-challenge.ts';
import type { KeyDerivation, ServiceResult } from '../env.ts';
import type { Parts } from '../parts.ts';
import { idOfKey, type VerifiedRecord } from '../records.ts';
import type { UserId } from '../types.ts';
import { decodeVault, openVault, passwordKeys, type Vault, type VaultSecrets } from './vault.ts';

export type FetchedVault =
  | { readonly type: 'opened'; readonly vault: Vault; readonly secrets: VaultSecrets }
  | { readonly type: 'wrong-password' }
  | { readonly type: 'refused'; readonly code: string; readonly details: Record<string, unknown> };

type Derive = (password: string, salt: Uint8Array, derivation: KeyDerivation, then: (result: ServiceResult) => void) => void;

/**
 * Asks the seed server for the vault of this node's user, then the node where the user is logged in. Either hands it out against a signature over a fresh challenge, by a key
 * that the password gives; the user's public record, from anybody, says what salt and cost the password is derived with.
 */
export function fetchVault(parts: Parts, password: string, derive: Derive, done: (outcome: FetchedVault) => void): void {
  const { env, options, settings, links, lookup, seed, vaultExchange } = parts;
  const name = settings.user;
  const refuse = (code: string, details: Record<string, unknown> = { name }): void => done({ type: 'refused', code, details });
  const begunMillis = env.monotonicMillis;
  const find = (): void => lookup.find(name, found);
  const found = (user: VerifiedRecord<'user'> | null): void => {
    // Right after the start nobody may have been met who could know the name.
    const early = seed.summary().seedServer !== 'up' && (seed.joining || links.upLinks().length === 0);
    if (user === null && early && env.monotonicMillis - begunMillis < options.vaultFetchMillis) return vaultExchange.later(find);
    if (user === null) return refuse('not-registered');
    derive(password, user.body.salt, user.body.derivation, (derived) => {
      if (!derived.ok) return refuse('internal', { reason: derived.code });
      const keys = passwordKeys(env, derived.value as Uint8Array, user.body.salt);
      if (!sameBytes(keys.authentication.publicKey, user.body.authenticationKey)) return done({ type: 'wrong-password' });
      const open = (vault: Vault | null, otherwise: () => void): void => {
        const secrets = vault === null || vault.name !== name ? null : openVault(env, vault, keys.unlock);
        // Keys that are not those of the user's record are somebody else's, however well they open.
        const isTheirs = secrets !== null && idOfKey(env.crypto, env.crypto.signingKeyPair(secrets.identitySeed).publicKey) === user.authorId;
        if (vault === null || secrets === null || !isTheirs) return otherwise();
        done({ type: 'opened', vault, secrets });
      };
      const unfit = (from: string): void => refuse('bad-record', { reason: `the vault from ${from} does not open` });
      const askPeers = (): void => vaultsAtPeers(() => refuse('unavailable', { what: `The vault of ${name}` }));
      const vaultsAtPeers = (nowhere: () => void): void =>
        vaultExchange.fetch({ userId: user.authorId as UserId, name, authentication: keys.authentication }, (outcome) => {
          if (outcome.type === 'vault') return open(outcome.vault, () => unfit('your other node'));
          if (outcome.type === 'paused') return refuse('too-many-attempts', { name, seconds: outcome.seconds });
          nowhere();
        });
      const notAtSeed = (answer: Extract<ServiceResult, { ok: false }>): void => {
        if (answer.code === 'rate-limited') return refuse('too-many-attempts', { name, seconds: answer.details?.['seconds'] ?? 5 });
        askPeers();
      };
      seed.call('challenge', { name }, (challenge) => {
        if (!challenge.ok) return notAtSeed(challenge);
        const { nonce } = challenge.value as { nonce: Uint8Array };
        const signature = env.crypto.sign(keys.authentication.secretKey, vaultChallengeBytes(name, nonce));
        seed.call('vault', { name, nonce, signature }, (answer) => {
          if (!answer.ok) return notAtSeed(answer);
          open(decodeVault(env, (answer.value as { vault: Uint8Array }).vault), () => {
            // It lies, or was lied to: the user's other node may have the right one.
            parts.count('seedVaultsUnfit');
            if (env.tracing) env.trace({ type: 'drop', peer: 'seed-server', reason: 'vault: it does not open' });
            vaultsAtPeers(() => unfit('the seed server'));
          });
        });
      });
    });
  };
  find();
}
