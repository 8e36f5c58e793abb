import { between, type Contact, owns } from '../ring/circle.ts';
import type { Inspected, ValueKind } from './kinds.ts';
import { type Listing, Listings } from './listings.ts';
import { type ReadPlace, type ReadResult, Reads, type ReadValue } from './reads.ts';
import type { Replica } from './replica-index.ts';
import { Replicas } from './replicas.ts';
import {
  type Ask,
  type Page,
  type RangeDigest,
  REPLICATION_OPTIONS,
  type ReplicaAnswer,
  type ReplicaQuestion,
  type ReplicationOptions,
  type ReplicationPort,
  type ReplicationTimer,
  type Stored,
  type TakeResult,
} from './replication-port.ts';
import { Transfer } from './transfer.ts';
import { Upkeep } from './upkeep.ts';
import { type WriteProgress, Writes } from './writes.ts';

/**
 * Keyed values on the ring: each on the owner of its key and the K-1 members after it.
 *
 * Invariants
 * D1 when it is quiet, the owner and the K-1 members after it hold every value (Upkeep).
 * D2 no copy is dropped before K others are confirmed (Upkeep).
 * D3 what was acknowledged by a majority outlives the death of fewer than K neighbours within the time of a repair (Writes, Upkeep).
 * D4 copies merge, the winner being the same everywhere; a tombstone is a value like others (Replicas).
 * D5 no copy is orphaned (Upkeep). D6 quotas and times to live hold (Replicas).
 */
export class Replication {
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #replicas: Replicas;
  readonly #upkeep: Upkeep;
  readonly #writes: Writes;
  readonly #reads: Reads;
  readonly #listings: Listings;

