import type { Crypto, StoreWriter } from '../capabilities.ts';
import type { RoomEventId, RoomId } from './room-commands.ts';
import { fromHex } from './room-event.ts';

/** Depths that one bucket spans. */
export const BUCKET_DEPTHS = 32;
const BUCKET_DIGITS = 7;
const PRINT_BYTES = 8;
const SUM_BYTES = 32;

interface Bucket {
  /** Sum of the ids modulo 2^256, least significant byte first. */
  readonly sum: Uint8Array;
  readonly count: number;
}

const EMPTY: Bucket = { sum: new Uint8Array(SUM_BYTES), count: 0 };

/**
 * Fingerprints of a room's events, by ranges of depth: two members that hold different sets find the few ranges in which they
 * differ (range-based set reconciliation; Meyer, 2022). A fingerprint is the beginning of SHA-256 over the sum and the count of
 * the ids, so that nobody can choose events that cancel each other out.
 */
export class Buckets {
  readonly #store: StoreWriter;
  readonly #crypto: Pick<Crypto, 'sha256'>;
  readonly #room: RoomId;
  #buckets: Bucket[] | null = null;
  readonly #dirty = new Set<number>();

  constructor(store: StoreWriter, crypto: Pick<Crypto, 'sha256'>, room: RoomId) {
    this.#store = store;
    this.#crypto = crypto;
    this.#room = room;
  }

  #all(): Bucket[] {
    if (this.#buckets === null) {
      this.#buckets = [];
      for (const [key, bucket] of this.#store.scan<Bucket>('roomBuckets', { prefix: `${this.#room}/` })) {
        this.#put(Number.parseInt(key.slice(this.#room.length + 1), 10), bucket);
      }
    }
    return this.#buckets;
  }

  #put(index: number, bucket: Bucket): void {
    const buckets = this.#buckets as Bucket[];
    while (buckets.length <= index) buckets.push(EMPTY);
    buckets[index] = bucket;
  }

  get length(): number {
    return this.#all().length;
  }

  add(depth: number, id: RoomEventId): void {
    const index = Math.floor(depth / BUCKET_DEPTHS);
    const { sum, count } = this.#all()[index] ?? EMPTY;
    this.#put(index, { sum: added(sum, fromHex(id)), count: count + 1 });
    this.#dirty.add(index);
  }

  /** Writes what changed in this turn. */
  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const index of this.#dirty) this.#store.put('roomBuckets', `${this.#room}/${String(index).padStart(BUCKET_DIGITS, '0')}`, this.#all()[index]);
    this.#dirty.clear();
  }

  /** Fingerprints of the buckets from this one on, 8 bytes each, one after the other. */
  prints(from: number): Uint8Array {
    const buckets = this.#all();
    const prints = new Uint8Array(Math.max(0, buckets.length - from) * PRINT_BYTES);
    for (let index = from; index < buckets.length; index += 1) prints.set(this.#print(buckets[index] as Bucket), (index - from) * PRINT_BYTES);
    return prints;
  }

  /** One fingerprint of everything before this bucket. */
  before(to: number): Uint8Array {
    let whole = EMPTY;
    for (const bucket of this.#all().slice(0, to)) whole = { sum: added(whole.sum, bucket.sum), count: whole.count + bucket.count };
    return this.#print(whole);
  }

  /** Buckets from `from` on whose fingerprints differ from these, lowest first. */
  differing(from: number, theirs: Uint8Array): number[] {
    const mine = this.prints(from);
    const found: number[] = [];
    const empty = this.#print(EMPTY);
    for (let index = 0; index < Math.max(mine.length, theirs.length) / PRINT_BYTES; index += 1) {
      const at = index * PRINT_BYTES;
      for (let byte = 0; byte < PRINT_BYTES; byte += 1) {
        const other = empty[byte] as number;
        if ((mine[at + byte] ?? other) === (theirs[at + byte] ?? other)) continue;
        found.push(from + index);
        break;
      }
    }
    return found;
  }

  #print({ sum, count }: Bucket): Uint8Array {
    const bytes = new Uint8Array(SUM_BYTES + 4);
    bytes.set(sum);
    for (let at = 0; at < 4; at += 1) bytes[SUM_BYTES + at] = (count >>> (at * 8)) & 255;
    return this.#crypto.sha256(bytes).subarray(0, PRINT_BYTES);
  }
}

function added(a: Uint8Array, b: Uint8Array): Uint8Array {
  const sum = new Uint8Array(SUM_BYTES);
  let carry = 0;
  for (let at = 0; at < SUM_BYTES; at += 1) {
    const digit = (a[at] as number) + (b[at] as number) + carry;
    sum[at] = digit & 255;
    carry = digit >> 8;
  }
  return sum;
}
