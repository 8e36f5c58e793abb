import { concat, toHex, utf8 } from '../bytes.ts';
import { SourceBudget } from '../discovery/budget.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { decodePadded, pad } from '../secure/padding.ts';
import { needsNewChain, newSenderChain, openFromRoom, positionOf, type ReceivingChain, receivingChain, sealForRoom } from '../secure/sender-key.ts';
import type { NodeId, UserId } from '../types.ts';
import type { RoomState } from './authority.ts';
import { OwedKeys } from './owed-keys.ts';
import type { Confidence, Pairwise } from './pairwise.ts';
import type { Room } from './room.ts';
import type { RoomEventId } from './room-commands.ts';
import { fromHex, isSealedEvent, type RoomEventBodies, readRoomEvent, type SealedEvent } from './room-event.ts';
import type { RoomTables, StoredChain } from './room-tables.ts';

type Given = Pick<StoredChain, 'author' | 'position'>;

/** Chains in one envelope. */
const CHAINS_MAX = 48;
const READY_MAX = 512;

/**
 * Sender keys of rooms: who seals with what, who is given what.
 *
 * Invariants
 * 1. A chain serves an audience: a new one is made before the first message after anybody ceased to be a member; in rooms whose
 *    history begins with joining, after every change of members. A chain is never given to whoever is no member now.
 * 2. A member who lacks a chain asks whoever brought the event, then others: so keys outlive the node of their sender.
 * 3. A chain is kept from the first position that was given, since the history that it opens is kept as well.
 */
export class RoomKeys {
  readonly #parts: Parts;
  readonly #tables: RoomTables;
  readonly #pairwise: Pairwise;
  /** Chains that have been stepped forward, so that messages in order cost one step each. */
  readonly #ready = new Map<string, ReceivingChain>();
  readonly #gifts = new SourceBudget(GIFTS);
  readonly #bridged = new SourceBudget(BRIDGED);
  readonly #owed: OwedKeys;
  #written: { readonly message: RoomEventBodies['sealed']; readonly content: unknown } | null = null;
  /** Whose chains events need that are about to be taken in, by room and chain. */
  readonly #expected = new Map<string, UserId>();
  /** Chains that were asked for, by room, chain and node. */
  readonly #asked = new Map<string, number>();

  constructor(parts: Parts, tables: RoomTables, pairwise: Pairwise) {
    this.#parts = parts;
    this.#tables = tables;
    this.#pairwise = pairwise;
    this.#owed = new OwedKeys(parts.options);
  }

  // --- sealing ---

  /** Seals content for all members of now. The chain goes ahead of the event to every member who is linked. */
  seal(room: Room, content: unknown): RoomEventBodies['sealed'] {
    const { env, options, session } = this.#parts;
    const me = session.userId as UserId;
    const audience = this.audience(room);
    let sending = this.#tables.sending(room.id);
    const limits = { chainMessagesMax: options.roomChainMessagesMax, chainMillisMax: options.roomChainMillisMax };
    const now = { heads: audience, millis: Math.trunc(env.wallMillis) };
    if (sending === undefined || needsNewChain(sending.chain, now, limits)) {
      sending = { chain: newSenderChain(env, audience, now.millis), audience };
      const position = positionOf(sending.chain);
      this.#tables.putChain(room.id, toHex(position.id), { author: me, position, by: me });
      this.#give(room, { author: me, position });
    }
    const { chain, message } = sealForRoom(env, sending.chain, pad(env.codec.encode(content)), associatedBytes(room.id, me));
    this.#tables.putSending(room.id, { chain, audience });
    this.#written = { message, content };
    return message;
  }

  /** Names what a chain is for: another name, another chain. */
  audience(room: Room): string {
    return this.#nameOfAudience(room.state, room.row.authority);
  }

  /** Whom the author of a delivered event wrote for. */
  audienceOf(event: RoomEventId, room: Room): string {
    return this.#nameOfAudience(room.stateBefore(event), this.#tables.place(event)?.authority ?? []);
  }

  #nameOfAudience(state: RoomState | null, authority: readonly RoomEventId[]): string {
    const parts = state === null ? [] : state.history === 'all' ? state.departures : authority;
    return toHex(this.#parts.env.crypto.sha256(concat(utf8('confab/room-audience/1\0'), ...parts.map(fromHex))));
  }

