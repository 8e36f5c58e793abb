import { sameBytes, toHex, utf8 } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import { framed, type SkippedKey } from './chain.ts';
import { canSeal, initiatorState, type RatchetState, ratchetOpen, ratchetSeal, responderState } from './double-ratchet.ts';
import type { RatchetPart } from './part.ts';
import type { Prekeys } from './prekeys.ts';
import { UNKNOWN_PREKEYS, UNKNOWN_SESSION, WasteBudget } from './waste-budget.ts';
import { initiate, type Party, respond } from './x3dh.ts';

/** A ratchet with somebody, as it is stored. */
export interface SecureSession {
  readonly id: Uint8Array;
  /** Where its two ends live: a session only seals at the store that it began in, and only towards the one it began with. */
  readonly ownHome: Uint8Array;
  readonly theirHome: Uint8Array;
  /** Begun by us. */
  readonly initiated: boolean;
  readonly binding: Uint8Array;
  readonly opening: RatchetPart['opening'];
  readonly ratchet: RatchetState;
  /** Keys that were passed over and are stored beside it. */
  readonly skipped: number;
  readonly bornMillis: number;
  readonly usedMillis: number;
}

interface StoredSkippedKey {
  readonly key: Uint8Array;
  readonly wallMillis: number;
}

const LABEL_PART = 'confab/ratchet-part/1';

/**
 * The pairwise ratchets of the logged-in user. Of each change the state is stored in the transaction of the turn: that of the
 * message that was sealed, or of the text that was opened, so that a crash can lose a key and never use one twice.
 *
 * Invariants
 * 1. A session seals only at the home it was begun at. What an earlier session of the user hands over opens here and seals nothing,
 *    so that two copies of one state never go on side by side.
 * 2. What does not open changes nothing: neither ratchets nor prekeys.
 * 3. When both begin at once, both sessions open, and the one begun by the smaller user id seals.
 * 4. What does not open costs bounded work, person by person (waste-budget.ts).
 * 5. At most `ratchetSessionsMax` sessions a person, `ratchetSkippedKeysMax` keys a session, for at most `ratchetSkippedMillis`.
 */
export class SecureSessions {
  readonly #parts: Parts;
  readonly #prekeys: Prekeys;
  readonly #peers = new Map<UserId, Map<string, SecureSession>>();
  readonly #dirty = new Set<string>();
  readonly #texts = new WeakMap<Uint8Array, string>();
  readonly #waste: WasteBudget;
  /** Told of people whose prekeys are missing. */
  readonly #wanted: (peer: UserId) => void;

  constructor(parts: Parts, prekeys: Prekeys, wanted: (peer: UserId) => void) {
    this.#wanted = wanted;
    this.#parts = parts;
    this.#prekeys = prekeys;
    this.#waste = new WasteBudget(parts);
  }

  close(): void {
    this.endTurn();
    this.#peers.clear();
    this.#waste.clear();
  }

  /** End of a turn: one row a session, however many messages. */
  endTurn(): void {
    if (this.#dirty.size === 0) return;
    for (const key of this.#dirty) {
      const session = this.#peers.get(key.slice(0, key.indexOf('/')) as UserId)?.get(key.slice(key.indexOf('/') + 1));
      if (session !== undefined) this.#parts.env.store.put('ratchets', key, session);
    }
    this.#dirty.clear();
  }

  #of(peer: UserId): Map<string, SecureSession> {
    let sessions = this.#peers.get(peer);
    if (sessions === undefined) {
      sessions = new Map();
      for (const [key, session] of this.#parts.env.store.scan<SecureSession>('ratchets', { prefix: `${peer}/` }))
        sessions.set(key.slice(peer.length + 1), session);
      this.#peers.set(peer, sessions);
    }
    return sessions;
  }

  /** Its id as text; the array of a session's id stays the same as its state changes. */
  #textOf(session: SecureSession): string {
    let text = this.#texts.get(session.id);
    if (text === undefined) {
      text = toHex(session.id);
      this.#texts.set(session.id, text);
    }
    return text;
  }

