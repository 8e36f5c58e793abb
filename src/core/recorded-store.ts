import type { Codec, Crypto, TransactionalStore } from './capabilities.ts';
import { ForwardingStore, type UnlockOutcome } from './forwarding-store.ts';
import { commitFailure } from './host.ts';
import type { InputSink } from './host-recording.ts';
import { scopeHash } from './state-hash.ts';
import type { TableEntry } from './tables.ts';

/**
 * A store whose commits and openings are written down.
 *
 * Invariants
 * 1. `commit` is in the record, with everything before it, when the commit begins. So a record that ends with it leaves one
 *    question open, whether that commit came to its end, and the next life's record answers it by what it found.
 * 2. After a commit that failed, hashes over what is there are in the record: a disk that fails at a sync, or between two files, keeps
 *    a part. So is whether the new program wrote, when the host asks: what that program wants leaves now or at the next commit,
 *    and is thrown away when that fails too.
 * 3. An opening is recorded with a hash over what was there, since nobody can look into the user's store before.
 */
export class RecordedStore extends ForwardingStore {
  readonly #sink: InputSink;
  readonly #crypto: Crypto;
  readonly #codec: Codec;
  #failed = false;

  constructor(real: TransactionalStore, tools: { readonly crypto: Crypto; readonly codec: Codec }, sink: InputSink) {
    super(real);
    this.#sink = sink;
    this.#crypto = tools.crypto;
    this.#codec = tools.codec;
  }

  override get dirty(): boolean {
    const { dirty } = this.real;
    if (dirty && this.#failed) this.#sink(['written']);
    this.#failed = false;
    return dirty;
  }

  override unlock(key: Uint8Array): UnlockOutcome {
    const outcome = this.real.unlock(key);
    if (outcome !== 'wrong-key') this.#sink(['unlocked', outcome, this.#hash('user')]);
    return outcome;
  }

  override rollback(): void {
    this.real.rollback();
    if (this.#failed) this.#sink(['kept', this.#hash('node'), this.#hash('vault'), this.real.unlocked ? this.#hash('user') : null]);
  }

  override commit(): void {
    this.#sink(['commit']);
    try {
      this.real.commit();
    } catch (error) {
      this.#sink(['failed', commitFailure(error)]);
      this.#failed = true;
      throw error;
    }
  }

  #hash(scope: TableEntry['scope']): Uint8Array {
    return scopeHash(this.real, scope, this.#crypto, this.#codec);
  }
}
