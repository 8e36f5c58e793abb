import { sameBytes } from '../core/bytes.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import { ForwardingStore, type UnlockOutcome } from '../core/forwarding-store.ts';
import type { RecordedEntry } from '../core/host-recording.ts';
import { scopeHash } from '../core/state-hash.ts';
import type { TableEntry } from '../core/tables.ts';
import { type MemoryDisk, MemoryStore } from './disk.ts';

/** What a replayed store asks the recording. */
export interface StoreEntries {
  /** The next entry, which stays; undefined at the end. */
  peek(): RecordedEntry | undefined;
  /** Takes the next entry. Throws ReplayDivergence when it is of another kind. */
  take(kind: 'unlocked' | 'commit' | 'failed' | 'kept' | 'written'): RecordedEntry;
  /** Throws ReplayDivergence. */
  differ(wanted: string, found: string): never;
}

type Scope = TableEntry['scope'];

const SAID: Readonly<Record<Scope, string>> = { node: "the node's rows", vault: 'the vaults', user: "the user's rows" };

/** The simulator's store, which has work and commits when the recorded one had and did, and fails when that failed. */
export class ReplayedStore extends ForwardingStore {
  readonly #memory: MemoryStore;
  readonly #disk: MemoryDisk;
  readonly #entries: StoreEntries;
  readonly #crypto: Crypto;
  readonly #codec: Codec;
  /** What commits that failed would have left, the last one first: a disk may have kept a part, file by file, and of the user's it is seen when that is opened. */
  #refused: MemoryDisk[] = [];

  constructor(disk: MemoryDisk, tools: { readonly crypto: Crypto; readonly codec: Codec }, entries: StoreEntries) {
    const memory = new MemoryStore(disk, { settleLater: true });
    super(memory);
    this.#memory = memory;
    this.#disk = disk;
    this.#entries = entries;
    this.#crypto = tools.crypto;
    this.#codec = tools.codec;
  }

  /** A store may see work where another sees none (a row that was deleted and had never been there). */
  override get dirty(): boolean {
    const written = this.#entries.peek()?.[0] === 'written';
    if (written) this.#entries.take('written');
    return written || this.#entries.peek()?.[0] === 'commit';
  }

  override unlock(key: Uint8Array): UnlockOutcome {
    const outcome = super.unlock(key);
    if (outcome === 'wrong-key') return outcome;
    const [, before, hash] = this.#entries.take('unlocked') as Extract<RecordedEntry, readonly ['unlocked', ...unknown[]]>;
    // A file that a commit which failed had begun may be there or not; what counts is what is in it.
    if (before !== outcome && (before === 'set-aside' || outcome === 'set-aside')) this.#entries.differ(`a user's store that is ${outcome}`, before);
    this.#find('user', hash);
    return before;
  }

  override rollback(): void {
    const wasOpen = this.unlocked;
    super.rollback();
    if (this.#entries.peek()?.[0] !== 'kept') return;
    const [, node, vault, user] = this.#entries.take('kept') as Extract<RecordedEntry, readonly ['kept', ...unknown[]]>;
    this.#find('node', node);
    this.#find('vault', vault);
    if (user !== null) this.#find('user', user);
    else if (!wasOpen) this.#refused.shift();
  }

  override commit(): void {
    this.#entries.take('commit');
    this.#memory.settle();
    if (this.#entries.peek()?.[0] === 'failed') {
      this.#refused.unshift(this.#disk.copy());
      throw new Error(this.#entries.take('failed')[1] as string);
    }
    super.commit();
  }

  /**
   * What may lie on the disk once the process is gone: of a commit that began and is the last that is known, both states, the
   * later one first. Closes the store.
   */
  end(lastIsOpen: boolean): readonly MemoryDisk[] {
    this.#memory.rollback();
    if (!lastIsOpen) return [this.#disk];
    const after = this.#disk.copy();
    this.#memory.crash();
    return [after, this.#disk];
  }

  /** Makes sure that what the real store has lies here, too: what was taken back, or what the commit that failed would have left. */
  #find(scope: Scope, wanted: Uint8Array): void {
    for (const refused of this.#refused) {
      if (sameBytes(wanted, this.#hash(scope))) break;
      this.#disk.adopt(scope, refused);
    }
    if (!sameBytes(wanted, this.#hash(scope))) this.#entries.differ(SAID[scope], 'others');
    if (scope === 'user') this.#refused = [];
  }

  #hash(scope: Scope): Uint8Array {
    return scopeHash(this.real, scope, this.#crypto, this.#codec);
  }
}