  #keep(peer: UserId, session: SecureSession): void {
    const id = this.#textOf(session);
    const sessions = this.#of(peer);
    sessions.set(id, session);
    this.#dirty.add(`${peer}/${id}`);
    this.#parts.turnWork.add(WORK.sessions);
    while (sessions.size > this.#parts.options.ratchetSessionsMax) {
      const oldest = [...sessions.values()].filter((each) => each !== session).reduce((a, b) => (b.usedMillis < a.usedMillis ? b : a));
      this.drop(peer, oldest.id);
    }
  }

  /** Forgets a session, with the keys that wait. */
  drop(peer: UserId, sessionId: Uint8Array): void {
    const { store } = this.#parts.env;
    const id = toHex(sessionId);
    this.#of(peer).delete(id);
    this.#dirty.delete(`${peer}/${id}`);
    store.delete('ratchets', `${peer}/${id}`);
    for (const [key] of store.scan('skippedKeys', { prefix: `${id}/` })) store.delete('skippedKeys', key);
  }

  dropAll(peer: UserId): void {
    for (const session of this.#of(peer).values()) this.drop(peer, session.id);
  }

  // --- sealing ---

  /**
   * Seals for somebody by their user record; null while no keys of theirs are known. `associated` is bound to it unseen.
   * To be called once for each message: what is returned is kept and sent as often as need be.
   */
  seal(to: VerifiedRecord<'user'>, plaintext: Uint8Array, associated: Uint8Array): RatchetPart | null {
    const { env } = this.#parts;
    const peer = to.authorId as UserId;
    const session = this.#sealing(peer) ?? this.#begin(to);
    if (session === null) return null;
    const { id, opening } = session;
    const sealed = ratchetSeal(env, session.ratchet, plaintext, partBytes(session, opening, associated));
    this.#keep(peer, { ...session, ratchet: sealed.state, usedMillis: Math.trunc(env.wallMillis) });
    return { session: id, opening, ...sealed.message };
  }

  #sealing(peer: UserId): SecureSession | null {
    const { view, session: own } = this.#parts;
    const home = view.prekeysOf(peer)?.body.home;
    const { ratchetChainMessagesMax } = this.#parts.options;
    const first = (own.userId ?? '') < peer;
    let best: SecureSession | null = null;
    for (const each of this.#of(peer).values()) {
      const isUsable =
        this.#prekeys.isOurHome(each.ownHome) &&
        canSeal(each.ratchet) &&
        (each.ratchet.sending?.counter ?? 0) < ratchetChainMessagesMax &&
        (home === undefined || sameBytes(each.theirHome, home));
      if (isUsable && (best === null || comesFirst(each, best, first))) best = each;
    }
    return best;
  }

  #begin(to: VerifiedRecord<'user'>): SecureSession | null {
    const { env, view } = this.#parts;
    const keys = view.prekeysOf(to.authorId as UserId);
    const me = this.#me();
    if (keys === undefined) this.#wanted(to.authorId as UserId);
    if (keys === undefined || me === null) return null;
    const them = { identity: to.author, sealingKey: to.body.sealingKey, home: keys.body.home };
    const agreed = initiate(env, me, them, keys.body);
    if (agreed === null) return null;
    this.#traceBegun(to.body.name, agreed.opening.oneTime >= 0 ? 'begun' : 'begun-without-one-time-key');
    const now = Math.trunc(env.wallMillis);
    return {
      id: agreed.sessionId,
      ownHome: me.home,
      theirHome: keys.body.home,
      initiated: true,
      binding: agreed.binding,
      opening: { ...agreed.opening, home: me.home },
      ratchet: initiatorState(agreed.secret, keys.body.signedKey),
      skipped: 0,
      bornMillis: now,
      usedMillis: now,
    };
  }

  #me(home = this.#prekeys.home): (Party & { readonly sealing: NonNullable<Parts['session']['open']>['sealing'] }) | null {
    const { open } = this.#parts.session;
    return open === null ? null : { identity: open.identity.publicKey, sealingKey: open.sealing.publicKey, sealing: open.sealing, home };
  }

  /** Whether `confirm` would change anything. */
  awaitsAnswer(peer: UserId): boolean {
    for (const session of this.#of(peer).values()) if (session.opening !== null) return true;
    return false;
  }

  /** They have something of this session: its messages need no opening any more. */
  confirm(peer: UserId, sessionId: Uint8Array): void {
    const session = this.#of(peer).get(toHex(sessionId));
    if (session !== undefined && session.opening !== null) this.#keep(peer, { ...session, opening: null });
  }

  // --- opening ---

  /** What somebody sealed for us, or why it does not open. Each part opens once. */
  open(from: VerifiedRecord<'user'>, part: RatchetPart, associated: Uint8Array): Uint8Array | string {
    const peer = from.authorId as UserId;
    if (this.#waste.isExhausted(peer)) return 'too many that did not open';
    const outcome = this.#tryOpen(from, part, associated);
    if (typeof outcome === 'string') this.#waste.add(peer, part, outcome);
    return outcome;
  }

  #tryOpen(from: VerifiedRecord<'user'>, part: RatchetPart, associated: Uint8Array): Uint8Array | string {
    const { env, options } = this.#parts;
    const peer = from.authorId as UserId;
    const known = this.#of(peer).get(toHex(part.session));
    const session = known ?? this.#answer(from, part);
    if (typeof session === 'string') return session;
    const id = toHex(session.id);
    const find = (chain: Uint8Array, counter: number): Uint8Array | undefined =>
      session.skipped === 0 ? undefined : env.store.get<StoredSkippedKey>('skippedKeys', skippedKey(id, chain, counter))?.key;
    const opened = ratchetOpen(env.crypto, session.ratchet, part, partBytes(session, part.opening, associated), find, options.ratchetSkipMax);
    if (typeof opened === 'string') return opened;
    const now = Math.trunc(env.wallMillis);
    if (known === undefined && part.opening !== null) {
      this.#prekeys.used(part.opening);
      this.#traceBegun(from.body.name, 'answered');
    }
    if (opened.spent) env.store.delete('skippedKeys', skippedKey(id, part.ratchetKey, part.counter));
    const skipped = session.skipped - (opened.spent ? 1 : 0) + this.#storeSkipped(id, session.skipped, opened.skipped);
    // Whoever answers a session that we began has it.
    this.#keep(peer, { ...session, ratchet: opened.state, skipped, opening: null, usedMillis: now });
    return opened.plaintext;
  }

  #answer(from: VerifiedRecord<'user'>, part: RatchetPart): SecureSession | string {
    const { env } = this.#parts;
    const { opening } = part;
    if (opening === null) return UNKNOWN_SESSION;
    const row = this.#prekeys.batch(opening.batch);
    const me = row === undefined ? null : this.#me(row.home);
    if (row === undefined || me === null) return UNKNOWN_PREKEYS;
    const them = { identity: from.author, sealingKey: from.body.sealingKey, home: opening.home };
    const agreed = respond(env.crypto, me, them, row.batch, opening);
    if (typeof agreed === 'string') return agreed;
    if (!sameBytes(agreed.sessionId, part.session)) return 'another session than it says';
    return {
      id: agreed.sessionId,
      ownHome: row.home,
      theirHome: opening.home,
      initiated: false,
      binding: agreed.binding,
      opening: null,
      ratchet: responderState(agreed.secret, row.batch.signed),
      skipped: 0,
      bornMillis: Math.trunc(env.wallMillis),
      usedMillis: Math.trunc(env.wallMillis),
    };
  }

  /** Returns by how many rows there are more now: where there are too many, the oldest go. */
  #storeSkipped(id: string, before: number, keys: readonly SkippedKey[]): number {
    if (keys.length === 0) return 0;
    const { env, options } = this.#parts;
    const wallMillis = Math.trunc(env.wallMillis);
    for (const each of keys) env.store.put('skippedKeys', skippedKey(id, each.chain, each.counter), { key: each.key, wallMillis } satisfies StoredSkippedKey);
    if (before + keys.length <= options.ratchetSkippedKeysMax) return keys.length;
    const rows = env.store.scan<StoredSkippedKey>('skippedKeys', { prefix: `${id}/` });
    const excess = rows.sort((a, b) => a[1].wallMillis - b[1].wallMillis).slice(0, rows.length - options.ratchetSkippedKeysMax);
    for (const [key] of excess) env.store.delete('skippedKeys', key);
    return keys.length - excess.length;
  }

  /** Now and then: keys that nobody came for are forgotten. */
  tidy(): void {
    const { env, options } = this.#parts;
    for (const [key, row] of env.store.scan<StoredSkippedKey>('skippedKeys')) {
      if (env.wallMillis - row.wallMillis >= options.ratchetSkippedMillis) env.store.delete('skippedKeys', key);
    }
  }

  /** A row that an earlier session of the user handed over; what is here already stays. */
  inherit(table: 'ratchets' | 'skippedKeys', key: string, value: unknown): void {
    const { env } = this.#parts;
    if (env.store.get(table, key) !== undefined) return;
    if (table === 'ratchets') {
      const peer = key.slice(0, Math.max(0, key.indexOf('/'))) as UserId;
      if (!isSession(value) || this.#prekeys.isOurHome(value.ownHome) || this.#of(peer).has(key.slice(peer.length + 1))) return;
      this.#keep(peer, value);
    } else if (isSkippedKey(value)) env.store.put(table, key, value);
  }

  #traceBegun(name: string, to: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'ratchet', id: name, to });
  }
}

