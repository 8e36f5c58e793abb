import { concat, toHex } from '../bytes.ts';
import { type Inspected, inspectValue, type ValueKind } from './kinds.ts';
import { nameOf, type Replica, ReplicaIndex } from './replica-index.ts';
import type { Page, ReplicationOptions, ReplicationPort, Stored, TakeResult } from './replication-port.ts';
import { marksBy, type ValueMarks } from './value-marks.ts';

const TABLE = 'replicas';

const HELD: TakeResult = { result: 'held' };
const NEWER: TakeResult = { result: 'newer' };
const refused = (reason: string): TakeResult => ({ result: 'refused', reason });

/**
 * The copies that lie at this node.
 *
 * Invariants
 * D4 of two versions the winner stays, whatever the order in which they come; nothing newer is ever overwritten.
 * D6 no value is taken that its kind refuses, that has expired, or for which there is no room.
 */
export class Replicas {
  readonly index: ReplicaIndex;
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #kinds: ReadonlyMap<string, ValueKind>;
  readonly #marks: ValueMarks;

  constructor(port: ReplicationPort, options: ReplicationOptions, kinds: readonly ValueKind[]) {
    this.#port = port;
    this.#options = options;
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#marks = marksBy(port.crypto);
    this.index = new ReplicaIndex(port.crypto);
  }

  /** Takes in what the store has from earlier runs. */
  load(): void {
    for (const [name, value] of this.#port.store.scan<Stored>(TABLE)) {
      const inspected = this.inspect(value);
      if (typeof inspected === 'string' || nameOf(inspected.key, value.kind, inspected.id) !== name) this.#port.store.delete(TABLE, name);
      else this.index.set(this.describe(value, inspected));
    }
  }

  inspect(value: Stored): Inspected | string {
    const kind = this.#kinds.get(value.kind);
    return kind === undefined ? 'unknown kind' : inspectValue(kind, value.bytes);
  }

