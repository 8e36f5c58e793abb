import { toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import type { AnyVerifiedRecord } from '../records.ts';

/**
 * What is worked out from a record again and again: names, keys, hashes. Records never change, so each is worked out once, and
 * nodes that share a process share it.
 */

/** Types that are gossiped and kept in the view. */
type ViewType = 'user' | 'node' | 'presence';
const TYPE_BYTES: Readonly<Record<ViewType, number>> = { user: 1, node: 2, presence: 3 };

/** Of 32 bits. */
const FINGERPRINT_WORDS = 8;
const fingerprints = new WeakMap<AnyVerifiedRecord, Uint32Array>();

/** Hash of key and sequence, as numbers that can be combined by the exclusive or. */
function fingerprint(crypto: Crypto, record: AnyVerifiedRecord): Uint32Array {
  let words = fingerprints.get(record);
  if (words === undefined) {
    const hash = crypto.sha256(utf8(`${record.type}/${record.authorId}:${record.sequence}`));
    words = new Uint32Array(FINGERPRINT_WORDS);
    for (let index = 0; index < hash.length; index += 1) words[index >> 2] = ((words[index >> 2] as number) << 8) | (hash[index] as number);
    fingerprints.set(record, words);
  }
  return words;
}

/** The exclusive or of all their fingerprints, so that no order matters. */
export function hashOf(crypto: Crypto, records: readonly AnyVerifiedRecord[]): Uint8Array {
  const sum = new Uint32Array(FINGERPRINT_WORDS);
  for (const record of records) {
    const words = fingerprint(crypto, record);
    for (let index = 0; index < FINGERPRINT_WORDS; index += 1) sum[index] = (sum[index] as number) ^ (words[index] as number);
  }
  const bytes = new Uint8Array(FINGERPRINT_WORDS * 4);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (sum[index >> 2] as number) >>> (24 - 8 * (index & 3));
  return bytes;
}

const storeKeys = new WeakMap<AnyVerifiedRecord, string>();

/** Names the row of a record. One text for all nodes of a process that keep it. */
export function storeKey(record: AnyVerifiedRecord): string {
  let key = storeKeys.get(record);
  if (key === undefined) {
    key = `${record.type}/${record.authorId}`;
    storeKeys.set(record, key);
  }
  return key;
}

const digestKeys = new WeakMap<AnyVerifiedRecord, Uint8Array>();

/** 8 bytes: one for the type, seven of the author's id. */
export function digestKey(record: AnyVerifiedRecord): Uint8Array {
  let key = digestKeys.get(record);
  if (key === undefined) {
    key = new Uint8Array(8);
    key[0] = TYPE_BYTES[record.type as ViewType];
    for (let index = 1; index < 8; index += 1) key[index] = Number.parseInt(record.authorId.slice(index * 2 - 2, index * 2), 16);
    digestKeys.set(record, key);
  }
  return key;
}

const digestTexts = new WeakMap<AnyVerifiedRecord, string>();

/** The digest key in hex, for maps. */
export function digestText(record: AnyVerifiedRecord): string {
  let text = digestTexts.get(record);
  if (text === undefined) {
    text = toHex(digestKey(record));
    digestTexts.set(record, text);
  }
  return text;
}
