import type { Codec, Crypto, Random, StoreWriter } from '../capabilities.ts';
import type { ServiceResult } from '../env.ts';
import { ConfabError } from '../errors.ts';
import type { RecordBodies, RecordTools, SignedRecord } from '../records.ts';
import { anything, bytes, hexId, integer, list, misfit, record, type Shape, text } from '../shape.ts';
import { AnswerBudget } from './answer-budget.ts';
import type { SeedCalls, SeedOperation } from './seed-api.ts';
import { SeedLive } from './seed-live.ts';
import { SEED_OPTIONS, type SeedOptions } from './seed-options.ts';
import { type SeedNow, SeedRecords } from './seed-records.ts';
import type { FactRow, NameRow, NodeRow, PrekeysRow, PresenceRow, UserRow, VaultRow } from './seed-rows.ts';
import { VAULT_NONCE_BYTES, vaultChallengeBytes } from './vault-challenge.ts';
import { VaultGuard } from './vault-guard.ts';

export { SEED_TABLES } from './seed-rows.ts';
export type { SeedNow };

export interface SeedDirectoryParts {
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
  /** Holds the tables of SEED_TABLES; committed by whoever calls, before an answer to `publish` leaves. */
  readonly store: StoreWriter;
  readonly options?: Partial<SeedOptions>;
}

/** For administrators and for the expectations of scenarios; names in alphabetical order. */
export interface SeedSummary {
  readonly users: readonly string[];
  readonly online: readonly string[];
  readonly vaults: number;
  readonly facts: number;
  readonly nodes: number;
}

const name = text(1, 32, /^[a-z0-9][a-z0-9._-]*$/);

/** What the body of each call must look like. */
function bodyShapes(options: SeedOptions): Readonly<Record<SeedOperation, Shape>> {
  return {
    publish: record({ records: list(anything, options.publishRecordsMax) }),
    nodes: record({ limit: integer(1) }),
    user: record({ name }),
    users: record({ after: text(0, 32), limit: integer(1) }),
    state: record({ userId: hexId }),
    challenge: record({ name }),
    vault: record({ name, nonce: bytes(VAULT_NONCE_BYTES), signature: bytes(64) }),
  };
}

/**
 * The rules of the seed server without server: the HTTP service and the simulator call the same object.
 * It knows public records and vaults that only a password opens; no password and no hash of one ever gets here.
 *
 * Invariants
 * 1. Whatever is asked, nothing but a store that fails makes `call` throw.
 * 2. Only `publish` writes.
 */
export class SeedDirectory {
  readonly #parts: SeedDirectoryParts;
  readonly #tools: RecordTools;
  readonly #options: SeedOptions;
  readonly #shapes: Readonly<Record<SeedOperation, Shape>>;
  readonly #guard: VaultGuard;
  #live = new SeedLive();
  #records: SeedRecords | null = null;

  constructor(parts: SeedDirectoryParts) {
    this.#parts = parts;
    this.#tools = { crypto: parts.crypto, codec: parts.codec };
    this.#options = Object.freeze({ ...SEED_OPTIONS, ...parts.options });
    this.#shapes = bodyShapes(this.#options);
    this.#guard = new VaultGuard(this.#options);
  }