  describe(value: Stored, about: Inspected): Replica {
    const { name, hash, version } = this.#marks.of(value, about);
    return { name, kind: value.kind, about, size: value.bytes.length, hash, version, renewedMillis: this.#port.monotonicMillis };
  }

  /** Positive when a wins over b. The order is total, and the same everywhere. */
  compare(a: Replica, b: Replica): number {
    const own = this.#kinds.get(a.kind)?.compare?.(a.about, b.about) ?? 0;
    if (own !== 0) return own;
    return (
      a.about.sequence - b.about.sequence || Number(a.about.deleted) - Number(b.about.deleted) || (a.version < b.version ? -1 : a.version > b.version ? 1 : 0)
    );
  }

  /**
   * Stores a value if it wins over what lies here. Writers meet the quotas of the kind; holders among each other have
   * double the room, since values that were accepted at several holders at once must not be lost where they meet.
   */
  take(value: Stored, from: 'writer' | 'holder'): TakeResult {
    const about = this.inspect(value);
    if (typeof about === 'string') return refused(about);
    if (this.#expired(about)) return refused('expired');
    if (this.#livesTooLong(value.kind, about)) return refused('wants to be kept for too long');
    const replica = this.describe(value, about);
    const present = this.index.get(replica.name);
    if (present !== undefined) {
      const order = this.compare(replica, present);
      if (order === 0) return HELD;
      if (order < 0) return NEWER;
    }
    // Who is in may change what is theirs; who only left a tombstone is not in.
    const comesIn = present === undefined || present.about.deleted;
    const unwanted = from === 'writer' && comesIn ? this.#notAdmitted(replica) : null;
    if (unwanted !== null) return refused(unwanted);
    const full = this.#noRoom(replica, present, from === 'writer' ? 1 : 2);
    if (full !== null) return refused(full);
    if (present !== undefined) replica.renewedMillis = present.renewedMillis;
    this.#port.store.put(TABLE, replica.name, { kind: value.kind, bytes: value.bytes });
    this.index.set(replica);
    this.#port.taken?.(replica);
    return HELD;
  }

  #noRoom(replica: Replica, present: Replica | undefined, factor: number): string | null {
    const kind = this.#kinds.get(replica.kind) as ValueKind;
    const { valuesMax, bytesMax } = this.#options;
    if (present === undefined && this.index.count >= valuesMax) return 'this node is full';
    if (this.index.bytes + replica.size - (present?.size ?? 0) > bytesMax) return 'this node is full';
    // What takes the place of an older version needs no room of the key, so nobody can keep owners from changing or deleting theirs.
    if (present !== undefined) return null;
    const others = this.index.ofKey(replica.about.key, replica.kind);
    const { tombstonesPerKeyMax } = kind;
    if (tombstonesPerKeyMax !== undefined && replica.about.deleted)
      return others.filter((other) => other.about.deleted).length >= tombstonesPerKeyMax * factor ? 'the key has too many tombstones' : null;
    const counted = tombstonesPerKeyMax === undefined ? others : others.filter((other) => !other.about.deleted);
    const ofAuthor = counted.filter((other) => other.about.author === replica.about.author);
    const bytes = replica.size + bytesOf(counted);
    if (counted.length >= kind.valuesPerKeyMax * factor || bytes > kind.bytesPerKeyMax * factor) return 'the key is full';
    const bytesPerAuthorMax = kind.bytesPerAuthorMax ?? kind.bytesPerKeyMax;
    const authorFull = ofAuthor.length >= kind.valuesPerAuthorMax * factor || replica.size + bytesOf(ofAuthor) > bytesPerAuthorMax * factor;
    return authorFull ? 'the author has too many values under this key' : null;
  }

  #livesTooLong(kind: string, about: Inspected): boolean {
    const max = this.#kinds.get(kind)?.timeToLiveMillisMax;
    if (max === undefined) return false;
    return about.expiresMillis === null || about.expiresMillis - this.#port.wallMillis > max + this.#options.graceMillis;
  }

  #notAdmitted(replica: Replica): string | null {
    const kind = this.#kinds.get(replica.kind) as ValueKind;
    if (kind.admits === undefined) return null;
    const beside = this.index.ofKey(replica.about.key, replica.kind).filter((other) => other.name !== replica.name);
    return kind.admits(
      replica.about,
      beside.map((other) => other.about),
    );
  }

  #expired(about: Inspected): boolean {
    return about.expiresMillis !== null && about.expiresMillis + this.#options.graceMillis < this.#port.wallMillis;
  }

  /** The value behind an entry of the index. */
  read(replica: Replica): Stored | undefined {
    return this.#port.store.get<Stored>(TABLE, replica.name);
  }

  /** Forgets a copy. D2: only for what has expired, or what all who should hold it have confirmed. */
  drop(replica: Replica): void {
    this.index.delete(replica.name);
    this.#port.store.delete(TABLE, replica.name);
    this.#port.dropped?.(replica);
  }

  dropExpired(): void {
    for (const replica of this.index.all().filter((each) => this.#expired(each.about))) this.drop(replica);
  }

  /** As many of the replicas as go into one page, from the first on; at least one. `taken` says how many that is. */
  page(replicas: readonly Replica[]): { readonly page: Page; readonly taken: number } {
    const values: Stored[] = [];
    let bytes = 0;
    let taken = 0;
    for (const replica of replicas) {
      if (values.length > 0 && (values.length >= this.#options.pageValuesMax || bytes + replica.size > this.#options.pageBytesMax)) break;
      taken += 1;
      const value = this.read(replica);
      if (value === undefined) continue;
      values.push(value);
      bytes += replica.size;
    }
    return { page: { values, hash: this.pageHash(values) }, taken };
  }

  /** Over the bytes as they are, so that it also covers values that this node would refuse. */
  pageHash(values: readonly Stored[]): string {
    const { crypto } = this.#port;
    return toHex(crypto.sha256(concat(...values.map((value) => this.#marks.hashOf(value)))));
  }
}

function bytesOf(replicas: readonly Replica[]): number {
  let sum = 0;
  for (const replica of replicas) sum += replica.size;
  return sum;
}
