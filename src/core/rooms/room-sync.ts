import { concat, sameBytes, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { NodeId, UserId } from '../types.ts';
import { BUCKET_DEPTHS } from './buckets.ts';
import type { Room } from './room.ts';
import type { RoomEventId } from './room-commands.ts';
import { fromHex, type SignedRoomEvent } from './room-event.ts';
import { ANSWER_ALWAYS, ANSWER_NEVER, ANSWER_OTHERS, type RoomMessage, SHORT_ID_BYTES } from './room-messages.ts';
import { depthText, idOfOrder, type RoomTables } from './room-tables.ts';

type Of<Type extends RoomMessage['type']> = Extract<RoomMessage, { type: Type }>;

export interface RoomSyncHooks {
  /** A peer turned out to have all that is here. */
  equal(room: Room, peer: UserId): void;
  /** A peer has something that is not here. */
  missed(room: Room, link: Link): void;
}

/** A comparison that we began with one peer about one room. */
interface Round {
  readonly link: Link;
  /** Heads of the peer that are not here. */
  goals: RoomEventId[];
  /** Events that were asked for and are not here. */
  readonly wanted: Set<string>;
  /** Events that the peer has and that are asked for when fewer are on their way, in the order of its ranges. */
  readonly waiting: Set<string>;
  /** The ranges were shown to the peer, and nothing that was not asked for has come of it yet. */
  comparing: boolean;
  changedMillis: number;
}

/** Ranges at the end of a room that are compared first: what is missing is nearly always new. */
const TAIL_RANGES = 8;
const ROUND_PATIENCE_MILLIS = 1_500;

/**
 * Keeps the rooms of two members alike. Heads first: they are equal nearly always. Where a head of the peer is unknown, ranges
 * are compared by fingerprints, then the ids in ranges that differ, and only what is missing on either side moves.
 *
 * Whoever misses something asks for it; whoever is asked answers only members, and gives nobody who was removed what came after.
 */
export class RoomSync {
  readonly #parts: Parts;
  readonly #tables: RoomTables;
  readonly #rounds = new Map<string, Round>();
  /** When each event was first asked for that is not here yet, by its short id. */
  readonly #askedMillis = new Map<string, number>();
  readonly #hooks: RoomSyncHooks;

  constructor(parts: Parts, tables: RoomTables, hooks: RoomSyncHooks) {
    this.#parts = parts;
    this.#tables = tables;
    this.#hooks = hooks;
  }

  forget(): void {
    this.#rounds.clear();
    this.#askedMillis.clear();
  }

  linkDown(nodeId: NodeId): void {
    for (const [key, round] of this.#rounds) if (round.link.nodeId === nodeId) this.#rounds.delete(key);
  }

  get busy(): boolean {
    return this.#rounds.size > 0;
  }

  /** Somebody is giving what is missing in this room. */
  isFetching(room: Room): boolean {
    for (const key of this.#rounds.keys()) if (key.startsWith(room.id)) return true;
    return false;
  }

  // --- heads ---

  /** Asks a peer whether it has the same. */
  compare(room: Room, link: Link): void {
    this.#sendHeads(room, link, ANSWER_ALWAYS);
  }

  /** Asks somebody at random, who will be asked again. Nobody waits to hear that they have the same, unless something written here was not confirmed yet. */
  sample(room: Room, link: Link): void {
    this.#parts.count('roomSamples');
    this.#sendHeads(room, link, this.#tables.waiting(room.id, 1).length > 0 ? ANSWER_ALWAYS : ANSWER_OTHERS);
  }

  #sendHeads(room: Room, link: Link, wantAnswer: number): void {
    const heads = room.row.heads.slice(0, HEADS_MAX).map(fromHex);
    this.#parts.links.send(link, { type: 'room-heads', room: room.id, heads, wantAnswer });
  }

  heads(room: Room, link: Link, message: Of<'room-heads'>): void {
    const theirs = message.heads.map(toHex);
    const goals = theirs.filter((id) => !room.has(id));
    if (goals.length > 0) {
      this.#begin(room, link, goals);
      this.#hooks.missed(room, link);
    }
    const mine = room.row.heads;
    const equal = goals.length === 0 && mine.length === theirs.length && mine.every((id) => theirs.includes(id));
    if (message.wantAnswer === ANSWER_ALWAYS || (message.wantAnswer === ANSWER_OTHERS && !equal)) this.#sendHeads(room, link, ANSWER_NEVER);
    if (equal && link.userId !== null) this.#hooks.equal(room, link.userId);
  }

  // --- ranges ---

  /** Asks for what leads to these events. */
  #begin(room: Room, link: Link, goals: RoomEventId[]): void {
    const key = `${room.id}/${link.nodeId}`;
    const running = this.#rounds.get(key);
    const now = this.#parts.env.monotonicMillis;
    if (running !== undefined && running.link === link) {
      running.goals = [...new Set([...running.goals, ...goals])].slice(0, HEADS_MAX);
      return;
    }
    this.#rounds.set(key, { link, goals, wanted: new Set(), waiting: new Set(), comparing: true, changedMillis: now });
    this.#parts.count('roomRounds');
    this.#sendRanges(room, link, Math.max(0, room.buckets.length - TAIL_RANGES));
  }

  #sendRanges(room: Room, link: Link, from: number): void {
    const { buckets } = room;
    this.#parts.links.send(link, { type: 'room-ranges', room: room.id, from, before: buckets.before(from), prints: buckets.prints(from) });
  }

  /** A peer compares: it is shown what is here in the lowest ranges that differ. */
  ranges(room: Room, link: Link, message: Of<'room-ranges'>): void {
    if (!this.#mayRead(room, link)) return this.#parts.count('roomAsksRefused');
    if (!sameBytes(message.before, room.buckets.before(message.from))) return this.#sendRanges(room, link, 0);
    const differing = room.buckets.differing(message.from, message.prints).slice(0, this.#parts.options.roomRangesMax);
    for (const range of differing) this.#sendRange(room, link, range);
  }

  #sendRange(room: Room, link: Link, range: number): void {
    const ids = this.#idsIn(room, range).slice(0, IDS_MAX);
    this.#parts.links.send(link, { type: 'room-range', room: room.id, range, ids: concat(...ids.map(shortOf)) });
  }

  #idsIn(room: Room, range: number): RoomEventId[] {
    const from = depthText(range * BUCKET_DEPTHS);
    const to = depthText((range + 1) * BUCKET_DEPTHS);
    return this.#tables.events(room.id, { from, to }).map(({ order }) => idOfOrder(order));
  }

  /** What a peer has in one range: what is missing here is asked for, what is missing there is sent. */
  range(room: Room, link: Link, message: Of<'room-range'>): void {
    const theirs = new Set(shortIds(message.ids));
    const ours = new Set<string>();
    const offers: RoomEventId[] = [];
    for (const id of this.#idsIn(room, message.range)) {
      const short = id.slice(0, SHORT_ID_BYTES * 2);
      ours.add(short);
      if (!theirs.has(short)) offers.push(id);
    }
    if (offers.length > 0 && this.#mayRead(room, link)) this.#sendEvents(room, link, offers);
    const wants = [...theirs].filter((short) => !ours.has(short));
    const round = this.#rounds.get(`${room.id}/${link.nodeId}`);
    if (round === undefined) return this.want(room, link, wants);
    for (const short of wants) {
      if (round.waiting.size >= this.#parts.options.roomWantsWaitingMax) break;
      if (round.wanted.has(short) || round.waiting.has(short)) continue;
      round.waiting.add(short);
      round.comparing = false;
    }
    this.#askOn(room, round);
  }

  /**
   * Asks for what waits as far as there is room: so that a member who misses a hundred thousand events always has some on their
   * way, and never so many that they cannot be kept.
   */
  #askOn(room: Room, round: Round): void {
    const { roomWantsOpenMax, roomWantsMax } = this.#parts.options;
    // In portions, since each question and each answer costs a frame.
    if (round.wanted.size > roomWantsOpenMax - roomWantsMax / 2) return;
    const shorts: string[] = [];
    for (const short of round.waiting) {
      if (round.wanted.size + shorts.length >= roomWantsOpenMax) break;
      round.waiting.delete(short);
      // Another member was asked for it a moment ago; what does not come from there shows in the next comparison.
      if (!this.#isAskedFor(short)) shorts.push(short);
    }
    this.want(room, round.link, shorts);
  }

  #compare(room: Room, round: Round): void {
    round.comparing = true;
    this.#sendRanges(room, round.link, Math.max(0, room.buckets.length - TAIL_RANGES));
  }

  /** Only a moment long: whoever is asked and does not give keeps nobody from asking others. */
  #isAskedFor(short: string): boolean {
    const askedMillis = this.#askedMillis.get(short);
    if (askedMillis === undefined || this.#parts.env.monotonicMillis - askedMillis > ROUND_PATIENCE_MILLIS) return false;
    for (const round of this.#rounds.values()) if (round.wanted.has(short)) return true;
    return false;
  }

  /** Asks a peer for events by the beginnings of their ids. */
  want(room: Room, link: Link, shorts: readonly string[]): void {
    if (shorts.length === 0) return;
    const round = this.#rounds.get(`${room.id}/${link.nodeId}`);
    if (round !== undefined) this.#note(round, shorts);
    for (let at = 0; at < shorts.length; at += this.#parts.options.roomWantsMax) {
      const ids = concat(...shorts.slice(at, at + this.#parts.options.roomWantsMax).map(fromHex));
      this.#parts.links.send(link, { type: 'room-want', room: room.id, ids });
    }
  }

  #note(round: Round, shorts: readonly string[]): void {
    const now = this.#parts.env.monotonicMillis;
    round.changedMillis = now;
    if (this.#askedMillis.size >= this.#parts.options.roomWantsWaitingMax) this.#askedMillis.clear();
    for (const short of shorts) {
      round.wanted.add(short);
      if (!this.#askedMillis.has(short)) this.#askedMillis.set(short, now);
    }
  }

  wanted(room: Room, link: Link, message: Of<'room-want'>): void {
    if (!this.#mayRead(room, link)) return this.#parts.count('roomAsksRefused');
    const found: RoomEventId[] = [];
    for (const short of shortIds(message.ids)) found.push(...this.#tables.idsLike(room.id, short));
    const places = found.map((id) => this.#tables.place(id)?.order ?? '').sort();
    this.#sendEvents(room, link, places.map(idOfOrder));
  }

  #sendEvents(room: Room, link: Link, ids: readonly RoomEventId[]): void {
    let page: SignedRoomEvent[] = [];
    let bytes = 0;
    const send = (): void => {
      if (page.length > 0) this.#parts.links.send(link, { type: 'room-events', room: room.id, events: page, live: 0 });
      page = [];
      bytes = 0;
    };
    for (const id of ids) {
      const signed = room.signedEvent(id);
      if (signed === undefined) continue;
      page.push(signed);
      bytes += signed.bytes.length + EVENT_OVERHEAD_BYTES;
      if (bytes >= this.#parts.options.frameBytesTarget || page.length >= EVENTS_MAX) send();
    }
    send();
  }

  /** Only members: who was removed is not shown what follows, and strangers nothing. */
  #mayRead(room: Room, link: Link): boolean {
    return link.userId !== null && (room.isMember(link.userId) || link.userId === this.#parts.session.userId);
  }

  /** An event has found its place: nobody needs to send it any more. */
  arrived(id: RoomEventId): void {
    if (this.#rounds.size === 0 && this.#askedMillis.size === 0) return;
    const short = id.slice(0, SHORT_ID_BYTES * 2);
    this.#askedMillis.delete(short);
    for (const { wanted, waiting } of this.#rounds.values()) if (!wanted.delete(short)) waiting.delete(short);
  }

  /** Something came over this link that is not taken in yet. */
  alive(room: Room, link: Link): void {
    const round = this.#rounds.get(`${room.id}/${link.nodeId}`);
    if (round !== undefined) round.changedMillis = this.#parts.env.monotonicMillis;
  }

  /** Events came over this link: more is asked for, and the round goes on until what it began for is here. */
  progress(room: Room, link: Link): void {
    const key = `${room.id}/${link.nodeId}`;
    const round = this.#rounds.get(key);
    if (round === undefined) return;
    round.changedMillis = this.#parts.env.monotonicMillis;
    this.#askOn(room, round);
    if (round.waiting.size > 0) return;
    // The next ranges are looked for while the last events of these are still coming.
    if (round.wanted.size > 0) return round.comparing ? undefined : this.#compare(room, round);
    round.goals = round.goals.filter((id) => !room.has(id));
    if (round.goals.length > 0) return this.#compare(room, round);
    this.#rounds.delete(key);
    // The peer may miss what came in meanwhile.
    this.compare(room, link);
  }

  /** Timer: rounds that got stuck are given up; the next comparison begins anew. */
  tick(): void {
    const now = this.#parts.env.monotonicMillis;
    for (const [key, round] of this.#rounds) if (now - round.changedMillis > ROUND_PATIENCE_MILLIS || !round.link.established) this.#rounds.delete(key);
  }
}

const HEADS_MAX = 256;
const IDS_MAX = 2_048;
const EVENTS_MAX = 256;
const EVENT_OVERHEAD_BYTES = 100;

function shortOf(id: RoomEventId): Uint8Array {
  return fromHex(id.slice(0, SHORT_ID_BYTES * 2));
}

/** Beginnings of ids in hex. */
export function shortIds(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at + SHORT_ID_BYTES <= bytes.length; at += SHORT_ID_BYTES) found.push(toHex(bytes.subarray(at, at + SHORT_ID_BYTES)));
  return found;
}
