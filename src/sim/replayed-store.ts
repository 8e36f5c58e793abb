import { sameBytes } from '../core/bytes.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import { ForwardingStore, type UnlockOutcome } from '../core/forwarding-store.ts';
import type { RecordedEntry } from '../core/host-recording.ts';
import { scopeHash } from '../core/state-hash.ts';
import { type MemoryDisk, MemoryStore } from './disk.ts';

/** What a replayed store asks the recording. */
export interface StoreEntries {
  /** The next entry, which stays; undefined at the end. */
  peek(): RecordedEntry | undefined;
  /** Takes the next entry. Throws ReplayDivergence when it is of another kind. */
  take(kind: 'unlocked' | 'commit' | 'failed' | 'written'): RecordedEntry;
  /** Throws ReplayDivergence. */
  differ(wanted: string, found: string): never;
}

/** The simulator's store, which has work and commits when the recorded one had and did, and fails when that failed. */
export class ReplayedStore extends ForwardingStore {
  readonly #memory: MemoryStore;
  readonly #disk: MemoryDisk;
  readonly #entries: StoreEntries;
  readonly #crypto: Crypto;
  readonly #codec: Codec;

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
    if (before !== outcome) this.#entries.differ(`a user's store that is ${outcome}`, before);
    if (!sameBytes(hash, scopeHash(this.real, 'user', this.#crypto, this.#codec))) this.#entries.differ("the user's rows", 'others');
    return outcome;
  }

  override commit(): void {
    this.#entries.take('commit');
    if (this.#entries.peek()?.[0] === 'failed') throw new Error(this.#entries.take('failed')[1] as string);
    this.#memory.settle();
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
}
