import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../core/capabilities.ts';
import type { NodeKeys } from '../../core/env.ts';
import { ConfabError } from '../../core/errors.ts';
import { FILE_MODE, makeDurable, reasonOf, replaceFile, setAside } from '../files.ts';

export const NODE_KEY_FILE = 'node.key';

const SEED_BYTES = 32;
const HEAD = 'confab node key 1';
const FILE_PATTERN = /^confab node key 1\nsigning ([0-9a-f]{64})\nagreement ([0-9a-f]{64})\n$/;

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
  const path = join(folder, NODE_KEY_FILE);
  try {
    const text = readIfThere(path);
    const match = text === null ? null : FILE_PATTERN.exec(text);
    if (match !== null) {
      // A copied folder may have lost its mode; the secret must not stay open to others.
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, FILE_MODE);
      return { keys: { signingSeed: fromHex(match[1] as string), agreementSeed: fromHex(match[2] as string) }, created: false };
    }
    if (text !== null) onSetAside(setAside(path), 'the key file of the node is damaged');
    const keys = { signingSeed: random.bytes(SEED_BYTES), agreementSeed: random.bytes(SEED_BYTES) };
    const lines = `${HEAD}\nsigning ${hex(keys.signingSeed)}\nagreement ${hex(keys.agreementSeed)}\n`;
    replaceFile(path, Buffer.from(lines, 'utf8'));
    return { keys, created: true };
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: reasonOf(error) });
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
