import { join } from 'node:path';
import type { Random } from '../../core/capabilities.ts';
import type { NodeKeys } from '../../core/env.ts';
import { ConfabError } from '../../core/errors.ts';
import { makeDurable, reasonOf, replaceFile } from '../files.ts';
import { loadKeyFile } from './key-file.ts';

export const NODE_KEY_FILE = 'node.key';

const FORM = { head: 'confab node key 1', names: ['signing', 'agreement'], damaged: 'the key file of the node is damaged' };

export interface NodeKeyFile {
  readonly keys: NodeKeys;
  /** True when there was no usable file, so that this node is a new one. */
  readonly created: boolean;
}

/**
 * The keys are on the disk when it resolves; a thread of its own waits for it. Wanted at each start, since whoever made the file may
 * have been killed before. Rejects with ConfabError `folder-unwritable`.
 */
export async function settleNodeKey(folder: string): Promise<void> {
  try {
    await makeDurable([join(folder, NODE_KEY_FILE), folder]);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: reasonOf(error) });
  }
}

/**
 * Reads the node's long-lived keys from `node.key` in its folder, or makes them. They lie there in clear, readable by the
 * owner only, so that a node restarts by itself after a crash; what a person wrote is locked by other keys.
 * They count once they are durable (`settleNodeKey`). A damaged file is set aside and reported. Throws ConfabError `folder-unwritable`.
 */
export function loadNodeKey(folder: string, random: Random, onSetAside: (file: string, reason: string) => void): NodeKeyFile {
  const { secrets, created } = loadKeyFile(join(folder, NODE_KEY_FILE), FORM, { random, write: replaceFile, onSetAside });
  return { keys: { signingSeed: secrets[0] as Uint8Array, agreementSeed: secrets[1] as Uint8Array }, created };
}
