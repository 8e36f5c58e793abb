import { sameBytes } from '../bytes.ts';
import type { StoreWriter } from '../capabilities.ts';
import type { ErrorCode } from '../errors.ts';
import { idOfKey, type RecordTools, type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';
import { decodeVault } from '../session/vault.ts';
import type { MonotonicMillis, UserId, WallMillis } from '../types.ts';
import type { SeedLive } from './seed-live.ts';
import type { SeedOptions } from './seed-options.ts';
import type { FactRow, NameRow, NodeRow, PrekeysRow, PresenceRow, UserRow, VaultRow } from './seed-rows.ts';

export interface SeedNow {
  readonly monotonicMillis: MonotonicMillis;
  readonly wallMillis: WallMillis;
}

/** `accepted` says that this record, or the very same one before, is kept. */
export type Verdict = { readonly accepted: true } | { readonly accepted: false; readonly code: ErrorCode; readonly reason: string };

const ACCEPTED: Verdict = { accepted: true };
const STALE = refused('stale-record', 'a record with the same or a higher sequence is stored');
const DELETED = refused('stale-record', 'that account was deleted');

function refused(code: ErrorCode, reason: string): Verdict {
  return { accepted: false, code, reason };
}

/**
 * Decides which signed records are kept, and keeps them.
 *
 * Invariants
 * 1. Nothing is kept that its author did not sign, and of each (type, author) - facts: (author, subject) - only the
 *    highest sequence seen; of presence and prekeys, the claim of the session decides first. So records may come late, twice and in any order, and the same set ends in the same state; but a vault that
 *    comes after the record of a newer password is refused.
 * 2. A name belongs to the first key that registered it until that key signs a tombstone.
 * 3. Of a deleted user only the tombstone is kept, which keeps older records from coming back.
 * 4. Everything but users belongs to a user who is known and not deleted, and is bounded per user.
 */
export class SeedRecords {
  readonly #tools: RecordTools;
  readonly #store: StoreWriter;
  readonly #options: SeedOptions;
  readonly #live: SeedLive;
  readonly #nodesOf = new Map<string, Set<string>>();
  #activeUsers = 0;

  /** Reads what is stored; arrivals before a restart keep the time they had left by this server's wall clock. */
  constructor(parts: { tools: RecordTools; store: StoreWriter; options: SeedOptions; live: SeedLive; now: SeedNow }) {
    this.#tools = parts.tools;
    this.#store = parts.store;
    this.#options = parts.options;
    this.#live = parts.live;
    for (const [, row] of this.#store.scan<NameRow>('names')) if (!row.deleted) this.#activeUsers += 1;
    this.#readNodes(parts.now);
    this.#readPresence(parts.now);
  }

  /** Users that are not deleted. */
  get activeUsers(): number {
    return this.#activeUsers;
  }

  /** Ids of the nodes whose announcements are kept for a user, live or not. */
  nodesOf(userId: string): Iterable<string> {
    return this.#nodesOf.get(userId) ?? [];
  }

  accept(signed: SignedRecord, now: SeedNow): Verdict {
    if (typeof signed !== 'object' || signed === null) return refused('bad-record', 'record: not a record');
    const record = verifyRecord(this.#tools, signed);
    if (typeof record === 'string') return refused('bad-record', record);
    if (record.wallMillis > now.wallMillis + this.#options.clockAheadMillisMax) return refused('bad-record', 'its stamp lies in the future');
    switch (record.type) {
      case 'user':
        return this.#acceptUser(record);
      case 'node':
        return this.#acceptNode(record, now);
      case 'presence':
        return this.#acceptPresence(record, now);
      case 'fact':
        return this.#acceptFact(record);
      case 'vault':
        return this.#acceptVault(record);
      case 'prekeys':
        return this.#acceptPrekeys(record);
    }
  }

  #acceptUser(record: VerifiedRecord<'user'>): Verdict {
    const { name, deleted, authenticationKey } = record.body;
    const stored = this.#store.get<UserRow>('users', record.authorId);
    const old = judgeSequence(stored, record);
    if (old !== null) return old;
    if (stored !== undefined && stored.name !== name) return refused('bad-record', 'a user cannot change names');
    const holder = this.#store.get<NameRow>('names', name);
    const foreign = holder !== undefined && holder.userId !== record.authorId;
    if (!deleted && foreign && !holder.deleted) return refused('name-taken', `${name} belongs to another key`);
    if (stored === undefined && this.#store.count('users') >= this.#options.usersMax) return refused('store-failed', 'no room for more users');
    const row: UserRow = { name, sequence: record.sequence, deleted, authenticationKey, signed: record.signed };
    this.#store.put('users', record.authorId, row);
    if (!deleted || !foreign) this.#putName(name, holder, { userId: record.authorId, deleted });
    if (deleted) this.#forget(record.authorId);
    return ACCEPTED;
  }

  #putName(name: string, before: NameRow | undefined, after: NameRow): void {
    this.#store.put('names', name, after);
    this.#activeUsers += (after.deleted ? 0 : 1) - (before !== undefined && !before.deleted ? 1 : 0);
  }

  #acceptNode(record: VerifiedRecord<'node'>, now: SeedNow): Verdict {
    const { certificate, gone } = record.body;
    if (certificate === null) return refused('bad-record', 'a node without a certificate');
    const userId = idOfKey(this.#tools.crypto, certificate.userKey);
    const user = this.#owner(userId);
    if ('accepted' in user) return user;
    if (user.name !== certificate.name) return refused('bad-record', 'the certificate is for another name');
    const stored = this.#store.get<NodeRow>('nodes', record.authorId);
    const old = judgeSequence(stored, record);
    if (old !== null && !isSignOfLife(old, record, now, this.#options.announceTtlMillis)) return old;
    if (old === null && !this.#makeRoomForNode(userId, record, stored)) return refused('stale-record', 'newer nodes of this user fill the list');
    if (stored !== undefined && stored.userId !== userId) this.#dropNode(record.authorId, stored.userId);
    const row: NodeRow = {
      userId,
      sequence: record.sequence,
      stampMillis: record.wallMillis,
      gone,
      arrivedMillis: now.wallMillis,
      signed: record.signed,
    };
    this.#store.put('nodes', record.authorId, row);
    this.#indexNode(record.authorId, userId);
    if (gone) this.#live.retire(record.authorId);
    else this.#live.announce(record.authorId, userId, now.monotonicMillis + this.#options.announceTtlMillis);
    return ACCEPTED;
  }

  /** The kept ones are those with the newest stamps, ties broken by id, so that the order of arrival does not matter. */
  #makeRoomForNode(userId: UserId, record: VerifiedRecord<'node'>, stored: NodeRow | undefined): boolean {
    const ids = this.#nodesOf.get(userId);
    if (ids === undefined || ids.size < this.#options.nodesPerUserMax || stored?.userId === userId) return true;
    let oldest = { id: record.authorId, stampMillis: record.wallMillis };
    for (const id of ids) {
      const stampMillis = this.#store.get<NodeRow>('nodes', id)?.stampMillis ?? 0;
      if (stampMillis < oldest.stampMillis || (stampMillis === oldest.stampMillis && id < oldest.id)) oldest = { id, stampMillis };
    }
    if (oldest.id === record.authorId) return false;
    this.#dropNode(oldest.id, userId);
    return true;
  }

  #acceptPresence(record: VerifiedRecord<'presence'>, now: SeedNow): Verdict {
    const user = this.#owner(record.authorId);
    if ('accepted' in user) return user;
    const stored = this.#store.get<PresenceRow>('presence', record.authorId);
    const rank = stored === undefined ? 0 : this.#rankOfClaim(record, stored);
    if (rank < 0) return STALE;
    const old = rank > 0 ? null : judgeSequence(stored, record);
    if (old !== null && !isSignOfLife(old, record, now, this.#options.presenceTtlMillis)) return old;
    const { presence } = record.body;
    const row: PresenceRow = { sequence: record.sequence, presence, arrivedMillis: now.wallMillis, signed: record.signed };
    this.#store.put('presence', record.authorId, row);
    this.#live.present(record.authorId, presence !== 'offline', now.monotonicMillis + this.#options.presenceTtlMillis);
    return ACCEPTED;
  }

  /** Above zero: another session of the user has taken over from the one that is stored, whatever the sequence numbers say. */
  #rankOfClaim(record: VerifiedRecord<'presence'> | VerifiedRecord<'prekeys'>, stored: PresenceRow | PrekeysRow): number {
    const known = verifyRecord(this.#tools, stored.signed);
    return typeof known === 'string' || !('claimedMillis' in known.body) ? 1 : compareClaims(record.body, known.body);
  }

  #acceptPrekeys(record: VerifiedRecord<'prekeys'>): Verdict {
    const user = this.#owner(record.authorId);
    if ('accepted' in user) return user;
    const stored = this.#store.get<PrekeysRow>('prekeys', record.authorId);
    const rank = stored === undefined ? 0 : this.#rankOfClaim(record, stored);
    if (rank < 0) return STALE;
    const old = rank > 0 ? null : judgeSequence(stored, record);
    if (old !== null) return old;
    this.#store.put('prekeys', record.authorId, { sequence: record.sequence, signed: record.signed } satisfies PrekeysRow);
    return ACCEPTED;
  }

  #acceptFact(record: VerifiedRecord<'fact'>): Verdict {
    const { subject } = record.body;
    const user = this.#owner(record.authorId);
    if ('accepted' in user) return user;
    if (subject === record.authorId) return refused('bad-record', 'a fact about oneself');
    // The subject may have registered while this server was down; only a deleted one is refused.
    if (this.#store.get<UserRow>('users', subject)?.deleted === true) return DELETED;
    const key = `${record.authorId}/${subject}`;
    const stored = this.#store.get<FactRow>('facts', key);
    const old = judgeSequence(stored, record);
    if (old !== null) return old;
    if (stored === undefined && this.#factsAreFull(record.authorId)) return refused('store-failed', 'no room for more friend facts of this user');
    const row: FactRow = { sequence: record.sequence, signed: record.signed };
    this.#store.put('facts', key, row);
    if (stored === undefined) this.#store.put('subjects', `${subject}/${record.authorId}`, true);
    return ACCEPTED;
  }

  #factsAreFull(authorId: string): boolean {
    const max = this.#options.factsPerUserMax;
    return this.#store.scan('facts', { prefix: `${authorId}/`, limit: max }).length >= max;
  }

  #acceptVault(record: VerifiedRecord<'vault'>): Verdict {
    const user = this.#owner(record.authorId);
    if ('accepted' in user) return user;
    if (user.name !== record.body.name) return refused('bad-record', "the vault bears another user's name");
    if (this.#isOfAnotherPassword(user, record)) return refused('stale-record', 'the vault is locked by a password that is not the present one');
    const old = judgeSequence(this.#store.get<VaultRow>('vaults', record.authorId), record);
    if (old !== null) return old;
    const row: VaultRow = { sequence: record.sequence, signed: record.signed };
    this.#store.put('vaults', record.authorId, row);
    return ACCEPTED;
  }

  /** A node that has not heard of the new password yet would put its own vault in the place of the one that opens with it. */
  #isOfAnotherPassword(user: UserRow, record: VerifiedRecord<'vault'>): boolean {
    const vault = decodeVault(this.#tools, record.body.vault);
    const known = verifyRecord(this.#tools, user.signed);
    return vault !== null && typeof known !== 'string' && known.type === 'user' && !sameBytes(vault.salt, known.body.salt);
  }

  /** The user to whom something belongs, or why nothing can belong to them. */
  #owner(userId: string): UserRow | Verdict {
    const user = this.#store.get<UserRow>('users', userId);
    if (user === undefined) return refused('unknown-user', `nobody with the id ${userId} is registered here`);
    return user.deleted ? DELETED : user;
  }

  /** Takes away all that was kept for a user beside the user record itself. */
  #forget(userId: string): void {
    this.#store.delete('vaults', userId);
    this.#store.delete('presence', userId);
    this.#store.delete('prekeys', userId);
    this.#live.absent(userId);
    for (const nodeId of this.nodesOf(userId)) this.#dropNode(nodeId, userId);
    for (const [key] of this.#store.scan('facts', { prefix: `${userId}/` })) this.#dropFact(userId, key.slice(userId.length + 1));
    for (const [key] of this.#store.scan('subjects', { prefix: `${userId}/` })) this.#dropFact(key.slice(userId.length + 1), userId);
  }

  #dropFact(author: string, subject: string): void {
    this.#store.delete('facts', `${author}/${subject}`);
    this.#store.delete('subjects', `${subject}/${author}`);
  }

  #dropNode(nodeId: string, userId: string): void {
    this.#store.delete('nodes', nodeId);
    this.#live.retire(nodeId);
    const ids = this.#nodesOf.get(userId);
    ids?.delete(nodeId);
    if (ids?.size === 0) this.#nodesOf.delete(userId);
  }

  #indexNode(nodeId: string, userId: string): void {
    const ids = this.#nodesOf.get(userId);
    if (ids === undefined) this.#nodesOf.set(userId, new Set([nodeId]));
    else ids.add(nodeId);
  }

  #readNodes(now: SeedNow): void {
    const rows = this.#store.scan<NodeRow>('nodes');
    for (const [nodeId, row] of rows) this.#indexNode(nodeId, row.userId);
    for (const { key, row, leftMillis } of stillFresh(rows, now, this.#options.announceTtlMillis)) {
      if (!row.gone) this.#live.announce(key, row.userId, now.monotonicMillis + leftMillis);
    }
  }

  #readPresence(now: SeedNow): void {
    const rows = this.#store.scan<PresenceRow>('presence');
    for (const { key, row, leftMillis } of stillFresh(rows, now, this.#options.presenceTtlMillis)) {
      this.#live.present(key, row.presence !== 'offline', now.monotonicMillis + leftMillis);
    }
  }
}

/** Null when the record is newer than what is stored. The very same record once more is fine: its sender missed the answer. */
function judgeSequence(stored: { readonly sequence: number; readonly signed: SignedRecord } | undefined, record: VerifiedRecord): Verdict | null {
  if (stored === undefined || record.sequence > stored.sequence) return null;
  const same = record.sequence === stored.sequence && sameBytes(stored.signed.bytes, record.signed.bytes);
  return same ? ACCEPTED : STALE;
}

/**
 * The very same announcement once more prolongs its stay only while its own stamp is young: nodes publish again when this
 * server comes back, but whoever copied a record must not be able to keep its author listed for ever.
 */
function isSignOfLife(old: Verdict, record: VerifiedRecord, now: SeedNow, ttlMillis: number): boolean {
  return old.accepted && now.wallMillis - record.wallMillis < ttlMillis;
}

/** Rows that arrived less than `ttlMillis` ago, oldest first; a wall clock that went back makes nothing live longer. */
function stillFresh<Row extends { readonly arrivedMillis: WallMillis }>(rows: ReadonlyArray<readonly [string, Row]>, now: SeedNow, ttlMillis: number) {
  return rows
    .map(([key, row]) => ({ key, row, leftMillis: Math.min(ttlMillis, row.arrivedMillis + ttlMillis - now.wallMillis) }))
    .filter(({ leftMillis }) => leftMillis > 0)
    .sort((a, b) => a.leftMillis - b.leftMillis);
}