  #give(room: Room, chain: { readonly author: UserId; readonly position: ReturnType<typeof positionOf> }): void {
    const { connections, session } = this.#parts;
    for (const member of room.state?.members.keys() ?? []) {
      const link = member === session.userId ? null : connections.sessionLink(member);
      if (link !== null) this.#pairwise.tell(link, { kind: 'chains', room: room.id, chains: [chain] });
    }
  }

  // --- opening ---

  /** The content of a sealed event; null when its chain has not come or does not fit. */
  open(room: Room, event: SealedEvent): unknown {
    const { env } = this.#parts;
    const { chain, counter } = event.body;
    // What was sealed here a moment ago need not be opened.
    if (this.#written?.message === event.body) return this.#written.content;
    const key = `${room.id}/${toHex(chain)}`;
    const row = this.#tables.chain(room.id, toHex(chain));
    if (row === undefined || row.author !== event.author) return null;
    let from = this.#ready.get(key);
    if (from === undefined || counter < from.counter) {
      const first = receivingChain(row.position);
      if (typeof first === 'string') return null;
      from = first;
    }
    const associated = associatedBytes(room.id, event.author);
    // The event itself is signed by the author's identity key, chain and ciphertext included.
    const opened = openFromRoom(env.crypto, from, event.body, associated, () => undefined, { skipMax: SKIP_MAX, signedOtherwise: true });
    if (typeof opened === 'string') return null;
    if (this.#ready.size >= READY_MAX) this.#ready.clear();
    this.#ready.set(key, opened.chain);
    return decodePadded(env.codec, opened.plaintext);
  }

  // --- asking and giving ---

  /** Asks over this link for the chains that events of the room wait for, each not more often than once in a second. */
  ask(room: Room, link: Link): void {
    const sealed = this.#tables.sealed(room.id);
    if (sealed.length > 0) this.#askFor(room, link, new Set(sealed.map((key) => key.slice(0, key.indexOf('/')))));
  }

  /** Asks for chains of members' events that are about to be taken in: by chain, who seals with it. */
  expect(room: Room, link: Link, authors: ReadonlyMap<string, UserId>): void {
    if (this.#expected.size > ASKED_MAX) this.#expected.clear();
    for (const [chain, author] of authors) this.#expected.set(`${room.id}/${chain}`, author);
    this.#askFor(room, link, authors.keys());
  }

  #askFor(room: Room, link: Link, chains: Iterable<string>): void {
    const { env, links } = this.#parts;
    const wanted = new Set<string>();
    for (const chain of chains) {
      const askedMillis = this.#asked.get(`${room.id}/${chain}/${link.nodeId}`);
      if (askedMillis !== undefined && env.monotonicMillis - askedMillis < ASK_AGAIN_MILLIS) continue;
      wanted.add(chain);
      if (wanted.size >= CHAINS_MAX) break;
    }
    if (wanted.size === 0) return;
    if (!links.send(link, { type: 'room-key-ask', room: room.id, chains: [...wanted].map(fromHex) })) return;
    if (this.#asked.size > ASKED_MAX) this.#asked.clear();
    for (const chain of wanted) this.#asked.set(`${room.id}/${chain}/${link.nodeId}`, env.monotonicMillis);
  }

  /** Whose chains are missing: they can be asked themselves, members or not. */
  missingFrom(room: Room): Set<UserId> {
    const found = new Set<UserId>();
    const seen = new Set<string>();
    for (const key of this.#tables.sealed(room.id)) {
      const chain = key.slice(0, key.indexOf('/'));
      if (seen.has(chain)) continue;
      seen.add(chain);
      const line = this.#tables.lineOf(room.id, this.#tables.firstOfChain(room.id, chain) ?? '');
      if (line !== null) found.add(line[1].author);
      if (seen.size >= CHAINS_MAX) break;
    }
    return found;
  }

  /** A member asks for chains: those that its membership entitles it to are given. */
  answer(room: Room, link: Link, chains: readonly Uint8Array[]): void {
    const { userId } = link;
    const { state } = room;
    if (userId === null || state === null || !state.members.has(userId)) return this.#parts.count('roomKeysRefused');
    const given: Array<{ author: UserId; position: ReturnType<typeof positionOf> }> = [];
    for (const id of chains.slice(0, CHAINS_MAX)) {
      const row = this.#tables.chain(room.id, toHex(id));
      if (row === undefined) {
        if (this.#tables.isSealed(room.id, toHex(id))) this.#owed.remember(room.id, toHex(id), link);
        continue;
      }
      if (state.history === 'all' || this.wasMember(room, userId, toHex(id))) given.push({ author: row.author, position: row.position });
      else this.#parts.count('roomKeysRefused');
    }
    if (given.length > 0) this.#pairwise.tell(link, { kind: 'chains', room: room.id, chains: given });
  }

  /** In rooms whose history begins with joining a chain has one set of members: those that its first event says. */
  wasMember(room: Room, user: UserId, chain: string): boolean {
    const first = this.#tables.firstOfChain(room.id, chain);
    return first !== undefined && (room.stateBefore(first)?.members.has(user) ?? false);
  }

  /** Takes in what a member left for us at the holders: it can be read once, and may come before what it opens. */
  takeBridged(room: Room, from: UserId, confidence: Confidence & { readonly kind: 'chains' }): string[] {
    return this.take(room, from, confidence, this.#bridged);
  }

  /** Takes in what a member told; the chains that are new here. */
  take(room: Room, from: UserId, confidence: Confidence & { readonly kind: 'chains' }, gifts = this.#gifts): string[] {
    const fresh: string[] = [];
    for (const { author, position } of confidence.chains) {
      // Who has left may still give the keys of what they wrote before.
      if (from !== author && !room.isMember(from)) {
        this.#parts.count('roomKeysRefused');
        continue;
      }
      const id = toHex(position.id);
      // From others only what is missed here; from the sender, who gives keys before using them, not without end.
      const isAwaited = this.#expected.get(`${room.id}/${id}`) === author || this.#tables.isSealed(room.id, id);
      const isGift = from === author || gifts === this.#bridged;
      if (!isAwaited && (!isGift || !gifts.take(from, this.#parts.env.monotonicMillis))) continue;
      const known = this.#tables.chain(room.id, id);
      // The sender's own word stands; that of others is taken until the sender speaks, or shown to be wrong.
      const isSenders = from === author && known?.author === author && known.by !== author;
      const better = known === undefined || isSenders || (known.by === from && position.counter < known.position.counter);
      if (!better && !this.#isProven(room, from, { author, position }, known)) continue;
      this.#tables.putChain(room.id, id, { author, position, by: from });
      this.#ready.delete(`${room.id}/${id}`);
      this.#expected.delete(`${room.id}/${id}`);
      fresh.push(id);
    }
    this.#settle(room, fresh);
    return fresh;
  }

  /** What is here was given by somebody wicked: it does not open what waits for it, and this does. */
  #isProven(room: Room, from: UserId, given: Given, known: Given): boolean {
    const [waiting] = this.#tables.sealed(room.id, toHex(given.position.id));
    if (waiting === undefined || !this.#gifts.take(from, this.#parts.env.monotonicMillis)) return false;
    const signed = this.#tables.event(room.id, waiting.slice(waiting.indexOf('/') + 1));
    const event = signed === undefined ? 'missing' : readRoomEvent(this.#parts.env, signed, true);
    return typeof event !== 'string' && isSealedEvent(event) && this.#opens(room, event, given) && !this.#opens(room, event, known);
  }

  #opens(room: Room, event: SealedEvent, { author, position }: Given): boolean {
    const from = receivingChain(position);
    if (event.author !== author || typeof from === 'string') return false;
    const limits = { skipMax: SKIP_MAX, signedOtherwise: true };
    return typeof openFromRoom(this.#parts.env.crypto, from, event.body, associatedBytes(room.id, author), () => undefined, limits) !== 'string';
  }

  /** Who asked for these before they were here is judged anew, and answered. */
  #settle(room: Room, chains: readonly string[]): void {
    const asked = new Map<Link, Uint8Array[]>();
    for (const chain of chains) {
      for (const link of this.#owed.take(room.id, chain)) {
        const wanted = asked.get(link);
        if (wanted === undefined) asked.set(link, [fromHex(chain)]);
        else wanted.push(fromHex(chain));
      }
    }
    for (const [link, wanted] of asked) this.answer(room, link, wanted);
  }

  linkDown(nodeId: NodeId): void {
    this.#owed.linkDown(nodeId);
  }

  forget(): void {
    this.#ready.clear();
    this.#asked.clear();
    this.#expected.clear();
    this.#owed.clear();
    this.#written = null;
  }
}

/** More than a chain ever serves for; each step that a message skips is computed. */
const SKIP_MAX = 256;
/** Chains that are taken unasked. */
const GIFTS = { perSecond: 512, perSourceAndSecond: 16 };
/** Chains that holders keep for us, in pieces of members. */
const BRIDGED = { perSecond: 1_024, perSourceAndSecond: 256 };
const ASK_AGAIN_MILLIS = 1_000;
const ASKED_MAX = 4_096;

/** Bound to every seal: a message cannot be shown as another's, or in another room. */
function associatedBytes(room: string, author: UserId): Uint8Array {
  return utf8(`confab/room-content/1\0${room}\0${author}`);
}
