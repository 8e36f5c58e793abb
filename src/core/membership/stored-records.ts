import type { Parts } from '../parts.ts';
import type { AnyVerifiedRecord, SignedRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';
import { storeKey } from './record-marks.ts';

/**
 * Writes records into the store. Renewals of other people's wait there for each other: they come all the time, and to keep one says no
 * more than that its author lived, so none is worth a commit of its own. Until they are written an earlier signature of the same words
 * lies in the store, and whoever dies before hears the later one again.
 */
export class StoredRecords {
  readonly #parts: Parts;
  /** By the key in the store; at most one for each record that is known. */
  readonly #renewed = new Map<string, SignedRecord>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `known`: what was known of the same author until now. */
  put(record: AnyVerifiedRecord, known: AnyVerifiedRecord | undefined): void {
    const { env, options, session, patient } = this.#parts;
    const key = storeKey(record);
    // Our own say under which number the next one is signed.
    const own = record.authorId === session.nodeId || record.authorId === session.ownerId;
    if (known === undefined || own || !saysTheSame(known, record)) {
      this.#renewed.delete(key);
      return env.store.put('records', key, record.signed);
    }
    if (this.#renewed.size === 0) patient.set('renewed-records', options.renewalsWriteMillis, options.renewalsWriteMillis);
    this.#renewed.set(key, record.signed);
  }

  delete(key: string): void {
    this.#renewed.delete(key);
    this.#parts.env.store.delete('records', key);
  }

  /** Timer, and the end of the node. */
  writeRenewed(): void {
    for (const [key, signed] of this.#renewed) this.#parts.env.store.put('records', key, signed);
    this.#renewed.clear();
  }
}

/** A record that only proves life: nothing in it differs from the one before but the number and the time. */
export function saysTheSame(before: AnyVerifiedRecord, after: AnyVerifiedRecord): boolean {
  if (before.type === 'node' && after.type === 'node') {
    const [a, b] = [before.body, after.body];
    return a.run === b.run && a.gone === b.gone && a.addresses[0] === b.addresses[0] && (a.certificate === null) === (b.certificate === null);
  }
  if (before.type === 'presence' && after.type === 'presence') {
    const [a, b] = [before.body, after.body];
    return a.node === b.node && a.presence === b.presence && a.statusText === b.statusText && compareClaims(a, b) === 0;
  }
  return false;
}
