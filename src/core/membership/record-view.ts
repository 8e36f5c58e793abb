import { utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import type { Parts } from '../parts.ts';
import { type AnyVerifiedRecord, idOfKey, type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';
import type { NodeId, UserId } from '../types.ts';

export type PutOutcome = 'new' | 'newer' | 'old' | 'refused';

/** What others are told when a record came in. */
export interface ViewHooks {
  changed(record: AnyVerifiedRecord, outcome: 'new' | 'newer'): void;
  /** People whose records are never evicted: ourselves, friends, those we wait for. */
  pinned(userId: UserId): boolean;
}

/** How long the knowledge that the network is above full membership holds, ms. */
export const CROWD_MILLIS = 60_000;

/** Types that are gossiped and kept in the view. */
type ViewType = 'user' | 'node' | 'presence';
const TYPE_BYTES: Readonly<Record<ViewType, number>> = { user: 1, node: 2, presence: 3 };

/**
 * The signed public records that this node knows, in memory and in its store.
 *
 * Invariants
 * 1. Of each (type, author) only the record with the greatest sequence number is kept; a tombstone stays.
 *    Of presence, the claim of the session decides before the sequence number.
 * 2. A name belongs to the identity key that was created first (`createdMillis`, then the smaller id); a deleted one is free.
 * 3. Up to `fullMembershipUsers` users everyone's records are kept, above that ours, the pinned and `otherRecordsMax` others.
 */
export class RecordView {
  readonly #parts: Parts;
  readonly #hooks: ViewHooks;
  readonly #users = new Map<UserId, VerifiedRecord<'user'>>();
  readonly #names = new Map<string, UserId>();
  readonly #nodes = new Map<NodeId, VerifiedRecord<'node'>>();
  readonly #nodesOf = new Map<UserId, Set<NodeId>>();
  readonly #presence = new Map<UserId, VerifiedRecord<'presence'>>();
  /** Not gossiped: whoever wants to write to somebody has them from a hello, a look-up, the ring or the seed server. */
  readonly #prekeys = new Map<UserId, VerifiedRecord<'prekeys'>>();
  #liveUsers = 0;
  /** When a stranger last had to make room for another. */
  #crowdedMillis = Number.NEGATIVE_INFINITY;
  #hash: Uint8Array | null = null;

  constructor(parts: Parts, hooks: ViewHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
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
    env.store.put('records', keyOf(record), record.signed);
    this.#hooks.changed(record, outcome);
    this.#evict();
    return outcome;
  }

  /** What is kept of the same author and type. */
  known(record: AnyVerifiedRecord): AnyVerifiedRecord | undefined {
    switch (record.type) {
      case 'user':
        return this.#users.get(record.authorId as UserId);
      case 'node':
        return this.#nodes.get(record.authorId as NodeId);
      case 'presence':
        return this.#presence.get(record.authorId as UserId);
      case 'prekeys':
        return this.#prekeys.get(record.authorId as UserId);
      case 'fact':
      case 'vault':
        return undefined;
    }
  }

  #mayHaveName(record: VerifiedRecord<'user'>): boolean {
    if (record.body.deleted) return true;
    const holderId = this.#names.get(record.body.name);
    if (holderId === undefined || holderId === record.authorId) return true;
    const holder = this.#users.get(holderId);
    if (holder === undefined || holder.body.deleted) return true;
    const earlier = record.body.createdMillis - holder.body.createdMillis || (record.authorId < holderId ? -1 : 1);
    return earlier < 0;
  }

  /** One node a user and label: a new folder of the same name replaces the lost one. Says whether a newer one is known. */
  #supersededBy(record: VerifiedRecord<'node'>): boolean {
    const owner = ownerOf(this.#parts, record);
    if (owner === null) return false;
    if (this.isDeleted(owner)) return true;
    for (const id of Array.from(this.nodesOf(owner))) {
      const other = this.#nodes.get(id);
      if (other === undefined || id === record.authorId || other.body.label !== record.body.label) continue;
      if (other.wallMillis > record.wallMillis) return true;
      this.#removeNode(id);
      this.#nodesOf.get(owner)?.delete(id);
    }
    return false;
  }

  #place(record: AnyVerifiedRecord): void {
    this.#hash = null;
    switch (record.type) {
      case 'user':
        return this.#placeUser(record);
      case 'node': {
        this.#nodes.set(record.authorId as NodeId, record);
        const owner = ownerOf(this.#parts, record);
        if (owner === null) return;
        const nodes = this.#nodesOf.get(owner);
        if (nodes === undefined) this.#nodesOf.set(owner, new Set([record.authorId as NodeId]));
        else nodes.add(record.authorId as NodeId);
        return;
      }
      case 'presence':
        this.#presence.set(record.authorId as UserId, record);
        return;
      case 'prekeys':
        this.#prekeys.set(record.authorId as UserId, record);
        return;
      case 'fact':
      case 'vault':
        return;
    }
  }

  #placeUser(record: VerifiedRecord<'user'>): void {
    const id = record.authorId as UserId;
    const before = this.#users.get(id);
    if (before !== undefined && !before.body.deleted) this.#liveUsers -= 1;
    this.#users.set(id, record);
    if (record.body.deleted) {
      if (before !== undefined && this.#names.get(before.body.name) === id) this.#names.delete(before.body.name);
      for (const node of this.#nodesOf.get(id) ?? []) this.#removeNode(node);
      if (this.#presence.delete(id)) this.#parts.env.store.delete('records', `presence/${id}`);
      if (this.#prekeys.delete(id)) this.#parts.env.store.delete('records', `prekeys/${id}`);
      return;
    }
    this.#liveUsers += 1;
    const holder = this.#names.get(record.body.name);
    if (holder !== undefined && holder !== id) this.forgetUser(holder);
    this.#names.set(record.body.name, id);
  }

  #removeNode(id: NodeId): void {
    this.#nodes.delete(id);
    this.#parts.env.store.delete('records', `node/${id}`);
    this.#hash = null;
  }

  /** Drops all that is known of a user. */
  forgetUser(id: UserId): void {
    const { store } = this.#parts.env;
    const user = this.#users.get(id);
    if (user !== undefined) {
      if (!user.body.deleted) this.#liveUsers -= 1;
      if (this.#names.get(user.body.name) === id) this.#names.delete(user.body.name);
      this.#users.delete(id);
      store.delete('records', `user/${id}`);
    }
    for (const node of this.#nodesOf.get(id) ?? []) this.#removeNode(node);
    this.#nodesOf.delete(id);
    if (this.#presence.delete(id)) store.delete('records', `presence/${id}`);
    if (this.#prekeys.delete(id)) store.delete('records', `prekeys/${id}`);
    this.#hash = null;
  }

  /** Above full membership the longest known strangers make room. */
  #evict(): void {
    const { options } = this.#parts;
    let excess = this.#users.size - Math.max(options.fullMembershipUsers, options.otherRecordsMax);
    if (excess <= 0) return;
    this.#crowdedMillis = this.#parts.env.monotonicMillis;
    for (const id of this.#users.keys()) {
      if (excess <= 0) return;
      if (this.#hooks.pinned(id)) continue;
      this.forgetUser(id);
      excess -= 1;
    }
  }

  /**
   * Few enough users that everyone knows everyone. Whoever had to make room lately knows of too many, however few it keeps:
   * if it took itself for one that knows everybody, each comparison would bring again what the one before had pushed out.
   */
  get full(): boolean {
    const { env, options } = this.#parts;
    return this.#liveUsers <= options.fullMembershipUsers && env.monotonicMillis - this.#crowdedMillis >= CROWD_MILLIS;
  }

  get userCount(): number {
    return this.#liveUsers;
  }

  get recordCount(): number {
    return this.#users.size + this.#nodes.size + this.#presence.size;
  }

  /** Null for the unknown and the deleted. */
  userNamed(name: string): VerifiedRecord<'user'> | null {
    const id = this.#names.get(name);
    return id === undefined ? null : this.user(id);
  }

  user(id: UserId): VerifiedRecord<'user'> | null {
    const record = this.#users.get(id);
    return record === undefined || record.body.deleted ? null : record;
  }

  users(): Array<VerifiedRecord<'user'>> {
    return [...this.#users.values()].filter((record) => !record.body.deleted);
  }

  isDeleted(id: UserId): boolean {
    return this.#users.get(id)?.body.deleted ?? false;
  }

  node(id: NodeId): VerifiedRecord<'node'> | undefined {
    return this.#nodes.get(id);
  }

  nodes(): IterableIterator<VerifiedRecord<'node'>> {
    return this.#nodes.values();
  }

  nodesOf(id: UserId): ReadonlySet<NodeId> {
    return this.#nodesOf.get(id) ?? EMPTY;
  }

  presenceOf(id: UserId): VerifiedRecord<'presence'> | undefined {
    return this.#presence.get(id);
  }

  prekeysOf(id: UserId): VerifiedRecord<'prekeys'> | undefined {
    return this.#prekeys.get(id);
  }

  /** All records of one user: identity, nodes, presence, prekeys. */
  recordsOf(id: UserId): SignedRecord[] {
    const found: SignedRecord[] = [];
    const user = this.#users.get(id);
    if (user !== undefined) found.push(user.signed);
    for (const node of this.nodesOf(id)) {
      const record = this.#nodes.get(node);
      if (record !== undefined) found.push(record.signed);
    }
    const presence = this.#presence.get(id);
    if (presence !== undefined) found.push(presence.signed);
    const prekeys = this.#prekeys.get(id);
    if (prekeys !== undefined) found.push(prekeys.signed);
    return found;
  }

  *all(): Generator<AnyVerifiedRecord> {
    yield* this.#users.values();
    yield* this.#nodes.values();
    yield* this.#presence.values();
  }

  /** Over key and sequence of all records: equal at two nodes when they know the same. The exclusive or of one hash a record, so that no order matters. */
  hash(): Uint8Array {
    if (this.#hash !== null) return this.#hash;
    const sum = new Uint32Array(FINGERPRINT_WORDS);
    for (const record of this.all()) {
      const words = fingerprint(this.#parts.env.crypto, record);
      for (let index = 0; index < FINGERPRINT_WORDS; index += 1) sum[index] = (sum[index] as number) ^ (words[index] as number);
    }
    const bytes = new Uint8Array(FINGERPRINT_WORDS * 4);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = (sum[index >> 2] as number) >>> (24 - 8 * (index & 3));
    this.#hash = bytes;
    return bytes;
  }
}

/** Of 32 bits. */
const FINGERPRINT_WORDS = 8;
const fingerprints = new WeakMap<AnyVerifiedRecord, Uint32Array>();

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

/** Whether a record takes the place of the known one of the same author and type. */
export function supersedes(record: AnyVerifiedRecord, known: AnyVerifiedRecord): boolean {
  const rank = isClaim(record) && isClaim(known) ? compareClaims(record.body, known.body) : 0;
  return rank === 0 ? record.sequence > known.sequence : rank > 0;
}

function isClaim(record: AnyVerifiedRecord): record is VerifiedRecord<'presence'> | VerifiedRecord<'prekeys'> {
  return record.type === 'presence' || record.type === 'prekeys';
}

const EMPTY: ReadonlySet<NodeId> = new Set();

/** The user to whom a node's certificate says it belongs. */
export function ownerOf(parts: Parts, node: VerifiedRecord<'node'>): UserId | null {
  const certificate = node.body.certificate;
  return certificate === null ? null : idOfKey(parts.env.crypto, certificate.userKey);
}

function keyOf(record: AnyVerifiedRecord): string {
  return `${record.type}/${record.authorId}`;
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
