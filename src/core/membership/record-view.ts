import type { Parts } from '../parts.ts';
import { type AnyVerifiedRecord, idOfKey, type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import type { NodeId, UserId } from '../types.ts';
import type { Person } from './person.ts';
import { hashOf } from './record-marks.ts';
import { StoredRecords } from './stored-records.ts';
import { isYounger, supersedes } from './supersedes.ts';

export type PutOutcome = 'new' | 'newer' | 'old' | 'refused';

const ALL_PINNED_MILLIS = 1_000;
/** Nodes of one user that are known, and of nobody: such records can be made up without end, and each is news to everybody. */
const NODES_OF_USER_MAX = 32;
const NODES_OF_NOBODY_MAX = 256;

/** What others are told when a record came in. */
export interface ViewHooks {
  changed(record: AnyVerifiedRecord, outcome: 'new' | 'newer'): void;
  /** People whose records are never evicted: ourselves, friends, those we wait for. */
  pinned(userId: UserId): boolean;
}

/** How long the knowledge that the network is above full membership holds, ms. */
export const CROWD_MILLIS = 60_000;

/**
 * The signed public records that this node knows, in memory and in its store.
 *
 * Invariants
 * 1. Of each (type, author) only the record with the greatest sequence number is kept; a tombstone stays.
 *    Of presence, the claim of the session decides before the sequence number.
 * 2. A name belongs to the identity key that was created first (`createdMillis`, then the smaller id); a deleted one is free.
 * 3. Of a user's nodes, and of those that are nobody's, so many are kept, those with the youngest records.
 * 4. Up to `fullMembershipUsers` users everyone's records are kept, above that ours, the pinned and `otherRecordsMax` others.
 */
export class RecordView {
  readonly #parts: Parts;
  readonly #hooks: ViewHooks;
  /** The longest known first. */
  readonly #people = new Map<UserId, Person>();
  /** The same, each once, in no order that means anything. */
  readonly #list: Person[] = [];
  readonly #names = new Map<string, UserId>();
  readonly #nodes = new Map<NodeId, VerifiedRecord<'node'>>();
  /** Those that are nobody's. */
  readonly #ownerless = new Set<NodeId>();
  #users = 0;
  #liveUsers = 0;
  #presences = 0;
  /** When a stranger last had to make room for another. */
  #crowdedMillis = Number.NEGATIVE_INFINITY;
  /** Until then there is nobody to make room but who comes in. */
  #allPinnedUntilMillis = Number.NEGATIVE_INFINITY;
  #hash: Uint8Array | null = null;
  readonly stored: StoredRecords;

  constructor(parts: Parts, hooks: ViewHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.stored = new StoredRecords(parts);
  }

  /** Reads what an earlier run of this node knew. */
  load(): void {
    const { env } = this.#parts;
    for (const [, signed] of env.store.scan<SignedRecord>('records')) {
      const record = verifyRecord(env, signed);
      if (typeof record !== 'string') this.#place(record);
    }
  }

  /** Takes in a record from anybody. */
  put(signed: SignedRecord): PutOutcome {
    const { env, options } = this.#parts;
    const record = verifyRecord(env, signed);
    if (typeof record === 'string') {
      this.#parts.count('recordsRefused');
      if (env.tracing) env.trace({ type: 'drop', peer: 'unknown', reason: record });
      return 'refused';
    }
    if (record.type === 'fact' || record.type === 'vault') return 'refused';
    if (record.wallMillis > env.wallMillis + options.clockAheadMillisMax) {
      this.#parts.count('recordsAhead');
      return 'refused';
    }
    const known = this.known(record);
    if (known !== undefined && !supersedes(record, known)) return 'old';
    if (record.type === 'presence' && this.isDeleted(record.authorId as UserId)) return 'old';
    if (record.type === 'prekeys' && this.user(record.authorId as UserId) === null) return 'old';
    if (record.type === 'node' && this.#supersededBy(record)) return 'old';
    if (record.type === 'user' && !this.#mayHaveName(record)) {
      this.#parts.count('nameConflicts');
      return 'refused';
    }
    const outcome = known === undefined ? 'new' : 'newer';
    this.#place(record);
    if (this.known(record) !== record) return 'old';
    this.stored.put(record, known);
    this.#hooks.changed(record, outcome);
    this.#evict(record.authorId as UserId);
    return outcome;
  }

  /** What is kept of the same author and type. */
  known(record: AnyVerifiedRecord): AnyVerifiedRecord | undefined {
    switch (record.type) {
      case 'user':
        return this.#people.get(record.authorId as UserId)?.user ?? undefined;
      case 'node':
        return this.#nodes.get(record.authorId as NodeId);
      case 'presence':
        return this.presenceOf(record.authorId as UserId);
      case 'prekeys':
        return this.prekeysOf(record.authorId as UserId);
      case 'fact':
      case 'vault':
        return undefined;
    }
  }

  #person(id: UserId): Person {
    let person = this.#people.get(id);
    if (person === undefined) {
      person = { id, place: this.#list.length, user: null, nodes: NO_NODES, presence: null, prekeys: null };
      this.#people.set(id, person);
      this.#list.push(person);
    }
    return person;
  }

  #mayHaveName(record: VerifiedRecord<'user'>): boolean {
    if (record.body.deleted) return true;
    const holderId = this.#names.get(record.body.name);
    if (holderId === undefined || holderId === record.authorId) return true;
    const holder = this.user(holderId);
    if (holder === null) return true;
    const earlier = record.body.createdMillis - holder.body.createdMillis || (record.authorId < holderId ? -1 : 1);
    return earlier < 0;
  }

  /** One node a user and label: a new folder of the same name replaces the lost one. Says whether a newer one is known. */
  #supersededBy(record: VerifiedRecord<'node'>): boolean {
    const owner = ownerOf(this.#parts, record);
    if (owner === null) return false;
    if (this.isDeleted(owner)) return true;
    for (const id of this.nodesOf(owner)) {
      const other = this.#nodes.get(id);
      if (other === undefined || id === record.authorId || other.body.label !== record.body.label) continue;
      if (isYounger(other, record)) return true;
      this.#removeNode(id);
      const person = this.#person(owner);
      person.nodes = person.nodes.filter((each) => each !== id);
    }
    return false;
  }

  #place(record: AnyVerifiedRecord): void {
    this.#hash = null;
    switch (record.type) {
      case 'user':
        return this.#placeUser(record);
      case 'node':
        return this.#placeNode(record);
      case 'presence': {
        const person = this.#person(record.authorId as UserId);
        if (person.presence === null) this.#presences += 1;
        person.presence = record;
        return;
      }
      case 'prekeys':
        this.#person(record.authorId as UserId).prekeys = record;
        return;
      case 'fact':
      case 'vault':
        return;
    }
  }

  #placeNode(record: VerifiedRecord<'node'>): void {
    const id = record.authorId as NodeId;
    this.#nodes.set(id, record);
    this.#ownerless.delete(id);
    const owner = ownerOf(this.#parts, record);
    if (owner === null) {
      this.#ownerless.add(id);
      if (this.#ownerless.size > NODES_OF_NOBODY_MAX) this.#removeNode(this.#oldestOf([...this.#ownerless]));
      return;
    }
    const person = this.#person(owner);
    if (person.nodes.includes(id)) return;
    person.nodes = person.nodes.concat(id);
    if (person.nodes.length <= NODES_OF_USER_MAX) return;
    const oldest = this.#oldestOf(person.nodes);
    this.#removeNode(oldest);
    person.nodes = person.nodes.filter((each) => each !== oldest);
  }

  /** By its record, so that all who know the same keep the same. */
  #oldestOf(ids: readonly NodeId[]): NodeId {
    return ids.reduce((one, other) => (isYounger(this.#nodes.get(one), this.#nodes.get(other)) ? other : one));
  }

  #placeUser(record: VerifiedRecord<'user'>): void {
    const id = record.authorId as UserId;
    const person = this.#person(id);
    const before = person.user;
    if (before === null) this.#users += 1;
    else if (!before.body.deleted) this.#liveUsers -= 1;
    person.user = record;
    if (record.body.deleted) {
      if (before !== null && this.#names.get(before.body.name) === id) this.#names.delete(before.body.name);
      this.#stripPerson(id, person);
      return;
    }
    this.#liveUsers += 1;
    const holder = this.#names.get(record.body.name);
    if (holder !== undefined && holder !== id) this.forgetUser(holder);
    this.#names.set(record.body.name, id);
  }

  #removeNode(id: NodeId): void {
    this.#nodes.delete(id);
    this.#ownerless.delete(id);
    this.stored.delete(`node/${id}`);
    this.#hash = null;
  }

  /** Drops all but the record of the user. */
  #stripPerson(id: UserId, person: Person): void {
    for (const node of person.nodes) this.#removeNode(node);
    if (person.presence !== null) {
      this.#presences -= 1;
      this.stored.delete(`presence/${id}`);
    }
    if (person.prekeys !== null) this.stored.delete(`prekeys/${id}`);
    person.nodes = NO_NODES;
    person.presence = null;
    person.prekeys = null;
  }

  /** Drops all that is known of a user. */
  forgetUser(id: UserId): void {
    const person = this.#people.get(id);
    if (person === undefined) return;
    const { user } = person;
    if (user !== null) {
      this.#users -= 1;
      if (!user.body.deleted) this.#liveUsers -= 1;
      if (this.#names.get(user.body.name) === id) this.#names.delete(user.body.name);
      this.stored.delete(`user/${id}`);
    }
    this.#stripPerson(id, person);
    this.#people.delete(id);
    const last = this.#list.pop() as Person;
    if (last !== person) this.#put(person.place, last);
    this.#hash = null;
  }

  /** Above full membership the longest known strangers make room. `latest`: whose record came in just now. */
  #evict(latest: UserId): void {
    const { env, options } = this.#parts;
    let excess = this.#people.size - Math.max(options.fullMembershipUsers, options.otherRecordsMax);
    if (excess <= 0) return;
    this.#crowdedMillis = env.monotonicMillis;
    // The members of a large room alone may be more than that: they are not looked through for each record.
    if (env.monotonicMillis < this.#allPinnedUntilMillis) {
      if (!this.#hooks.pinned(latest)) this.forgetUser(latest);
      return;
    }
    for (const id of this.#people.keys()) {
      if (excess <= 0) return;
      if (this.#hooks.pinned(id)) continue;
      this.forgetUser(id);
      excess -= 1;
    }
    if (excess > 0) this.#allPinnedUntilMillis = env.monotonicMillis + ALL_PINNED_MILLIS;
  }

  /**
   * Few enough users that everyone knows everyone. Whoever had to make room lately knows of too many, however few it keeps:
   * if it took itself for one that knows everybody, each comparison would bring again what the one before had pushed out.
   */
  get full(): boolean {
    return this.#liveUsers <= this.#parts.options.fullMembershipUsers && !this.makesRoom;
  }

  /** As many are known as may be: somebody had to make room for another lately. */
  get makesRoom(): boolean {
    return this.#parts.env.monotonicMillis - this.#crowdedMillis < CROWD_MILLIS;
  }

  get userCount(): number {
    return this.#liveUsers;
  }

  get recordCount(): number {
    return this.#users + this.#nodes.size + this.#presences;
  }

  /** Null for the unknown and the deleted. */
  userNamed(name: string): VerifiedRecord<'user'> | null {
    const id = this.#names.get(name);
    return id === undefined ? null : this.user(id);
  }

  user(id: UserId): VerifiedRecord<'user'> | null {
    const record = this.#people.get(id)?.user ?? null;
    return record === null || record.body.deleted ? null : record;
  }

  users(): Array<VerifiedRecord<'user'>> {
    const found: Array<VerifiedRecord<'user'>> = [];
    for (const { user } of this.#people.values()) if (user !== null && !user.body.deleted) found.push(user);
    return found;
  }

  /** Up to `count` users, each once, drawn evenly (the first steps of a shuffle, Fisher and Yates, 1938). */
  sample(count: number): UserId[] {
    const list = this.#list;
    const chosen: UserId[] = [];
    for (let drawn = 0; drawn < list.length && chosen.length < count; drawn += 1) {
      const at = drawn + Math.floor(this.#parts.env.random.fraction() * (list.length - drawn));
      const person = list[at] as Person;
      this.#put(at, list[drawn] as Person);
      this.#put(drawn, person);
      if (person.user !== null && !person.user.body.deleted) chosen.push(person.id);
    }
    return chosen;
  }

  #put(place: number, person: Person): void {
    this.#list[place] = person;
    person.place = place;
  }

  isDeleted(id: UserId): boolean {
    return this.#people.get(id)?.user?.body.deleted ?? false;
  }

  node(id: NodeId): VerifiedRecord<'node'> | undefined {
    return this.#nodes.get(id);
  }

  nodes(): IterableIterator<VerifiedRecord<'node'>> {
    return this.#nodes.values();
  }

  /** Replaced as a whole when it changes, so whoever walks it may change the view. */
  nodesOf(id: UserId): readonly NodeId[] {
    return this.#people.get(id)?.nodes ?? NO_NODES;
  }

  presenceOf(id: UserId): VerifiedRecord<'presence'> | undefined {
    return this.#people.get(id)?.presence ?? undefined;
  }

  prekeysOf(id: UserId): VerifiedRecord<'prekeys'> | undefined {
    return this.#people.get(id)?.prekeys ?? undefined;
  }

  /** All records of one user: identity, nodes, presence, prekeys. */
  recordsOf(id: UserId): SignedRecord[] {
    const person = this.#people.get(id);
    if (person === undefined) return [];
    const found: SignedRecord[] = [];
    if (person.user !== null) found.push(person.user.signed);
    for (const node of person.nodes) {
      const record = this.#nodes.get(node);
      if (record !== undefined) found.push(record.signed);
    }
    if (person.presence !== null) found.push(person.presence.signed);
    if (person.prekeys !== null) found.push(person.prekeys.signed);
    return found;
  }

  all(): AnyVerifiedRecord[] {
    const found: AnyVerifiedRecord[] = [];
    for (const { user } of this.#people.values()) if (user !== null) found.push(user);
    for (const node of this.#nodes.values()) found.push(node);
    for (const { presence } of this.#people.values()) if (presence !== null) found.push(presence);
    return found;
  }

  /** Over key and sequence of all records: equal at two nodes when they know the same. The exclusive or of one hash a record, so that no order matters. */
  hash(): Uint8Array {
    if (this.#hash !== null) return this.#hash;
    this.#hash = hashOf(this.#parts.env.crypto, this.all());
    return this.#hash;
  }
}

const NO_NODES: readonly NodeId[] = [];

/** The user to whom a node's certificate says it belongs. */
export function ownerOf(parts: Parts, node: VerifiedRecord<'node'>): UserId | null {
  const certificate = node.body.certificate;
  return certificate === null ? null : idOfKey(parts.env.crypto, certificate.userKey);
}
