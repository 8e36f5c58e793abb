import { join } from 'node:path';
import type { Random } from '../../core/capabilities.ts';
import { writeFileAtomically } from '../files.ts';
import { loadKeyFile } from './key-file.ts';

const FORM = {
  head: 'confab seed key 1',
  names: ['signing'],
  damaged: 'the key file of the seed server is damaged, and nodes that know the old key do not believe this server until they are given the new one',
};

/**
 * The secret of the key by which nodes know the seed server, 32 bytes, from `seed.key` in its folder, made where there is none.
 * Nodes keep to the first key they meet, so it is on the disk before it is used. Throws ConfabError `folder-unwritable`.
 */
export function loadSeedKey(folder: string, random: Random, onSetAside: (file: string, reason: string) => void): Uint8Array {
  const { secrets } = loadKeyFile(join(folder, 'seed.key'), FORM, { random, write: writeFileAtomically, onSetAside });
  return secrets[0] as Uint8Array;
}