/** Which of two sessions with somebody seals: of those begun by the smaller user id (`first`: us) before others, the youngest. */
function comesFirst(a: SecureSession, b: SecureSession, first: boolean): boolean {
  if (a.initiated !== b.initiated) return a.initiated === first;
  return a.bornMillis === b.bornMillis ? toHex(a.id) < toHex(b.id) : a.bornMillis > b.bornMillis;
}

/** Everything of a part that is not sealed, and what the caller binds to it. */
function partBytes(session: Pick<SecureSession, 'id' | 'binding'>, opening: RatchetPart['opening'], associated: Uint8Array): Uint8Array {
  const shown = opening === null ? [] : [opening.ephemeral, opening.home, utf8(`${opening.batch}/${opening.oneTime}`)];
  return framed(LABEL_PART, session.id, session.binding, ...shown, associated);
}

function skippedKey(session: string, chain: Uint8Array, counter: number): string {
  return `${session}/${toHex(chain)}/${counter}`;
}

/** Rows come sealed from another node of the same user; these keep a damaged one from doing harm here. */
function isSession(value: unknown): value is SecureSession {
  if (typeof value !== 'object' || value === null) return false;
  const session = value as Partial<SecureSession>;
  const arrays = [session.id, session.ownHome, session.theirHome, session.binding, session.ratchet?.root];
  return arrays.every((each) => each instanceof Uint8Array) && Number.isSafeInteger(session.skipped) && Number.isSafeInteger(session.usedMillis);
}

function isSkippedKey(value: unknown): value is StoredSkippedKey {
  if (typeof value !== 'object' || value === null) return false;
  const { key, wallMillis } = value as Partial<StoredSkippedKey>;
  return key instanceof Uint8Array && Number.isSafeInteger(wallMillis);
}
