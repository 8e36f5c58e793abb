import { utf8 } from '../core/bytes.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import type { KeyDerivation } from '../core/env.ts';
import { wordsOfBytes } from '../core/session/recovery-words.ts';
import { asVault, openVault, passwordKeys, type VaultSecrets } from '../core/session/vault.ts';
import type { Secret } from './search.ts';

/** How a password becomes a key where this vault was locked. */
export type DeriveKey = (password: string, salt: Uint8Array, derivation: KeyDerivation) => Promise<Uint8Array>;

/** The private keys in a vault that one of its user's passwords opens; none where none does, or where the value is no vault. */
export async function keysInVault(
  tools: { readonly crypto: Crypto; readonly codec: Codec; readonly derive: DeriveKey },
  value: unknown,
  passwords: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Secret[]> {
  const vault = asVault(value);
  if (vault === null) return [];
  for (const password of passwords.get(vault.name) ?? []) {
    const master = await tools.derive(password, vault.salt, vault.derivation);
    const secrets = openVault(tools, vault, passwordKeys(tools, master, vault.salt).unlock);
    if (secrets !== null) return keysOf(tools.crypto, vault.name, secrets);
  }
  return [];
}

function keysOf(crypto: Crypto, user: string, { identitySeed, sealingSeed, storeKey, recovery }: VaultSecrets): Secret[] {
  return [
    { what: `the identity key of ${user}`, bytes: identitySeed },
    { what: `the sealing key of ${user}`, bytes: sealingSeed },
    { what: `the key of the store of ${user}`, bytes: storeKey },
    ...(recovery === undefined
      ? []
      : [
          { what: `the recovery key of ${user}`, bytes: recovery },
          { what: `the recovery words of ${user}`, bytes: utf8(wordsOfBytes(crypto, recovery)) },
        ]),
  ];
}