  constructor(port: ReplicationPort, kinds: readonly ValueKind[], options: Partial<ReplicationOptions> = {}) {
    this.#port = port;
    this.#options = Object.freeze({ ...REPLICATION_OPTIONS, ...options });
    this.#replicas = new Replicas(port, this.#options, kinds);
    const parts = { port, options: this.#options, replicas: this.#replicas, transfer: new Transfer(port, this.#options, this.#replicas) };
    this.#upkeep = new Upkeep(parts);
    const ask: Ask = (to, question, answered, slow) => this.#askOrAnswer(to, question, answered, slow);
    this.#writes = new Writes(port, this.#options, ask);
    this.#reads = new Reads(parts, ask);
    this.#listings = new Listings(parts, ask);
  }

  /** Copies that lie here, in the order of the ring. */
  get copies(): readonly Replica[] {
    return this.#replicas.index.all();
  }

  /** The value of a copy that lies here. */
  read(copy: Replica): Stored | undefined {
    return this.#replicas.read(copy);
  }

  /** The copy of that name (replica-index.ts) that lies here. */
  copy(name: string): Replica | undefined {
    return this.#replicas.index.get(name);
  }

  /** What a value says of itself, or why no holder would take it. */
  inspect(value: Stored): Inspected | string {
    return this.#replicas.inspect(value);
  }

  start(): void {
    this.#replicas.load();
    this.#upkeep.start();
  }

  timer(kind: ReplicationTimer): void {
    switch (kind) {
      case 'replica-push':
        return this.#upkeep.pushTimer();
      case 'replica-lease':
        return this.#upkeep.leaseTimer();
      case 'replica-write':
        return this.#writes.timer();
    }
  }

  /** Successors, predecessor or membership have changed. */
  ringChanged(): void {
    this.#upkeep.ringChanged();
  }

  /** Writes a value to its holders; a tombstone is written the same way. `progress` is called until it has said a last word. */
  put(value: Stored, progress: (progress: WriteProgress) => void): void {
    const about = this.#replicas.inspect(value);
    if (typeof about === 'string') return progress({ state: 'refused', reason: about });
    this.#writes.put(value, about, progress);
  }

  /** All values of a kind under a key, and who gave them. Calls back once. */
  get(where: { readonly key: string; readonly kind: string; readonly early: boolean }, done: (result: ReadResult) => void): void {
    this.#reads.get(where, done);
  }

  /** The values of a kind under a key that are no tombstones, each holder's as soon as it answers. Repairs nothing. */
  collect(where: ReadPlace, each: (from: Contact, values: readonly ReadValue[]) => void, done: (holders: readonly Contact[]) => void): void {
    this.#reads.collect(where, each, done);
  }

  /** The same from one holder whom we know to have some. */
  collectFrom(holder: Contact, where: ReadPlace, done: (values: readonly ReadValue[] | null) => void): void {
    this.#reads.collectFrom(holder, where, done);
  }

  /** What has become of a few values, by their ids: the winner of each that anybody has, tombstones too. Calls back once. */
  find(where: ReadPlace & { readonly ids: readonly string[] }, done: (result: ReadResult) => void): void {
    this.#reads.find(where, done);
  }

  /** What is not known yet of a key with many values: see Listings. */
  list(
    where: ReadPlace,
    known: (name: string, version: string) => boolean,
    each: (value: ReadValue, version: string) => void,
    done: (listing: Listing) => void,
  ): void {
    this.#listings.read(where, known, each, done);
  }

  /** Whether a value lies here under the key. `live`: one that is no tombstone. */
  has(key: string, kind: string, live: boolean): boolean {
    return this.#replicas.index.ofKey(key, kind).some((replica) => !(live && replica.about.deleted));
  }

  /** Whether copies of a kind lie here at all. */
  holds(kind: string): boolean {
    return this.#replicas.index.holds(kind);
  }

  /** A write was begun that a majority does not hold yet. */
  get writing(): boolean {
    return this.#writes.writing;
  }

  /** Before leaving in order: waits for writes under way, and makes sure that the K members after us have what we own. Calls back with how many of them do. */
  handOver(done: (complete: number) => void): void {
    this.#writes.whenHeld(() => this.#upkeep.pushOwn(this.#options.copies, false, done));
  }

  /** We may be among the holders ourselves. */
  #askOrAnswer(to: Contact, question: ReplicaQuestion, answered: (answer: ReplicaAnswer | null) => void, slow?: () => void): void {
    if (to.id === this.#port.self.id) answered(this.answer(to, question));
    else this.#port.ask(to, question, answered, slow);
  }

  // --- being asked ---

  answer(from: Contact, question: ReplicaQuestion): ReplicaAnswer {
    switch (question.ask) {
      case 'digest':
        return this.#digest(from, question);
      case 'push':
        return this.#push(question.page);
      case 'fetch':
        return this.#fetch(question.names);
      case 'offer':
        return {
          answer: 'wanted',
          names: question.items.filter(([name, version]) => this.#replicas.index.get(name)?.version !== version).map(([name]) => name),
        };
      case 'put':
        return this.#put(question.value);
      case 'read':
        return this.#read(question);
    }
  }

  #put(value: Stored): ReplicaAnswer {
    const owned = this.#port.owned();
    if (owned === null && this.#port.successors().length === 0) return { answer: 'outside' };
    const taken: TakeResult = this.#replicas.take(value, 'writer');
    const about = this.#replicas.inspect(value);
    const owner = owned !== null && typeof about !== 'string' && (owned.from === owned.to || owns(owned.from, about.key, owned.to));
    return { answer: 'put', taken, owner };
  }

  #digest(from: Contact, question: Extract<ReplicaQuestion, { ask: 'digest' }>): ReplicaAnswer {
    const replicas = this.#replicas.index.range(question.from, question.range.to);
    const own = this.#replicas.index.digestOf(replicas, question.range.to);
    if (own.count === question.range.count && own.fingerprint === question.range.fingerprint) {
      if (question.lease) this.#renew(from, replicas);
      return { answer: 'same' };
    }
    if (replicas.length <= this.#options.listedMax) {
      if (question.lease) this.#renew(from, replicas);
      return { answer: 'items', items: replicas.map((replica) => [replica.name, replica.version] as const) };
    }
    return { answer: 'parts', parts: this.#parts(replicas, question.range.to) };
  }

  /** Only an owner can renew a lease; whoever lies behind us on the way from the key does not own it. */
  #renew(owner: Contact, replicas: readonly Replica[]): void {
    const { self, monotonicMillis } = this.#port;
    for (const replica of replicas) if (!between(replica.about.key, self.id, owner.id)) replica.renewedMillis = monotonicMillis;
  }

  #parts(replicas: readonly Replica[], end: string): RangeDigest[] {
    const size = Math.ceil(replicas.length / this.#options.parts);
    const parts: RangeDigest[] = [];
    for (let at = 0; at < replicas.length; at += size) {
      const part = replicas.slice(at, at + size);
      const last = at + size >= replicas.length;
      parts.push(this.#replicas.index.digestOf(part, last ? end : (part.at(-1) as Replica).name));
    }
    return parts;
  }

  #push(page: Page): ReplicaAnswer {
    // A torn page is not answered with its hash, so the sender knows that it did not arrive.
    const hash = this.#replicas.pageHash(page.values);
    if (hash !== page.hash) return { answer: 'taken', hash, results: [] };
    return { answer: 'taken', hash, results: page.values.map((value) => this.#replicas.take(value, 'holder')) };
  }

  #fetch(names: readonly string[]): ReplicaAnswer {
    const asked = names.slice(0, this.#options.pageValuesMax);
    const replicas = asked.map((name) => this.#replicas.index.get(name)).filter((replica) => replica !== undefined);
    const { page, taken } = this.#replicas.page(replicas);
    return { answer: 'page', page, more: replicas[taken]?.name ?? null };
  }

  #read(question: Extract<ReplicaQuestion, { ask: 'read' }>): ReplicaAnswer {
    const { key, kind, after, live } = question;
    const asked = (replica: Replica): boolean => (after === null || replica.about.id > after) && !(live && replica.about.deleted);
    const replicas = this.#replicas.index.ofKey(key, kind).filter(asked);
    const sorted = replicas.sort((a, b) => (a.about.id < b.about.id ? -1 : 1));
    const { page, taken } = this.#replicas.page(sorted);
    return { answer: 'page', page, more: taken < sorted.length ? (sorted[taken - 1] as Replica).about.id : null };
  }
}
