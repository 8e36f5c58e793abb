import { sameBytes } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { bundleOf, dropUsed, markUsed, newPrekeyBatch, type Opening, type PrekeyBatch, unusedCount } from './x3dh.ts';

/** A batch as it is stored. `home` is that of the store which made it: batches of an earlier session may have been handed over. */
export interface StoredBatch {
  readonly home: Uint8Array;
  readonly batch: PrekeyBatch;
}

const HOME = 'home';

/**
 * The user's own prekeys: made, published, renewed, deleted.
 *
 * Invariants
 * 1. The secret halves are durable before the public ones leave (one transaction, and effects follow the commit).
 * 2. A batch that was replaced is kept for `prekeysKeptMillis`, since somebody may have written to it meanwhile; a one-time key
 *    goes `prekeyUsedMillis` after its first use, since nobody can hinder two people from using the same one.
 * 3. At most `prekeyBatchesMax` batches are kept.
 */
export class Prekeys {
  readonly #parts: Parts;
  readonly #published: () => void;
  #home: Uint8Array | null = null;

  constructor(parts: Parts, published: () => void) {
    this.#parts = parts;
    this.#published = published;
  }

  /** The session has opened. */
  open(): void {
    const { env, options } = this.#parts;
    const stored = env.store.get<Uint8Array>('prekeys', HOME);
    this.#home = stored ?? env.random.bytes(16);
    if (stored === undefined) env.store.put('prekeys', HOME, this.#home);
    this.#tidy();
    const newest = this.#newest();
    if (newest === null || this.#isStale(newest.batch)) this.#renew();
    else this.#publish(newest);
    env.setTimer('prekeys', '', options.prekeysTickMillis);
  }

  close(): void {
    this.#home = null;
    this.#parts.env.cancelTimer('prekeys', '');
  }

  /** Names the store in which this session's ratchets live: 16 bytes. */
  get home(): Uint8Array {
    if (this.#home === null) throw new Error('prekeys were asked for without an open session');
    return this.#home;
  }

  isOurHome(home: Uint8Array): boolean {
    return this.#home !== null && sameBytes(this.#home, home);
  }

  /** Of the batch that an opening names; undefined when it was never here or is gone. */
  batch(number: number): StoredBatch | undefined {
    return this.#parts.env.store.get<StoredBatch>('prekeys', keyOf(number));
  }

  /** A session was begun with these keys. */
  used(opening: Opening): void {
    const { env, options } = this.#parts;
    const row = this.batch(opening.batch);
    if (row === undefined) return;
    const batch = markUsed(row.batch, opening, Math.trunc(env.wallMillis));
    if (batch === row.batch) return;
    env.store.put('prekeys', keyOf(opening.batch), { ...row, batch } satisfies StoredBatch);
    if (batch.batch === this.#newest()?.batch.batch && unusedCount(batch) * 4 < options.prekeysOneTime) this.#renew();
  }

  /** Timer: keys age. */
  tick(): void {
    if (this.#home === null) return;
    const { env, options } = this.#parts;
    env.setTimer('prekeys', '', options.prekeysTickMillis);
    this.#tidy();
    const newest = this.#newest();
    if (newest === null || this.#isStale(newest.batch)) this.#renew();
  }

  /** From an earlier session of the user at another node: it opens what was begun there. */
  inherit(key: string, value: unknown): void {
    const { env } = this.#parts;
    if (key === HOME || env.store.get('prekeys', key) !== undefined || !isStoredBatch(value) || key !== keyOf(value.batch.batch)) return;
    env.store.put('prekeys', key, value);
    this.#tidy();
  }

  #isStale(batch: PrekeyBatch): boolean {
    const { env, options } = this.#parts;
    return env.wallMillis - batch.bornMillis >= options.prekeysMillis || unusedCount(batch) * 4 < options.prekeysOneTime;
  }

  #rows(): StoredBatch[] {
    const rows = this.#parts.env.store.scan<StoredBatch>('prekeys', { prefix: 'batch/' }).map(([, row]) => row);
    return rows.sort((a, b) => a.batch.bornMillis - b.batch.bornMillis);
  }

  #newest(): StoredBatch | null {
    return this.#rows().findLast((row) => this.isOurHome(row.home)) ?? null;
  }

  #renew(): void {
    const { env, options } = this.#parts;
    const batch = newPrekeyBatch(env, options.prekeysOneTime, Math.trunc(env.wallMillis));
    const row: StoredBatch = { home: this.home, batch };
    env.store.put('prekeys', keyOf(batch.batch), row);
    this.#tidy();
    this.#publish(row);
  }

  /** The same keys in a record that is signed afresh. */
  publishAgain(): void {
    const newest = this.#home === null ? null : this.#newest();
    if (newest !== null) this.#publish(newest);
  }

  #publish(row: StoredBatch): void {
    const { session, view, seed, links } = this.#parts;
    if (session.userId === null) return;
    const last = view.prekeysOf(session.userId)?.sequence;
    const record = session.signAsUser('prekeys', { home: row.home, ...session.claim, ...bundleOf(row.batch) }, last);
    view.put(record.signed);
    seed.publish(record as VerifiedRecord);
    links.refreshHello();
    this.#published();
  }

  #tidy(): void {
    const { env, options } = this.#parts;
    const rows = this.#rows();
    const newest = this.#newest();
    for (const [index, row] of rows.entries()) {
      const key = keyOf(row.batch.batch);
      const tooOld = env.wallMillis - row.batch.bornMillis >= options.prekeysMillis + options.prekeysKeptMillis;
      if (row !== newest && row.batch.batch !== newest?.batch.batch && (tooOld || index < rows.length - options.prekeyBatchesMax)) {
        env.store.delete('prekeys', key);
        continue;
      }
      const batch = dropUsed(row.batch, env.wallMillis, options.prekeyUsedMillis);
      if (batch !== row.batch) env.store.put('prekeys', key, { ...row, batch } satisfies StoredBatch);
    }
  }
}

function keyOf(batch: number): string {
  return `batch/${batch}`;
}

/** Rows come sealed from another node of the same user; this keeps a damaged one from doing harm here. */
function isStoredBatch(value: unknown): value is StoredBatch {
  if (typeof value !== 'object' || value === null) return false;
  const { home, batch } = value as Partial<StoredBatch>;
  if (!(home instanceof Uint8Array) || typeof batch !== 'object' || batch === null) return false;
  const { signed, oneTime, usedMillis, bornMillis } = batch;
  const arrays = Array.isArray(oneTime) && Array.isArray(usedMillis) && oneTime.length === usedMillis.length;
  return arrays && Number.isSafeInteger(batch.batch) && Number.isSafeInteger(bornMillis) && signed?.secretKey instanceof Uint8Array;
}
