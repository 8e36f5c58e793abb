import type { Crypto, StoreWriter } from '../capabilities.ts';
import type { Contact } from '../ring/circle.ts';
import type { LookupResult } from '../ring/ring-port.ts';
import type { MonotonicMillis, WallMillis } from '../types.ts';
import type { Replica } from './replica-index.ts';

/** A value as it travels and lies on the ring: bytes that its author signed, which nobody encodes again. */
export interface Stored {
  readonly kind: string;
  readonly bytes: Uint8Array;
}

/** A page of values. `hash`: hex SHA-256 over the hashes of its values, so that a torn page is never taken for a whole one. */
export interface Page {
  readonly values: readonly Stored[];
  readonly hash: string;
}

/** Count and fingerprint of all values with `from < name <= to`, going round the circle. */
export interface RangeDigest {
  readonly to: string;
  readonly count: number;
  readonly fingerprint: string;
}

/** held: durable here. newer: something that wins over it is. refused: see reason. */
export type TakeResult = { readonly result: 'held' } | { readonly result: 'newer' } | { readonly result: 'refused'; readonly reason: string };

export type ReplicaQuestion =
  /** What do you hold of this range? `lease`: the asker owns it (its id is the end of the range) and renews the leases of all that is the same. */
  | { readonly ask: 'digest'; readonly from: string; readonly range: RangeDigest; readonly lease: boolean }
  | { readonly ask: 'push'; readonly page: Page }
  | { readonly ask: 'fetch'; readonly names: readonly string[] }
  /** Which of these are missing or older at your place? Pairs of name and version. */
  | { readonly ask: 'offer'; readonly items: ReadonlyArray<readonly [name: string, version: string]> }
  | { readonly ask: 'put'; readonly value: Stored }
  /** All values of a kind under a key, in pages; `after` is the id that the last page ended with. `live`: without tombstones. */
  | { readonly ask: 'read'; readonly key: string; readonly kind: string; readonly after: string | null; readonly live: boolean };

export type ReplicaAnswer =
  | { readonly answer: 'same' }
  /** The range in parts, each up to its `to`. */
  | { readonly answer: 'parts'; readonly parts: readonly RangeDigest[] }
  | { readonly answer: 'items'; readonly items: ReadonlyArray<readonly [name: string, version: string]> }
  /** One result for each value of the page, in order. `hash` names the page. */
  | { readonly answer: 'taken'; readonly hash: string; readonly results: readonly TakeResult[] }
  | { readonly answer: 'page'; readonly page: Page; readonly more: string | null }
  | { readonly answer: 'wanted'; readonly names: readonly string[] }
  /** `owner`: the holder takes itself for the owner of the key. */
  | { readonly answer: 'put'; readonly taken: TakeResult; readonly owner: boolean }
  /** No member of the ring, or not a question. */
  | { readonly answer: 'outside' };

/** `slow` is called when most would have answered by now. */
export type Ask = (to: Contact, question: ReplicaQuestion, answered: (answer: ReplicaAnswer | null) => void, slow?: () => void) => void;

export type ReplicationTimer = 'replica-push' | 'replica-lease' | 'replica-write';

/** What replication needs of a node. The port vouches for senders and shapes, and answers leave after the commit only. */
export interface ReplicationPort {
  readonly self: Contact;
  readonly crypto: Pick<Crypto, 'sha256'>;
  readonly store: StoreWriter;
  readonly monotonicMillis: MonotonicMillis;
  readonly wallMillis: WallMillis;
  /** Calls back once, never within this call, with null when there was no answer after all tries. */
  ask(to: Contact, question: ReplicaQuestion, answered: (answer: ReplicaAnswer | null) => void, slow?: () => void): void;
  /** `anew`: what was found a moment ago may not have been right. */
  lookup(key: string, done: (result: LookupResult) => void, anew?: boolean): void;
  /** The members after this one, nearest first. */
  successors(): readonly Contact[];
  /** What this member owns: (from, to], the whole circle when both are the same; null when it does not know, or is no member. */
  owned(): { readonly from: string; readonly to: string } | null;
  setTimer(kind: ReplicationTimer, delayMillis: number): void;
  /** A double in [0, 1). */
  fraction(): number;
  /** A copy was stored here that had not been, or an older one of which had. */
  taken?(replica: Replica): void;
  /** A holder gave out a value that is none of its kind or key: `reason` says what is wrong with it. */
  refusedFrom?(holder: Contact, reason: string): void;
  /** A copy was forgotten: it has expired, or others hold it. */
  dropped?(replica: Replica): void;
}

export interface ReplicationOptions {
  /** K: copies of each value. */
  readonly copies: number;
  /** R: how often an owner compares its range with its holders. */
  readonly pushMillis: number;
  /** Pause after a change of neighbours before the same. */
  readonly settleMillis: number;
  /** Copies whose owner has not been heard of for this long are offered to the present owner. */
  readonly leaseMillis: number;
  readonly leaseCheckMillis: number;
  readonly pageValuesMax: number;
  readonly pageBytesMax: number;
  /** Ranges with at most so many values are listed, larger ones split into `parts`. */
  readonly listedMax: number;
  readonly parts: number;
  /** Names in one offer. */
  readonly offeredMax: number;
  /** All values at one node. */
  readonly valuesMax: number;
  readonly bytesMax: number;
  /** First retry of a write that not all holders have, doubled up to the maximum. */
  readonly writeRetryMillis: number;
  readonly writeRetryMillisMax: number;
  readonly writeAttemptsMax: number;
  /** Values are kept this long beyond their time to live, so that clocks that differ do not fight. */
  readonly graceMillis: number;
}

export const REPLICATION_OPTIONS: ReplicationOptions = Object.freeze({
  copies: 4,
  pushMillis: 10_000,
  settleMillis: 60,
  leaseMillis: 30_000,
  leaseCheckMillis: 5_000,
  pageValuesMax: 64,
  pageBytesMax: 131_072,
  listedMax: 64,
  parts: 16,
  offeredMax: 128,
  valuesMax: 100_000,
  bytesMax: 256 * 1_048_576,
  writeRetryMillis: 500,
  writeRetryMillisMax: 8_000,
  writeAttemptsMax: 40,
  graceMillis: 60_000,
});
