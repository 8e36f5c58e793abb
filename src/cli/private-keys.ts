import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Argon2Deriver } from '../adapters/crypto/argon2.ts';
import { VAULT_FILE } from '../adapters/sqlite/node-store.ts';
import { readVaultFile } from '../adapters/sqlite/vault-file.ts';
import { loadNodeKey, NODE_KEY_FILE } from '../adapters/system/node-key.ts';
import type { SearchFor, Secret } from '../engine/search.ts';
import { keysInVault } from '../engine/vault-keys.ts';
import { makeTools } from './compose-tools.ts';

/** A password hash takes tens of milliseconds and MiB: vaults of so many nodes are opened. */
const VAULTS_MAX = 24;

/** The private keys of a run that is over: those of nodes lie in their key files, those of users in vaults that passwords open. */
export async function privateKeysUnder(root: string, passwords: SearchFor['passwords']): Promise<readonly Secret[]> {
  const { crypto, codec, random } = makeTools();
  const deriver = new Argon2Deriver();
  const derive = deriver.derive.bind(deriver);
  const keys: Secret[] = [];
  let vaults = 0;
  for (const folder of foldersOfNodes(join(root, 'nodes'))) {
    const name = relative(join(root, 'nodes'), folder);
    const keyFile = join(folder, NODE_KEY_FILE);
    if (existsSync(keyFile)) {
      const exceptIn = relative(root, keyFile);
      const { signingSeed, agreementSeed } = loadNodeKey(folder, random, () => {}).keys;
      keys.push({ what: `the signing key of ${name}`, bytes: signingSeed, exceptIn }, { what: `the link key of ${name}`, bytes: agreementSeed, exceptIn });
    }
    const vaultFile = join(folder, VAULT_FILE);
    if (!existsSync(vaultFile) || vaults >= VAULTS_MAX) continue;
    const rows = readVaultFile(vaultFile, codec);
    if (typeof rows === 'string') continue;
    vaults += 1;
    for (const bytes of rows.values()) keys.push(...(await keysInVault({ crypto, codec, derive }, codec.decode(bytes), passwords)));
  }
  return keys;
}

function foldersOfNodes(root: string): string[] {
  return existsSync(root) ? readdirSync(root).flatMap((name) => (statSync(join(root, name)).isDirectory() ? [join(root, name)] : [])) : [];
}
