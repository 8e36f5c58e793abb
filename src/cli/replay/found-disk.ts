import { toHex } from '../../core/bytes.ts';
import type { Codec, Crypto } from '../../core/capabilities.ts';
import type { RecordedEntry } from '../../core/host-recording.ts';
import { scopeHash } from '../../core/state-hash.ts';
import type { TableEntry } from '../../core/tables.ts';
import { MemoryDisk, MemoryStore } from '../../sim/disk.ts';
import type { Birth } from '../input-file.ts';

export interface Tools {
  readonly crypto: Crypto;
  readonly codec: Codec;
}

export interface FoundDisk {
  readonly disk: MemoryDisk;
  /** There was something before, and it was gone. */
  readonly lost: boolean;
}

type Unlocked = Extract<RecordedEntry, readonly ['unlocked', ...unknown[]]>;

/**
 * The disk with which a life began: of the states in which the life before may have left it, the one that this life found, file
 * by file, since a kill may fall between the commits of two of them. An empty one where the node began on an empty disk.
 * Null: no state is what was found, so the replay has stored something else than the real node.
 */
export function foundDisk(left: readonly MemoryDisk[], birth: Birth, entries: readonly RecordedEntry[], tools: Tools): FoundDisk | null {
  const empty = new MemoryDisk();
  const candidates = [...left, empty];
  const node = candidates.find((disk) => hashOf(disk, 'node', tools) === birth.found.node);
  const vault = candidates.find((disk) => hashOf(disk, 'vault', tools) === birth.found.vault);
  if (node === undefined || vault === undefined) return null;
  if (node === empty && vault === empty) return { disk: empty, lost: left.length > 0 };
  const opened = entries.find((entry): entry is Unlocked => entry[0] === 'unlocked');
  const user = opened === undefined ? candidates[0] : candidates.find((disk) => isOpened(disk, opened, tools));
  if (user === undefined) return null;
  const disk = node.copy();
  disk.vault = vault.copy().vault;
  disk.user = user.copy().user;
  return { disk, lost: false };
}

function isOpened(disk: MemoryDisk, [, outcome, hash]: Unlocked, tools: Tools): boolean {
  if (disk.user === null) return outcome === 'created';
  return outcome === 'opened' && toHex(hash) === hashOf(disk, 'user', tools);
}

function hashOf(disk: MemoryDisk, scope: TableEntry['scope'], { crypto, codec }: Tools): string {
  const copy = disk.copy();
  const store = new MemoryStore(copy);
  if (scope === 'user') {
    if (copy.user === null) return '';
    store.unlock(copy.user.key);
  }
  return toHex(scopeHash(store, scope, crypto, codec));
}
