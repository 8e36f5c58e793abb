import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Crypto, KeyPair, Random } from '../core/capabilities.ts';
import { unwritable } from './folder.ts';

const FILE = 'seed.key';
const HEAD = 'confab seed key 1';
const PATTERN = /^confab seed key 1\nsigning ([0-9a-f]{64})\n$/;

/** The key by which nodes know the seed server, from `seed.key` in its folder (mode 0600), made where there is none. Throws `folder-unwritable`. */
export function loadSeedKey(
  folder: string,
  tools: { readonly crypto: Crypto; readonly random: Random },
): { readonly pair: KeyPair; readonly notice: string | null } {
  const path = join(folder, FILE);
  try {
    const text = readIfThere(path);
    const match = text === null ? null : PATTERN.exec(text);
    if (match !== null) {
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
      return { pair: tools.crypto.signingKeyPair(new Uint8Array(Buffer.from(match[1] as string, 'hex'))), notice: null };
    }
    const notice = text === null ? null : setAside(path);
    const seed = tools.random.bytes(32);
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, `${HEAD}\nsigning ${Buffer.from(seed).toString('hex')}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, path);
    syncFolder(folder);
    return { pair: tools.crypto.signingKeyPair(seed), notice };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Nodes keep to the first key they meet: it must be there after a power cut as well. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function setAside(path: string): string {
  const aside = `${path}.damaged-${Date.now()}`;
  renameSync(path, aside);
  return `${aside} was set aside: the key file of the seed server is damaged, and nodes that know the old key do not believe this server until they are given the new one`;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}