  /**
   * Answers one call with a `SeedCalls[operation]['result']` or a code of the error table.
   * `now` is this server's own time; its monotonic part must not go back between calls of one object.
   */
  call(operation: SeedOperation, body: unknown, now: SeedNow): ServiceResult {
    const shape = Object.hasOwn(this.#shapes, operation) ? this.#shapes[operation] : undefined;
    if (shape === undefined) return { ok: false, code: 'bad-request', details: { reason: `there is no call ${operation}` } };
    const wrong = misfit(shape, body, operation);
    if (wrong !== null) return refusalOfShape(wrong, body);
    try {
      return { ok: true, value: this.#answer(operation, body, now) };
    } catch (error) {
      // Of a store that fails the caller must hear, since its open transaction has to be rolled back.
      if (error instanceof ConfabError && error.code !== 'store-failed') return { ok: false, code: error.code, details: error.details };
      throw error;
    }
  }

  /** Forgets all that is not in the store and reads it anew: after a commit that failed. */
  reload(): void {
    this.#records = null;
    this.#live = new SeedLive();
  }

  summary(now: SeedNow): SeedSummary {
    this.#at(now);
    const users: string[] = [];
    const online: string[] = [];
    for (const [key, row] of this.#parts.store.scan<NameRow>('names')) {
      if (row.deleted) continue;
      users.push(key);
      if (this.#live.isOnline(row.userId)) online.push(key);
    }
    return { users, online, vaults: this.#parts.store.count('vaults'), facts: this.#parts.store.count('facts'), nodes: this.#live.nodeCount };
  }

  /** The same in numbers, without walking through all users. */
  counts(now: SeedNow): { users: number; online: number; vaults: number; facts: number; nodes: number } {
    const records = this.#at(now);
    return {
      users: records.activeUsers,
      online: this.#live.online,
      vaults: this.#parts.store.count('vaults'),
      facts: this.#parts.store.count('facts'),
      nodes: this.#live.nodeCount,
    };
  }

  #answer(operation: SeedOperation, body: unknown, now: SeedNow): SeedCalls[SeedOperation]['result'] {
    this.#at(now);
    switch (operation) {
      case 'publish':
        return this.#publish(body as SeedCalls['publish']['body'], now);
      case 'nodes':
        return this.#nodes(body as SeedCalls['nodes']['body']);
      case 'user':
        return this.#user(body as SeedCalls['user']['body']);
      case 'users':
        return this.#users(body as SeedCalls['users']['body'], now);
      case 'state':
        return this.#state(body as SeedCalls['state']['body']);
      case 'challenge':
        return this.#challenge(body as SeedCalls['challenge']['body'], now);
      case 'vault':
        return this.#vault(body as SeedCalls['vault']['body'], now);
    }
  }

  /** Brings the volatile side up to date. */
  #at(now: SeedNow): SeedRecords {
    this.#records ??= new SeedRecords({ tools: this.#tools, store: this.#parts.store, options: this.#options, live: this.#live, now });
    this.#live.expire(now.monotonicMillis);
    return this.#records;
  }

  #publish({ records }: SeedCalls['publish']['body'], now: SeedNow): SeedCalls['publish']['result'] {
    const keeper = this.#at(now);
    return { results: records.map((signed) => keeper.accept(signed, now)) };
  }

  #nodes({ limit }: SeedCalls['nodes']['body']): SeedCalls['nodes']['result'] {
    const budget = new AnswerBudget(this.#options.answerBytesMax);
    for (const nodeId of this.#live.sample(this.#parts.random, Math.min(limit, this.#options.nodesPageMax))) {
      budget.add(this.#parts.store.get<NodeRow>('nodes', nodeId)?.signed);
    }
    return { records: budget.records, total: this.#live.nodeCount };
  }

  #user(body: SeedCalls['user']['body']): SeedCalls['user']['result'] {
    const holder = this.#parts.store.get<NameRow>('names', body.name);
    const budget = new AnswerBudget(this.#options.answerBytesMax);
    if (holder !== undefined) this.#addUser(budget, holder.userId);
    return { records: budget.records };
  }

  #users({ after, limit }: SeedCalls['users']['body'], now: SeedNow): SeedCalls['users']['result'] {
    const page = Math.min(limit, this.#options.usersPageMax);
    const rows = this.#parts.store.scan<NameRow>('names', { from: after === '' ? '' : `${after}\0`, limit: page + 1 });
    const budget = new AnswerBudget(this.#options.answerBytesMax);
    let last = after;
    let taken = 0;
    for (const [key, row] of rows.slice(0, page)) {
      this.#addUser(budget, row.userId);
      // One that fitted in part comes again on the next page; the first one counts all the same, so that every page makes headway.
      if (taken > 0 && budget.isFull) break;
      last = key;
      taken += 1;
    }
    const total = this.#at(now).activeUsers;
    return { records: budget.records, next: taken < rows.length ? last : null, total, online: this.#live.online };
  }

  /**
   * The facts by the user come first, then the answers to them, then those of others; after the facts the public
   * records of whoever occurs in them. What does not fit is left out: nodes get it from peers and by look-ups.
   */
  #state({ userId }: SeedCalls['state']['body']): SeedCalls['state']['result'] {
    const { store } = this.#parts;
    const max = this.#options.factsPerUserMax;
    const budget = new AnswerBudget(this.#options.answerBytesMax);
    this.#addUser(budget, userId);
    const counterparts = new Set<string>();
    for (const [key, row] of store.scan<FactRow>('facts', { prefix: `${userId}/`, limit: max })) {
      counterparts.add(key.slice(userId.length + 1));
      budget.add(row.signed);
    }
    for (const author of counterparts) budget.add(store.get<FactRow>('facts', `${author}/${userId}`)?.signed);
    for (const [key] of store.scan('subjects', { prefix: `${userId}/`, limit: max })) {
      const author = key.slice(userId.length + 1);
      if (counterparts.has(author)) continue;
      counterparts.add(author);
      budget.add(store.get<FactRow>('facts', `${author}/${userId}`)?.signed);
    }
    for (const counterpart of counterparts) {
      if (budget.isFull) break;
      this.#addUser(budget, counterpart);
    }
    return { records: budget.records };
  }

  /** The record, the presence, the prekeys and the live nodes of a user; of a deleted one the tombstone. */
  #addUser(budget: AnswerBudget, userId: string): void {
    const { store } = this.#parts;
    budget.add(store.get<UserRow>('users', userId)?.signed);
    if (this.#live.hasPresence(userId)) budget.add(store.get<PresenceRow>('presence', userId)?.signed);
    budget.add(store.get<PrekeysRow>('prekeys', userId)?.signed);
    for (const nodeId of this.#records?.nodesOf(userId) ?? []) {
      if (this.#live.isLive(nodeId)) budget.add(store.get<NodeRow>('nodes', nodeId)?.signed);
    }
  }

  #challenge(body: SeedCalls['challenge']['body'], now: SeedNow): SeedCalls['challenge']['result'] {
    this.#vaultOwner(body.name, now);
    const nonce = this.#parts.random.bytes(VAULT_NONCE_BYTES);
    this.#guard.give(body.name, nonce, now.monotonicMillis);
    return { nonce };
  }

  #vault(body: SeedCalls['vault']['body'], now: SeedNow): SeedCalls['vault']['result'] {
    const { userId, user } = this.#vaultOwner(body.name, now);
    if (!this.#guard.take(body.name, body.nonce, now.monotonicMillis)) throw new ConfabError('bad-challenge', { name: body.name });
    if (!this.#parts.crypto.verify(user.authenticationKey, vaultChallengeBytes(body.name, body.nonce), body.signature)) {
      this.#guard.wrong(body.name, now.monotonicMillis);
      throw new ConfabError('bad-challenge', { name: body.name });
    }
    this.#guard.right(body.name);
    const row = this.#parts.store.get<VaultRow>('vaults', userId);
    if (row === undefined) throw new ConfabError('not-found', { what: `The vault of ${body.name}` });
    return { vault: this.#vaultOf(row.signed) };
  }

  #vaultOwner(owner: string, now: SeedNow): { userId: string; user: UserRow } {
    const holder = this.#parts.store.get<NameRow>('names', owner);
    const user = holder?.deleted === false ? this.#parts.store.get<UserRow>('users', holder.userId) : undefined;
    if (holder === undefined || user === undefined) throw new ConfabError('unknown-user', { name: owner });
    const seconds = this.#guard.pauseSeconds(owner, now.monotonicMillis);
    if (seconds > 0) throw new ConfabError('rate-limited', { seconds });
    return { userId: holder.userId, user };
  }

  #vaultOf(signed: SignedRecord): Uint8Array {
    const parts = this.#tools.codec.decode(signed.bytes) as unknown[];
    return (parts[5] as RecordBodies['vault']).vault;
  }
}

function refusalOfShape(wrong: string, body: unknown): ServiceResult {
  const given = typeof body === 'object' && body !== null ? (body as { name?: unknown }).name : undefined;
  if (typeof given === 'string' && misfit(name, given) !== null) return { ok: false, code: 'bad-name', details: { name: given.slice(0, 64) } };
  return { ok: false, code: 'bad-request', details: { reason: wrong } };
}
