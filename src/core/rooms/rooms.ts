import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Services } from '../services.ts';
import type { UserId } from '../types.ts';
import { Typing } from '../typing.ts';
import type { RoomState } from './authority.ts';
import { Pairwise } from './pairwise.ts';
import { Room } from './room.ts';
import { RoomArrivals } from './room-arrivals.ts';
import type { RoomId } from './room-commands.ts';
import { RoomCopies } from './room-copies.ts';
import { type AnyRoomEvent, type RoomEventBodies, type RoomEventKind, signRoomEvent } from './room-event.ts';
import { RoomInheritance } from './room-inheritance.ts';
import { RoomIntake } from './room-intake.ts';
import { RoomJoining } from './room-joining.ts';
import { RoomKeys } from './room-keys.ts';
import { RoomLines } from './room-lines.ts';
import { linksOfUsers } from './room-links.ts';
import { RoomMarks } from './room-marks.ts';
import { type RoomMessage, SHORT_ID_BYTES } from './room-messages.ts';
import { leftBehind, RoomOutgoing } from './room-outgoing.ts';
import { neighboursOf } from './room-overlay.ts';
import { RoomRest } from './room-rest.ts';
import { RoomSearch } from './room-search.ts';
import { RoomSync } from './room-sync.ts';
import { RoomTables } from './room-tables.ts';
import { RoomViews } from './room-views.ts';

/** After something new, so often a random member is asked whether it has the same. */
const GOSSIP_ROUNDS = 2;
/** So many comparisons at the full pace follow it, for whoever was cut off from its author. */
const AWAKE_ROUNDS = 3;

const ROOM_TIMERS = ['rooms', 'room-copies', 'room-cards'] as const;
export type RoomTimer = (typeof ROOM_TIMERS)[number];

export function isRoomTimer(kind: string): kind is RoomTimer {
  return (ROOM_TIMERS as readonly string[]).includes(kind);
}

/**
 * Group chat of the logged-in user.
 *
 * Invariants
 * 1. An event is confirmed to its author only after the commit that stores it.
 * 2. No line is shown before the lines that its author had seen (Room, invariant 1).
 * 3. Everything said in a room is sealed for its members; events of whoever is no member are not taken.
 */
export class Rooms {
  readonly #parts: Parts;
  readonly tables: RoomTables;
  readonly lines: RoomLines;
  readonly keys: RoomKeys;
  readonly views: RoomViews;
  readonly joining: RoomJoining;
  readonly inheritance: RoomInheritance;
  /** By room and user, see typingKey. */
  readonly typing: Typing<{ readonly room: Room; readonly user: string }>;
  readonly arrivals: RoomArrivals;
  readonly marks: RoomMarks;
  readonly pairwise: Pairwise;
  readonly sync: RoomSync;
  readonly intake: RoomIntake;
  readonly #neighboursOf = new WeakMap<RoomState, readonly UserId[]>();
  /** What lies of rooms at the holders of the ring. */
  readonly copies: RoomCopies;
  readonly #rooms = new Map<RoomId, Room>();
  readonly outgoing: RoomOutgoing;
  readonly rest: RoomRest;
  /** Somebody takes the owner of these for lost. */
  readonly contested = new Set<Room>();
  readonly #gossip = new Map<RoomId, number>();
  readonly #gaps = new Map<RoomId, number>();
  #compareMillis = 0;
  /** Comparisons are so much rarer than they would be in rooms in which somebody speaks. */
  #calm = 1;
  /** Comparisons that are still to come at the full pace. */
  #awake = AWAKE_ROUNDS;

  readonly services: Services;
  readonly search: RoomSearch;

  constructor(parts: Parts, services: Services) {
    this.#parts = parts;
    this.services = services;
    this.tables = new RoomTables(parts.env.store);
    this.pairwise = new Pairwise(parts);
    this.lines = new RoomLines(parts, this.tables);
    this.keys = new RoomKeys(parts, this.tables, this.pairwise);
    this.views = new RoomViews(parts, this);
    this.search = new RoomSearch(parts, this);
    this.joining = new RoomJoining(parts, this, services);
    this.inheritance = new RoomInheritance(parts, this);
    this.typing = new Typing(parts.env, parts.options.roomTypingMillis, ({ room, user }, typing) =>
      parts.tell({ type: 'room-typing', room: room.row.name, roomId: room.id, user, typing }),
    );
    this.rest = new RoomRest(parts);
    this.outgoing = new RoomOutgoing(parts, this.rest);
    this.arrivals = new RoomArrivals(parts, this);
    this.marks = new RoomMarks(parts, this);
    this.intake = new RoomIntake(parts, this);
    this.copies = new RoomCopies(parts, this);
    this.sync = new RoomSync(parts, this.tables, {
      equal: (room, peer) => this.arrivals.confirmAll(room, peer),
      missed: (room, link) => this.rest.wake(room, link),
    });
  }

  open(): void {
    for (const [id] of this.tables.rooms()) this.arrivals.resume(this.#load(id));
    this.copies.open();
    this.setTimer();
  }

  close(): void {
    for (const room of this.#rooms.values()) room.flush();
    this.search.endTurn();
    this.#rooms.clear();
    this.outgoing.clear();
    this.rest.forget();
    this.#gossip.clear();
    this.#gaps.clear();
    this.copies.close();
    this.contested.clear();
    this.sync.forget();
    this.intake.pages.forget();
    this.keys.forget();
    this.typing.forget();
    this.marks.forget();
    this.joining.forget();
    this.tables.forget();
    this.arrivals.forget();
    this.search.forget();
    this.#timerIs = 'none';
    this.#parts.patient.cancel('rooms');
  }

  get(id: RoomId): Room | undefined {
    return this.#rooms.get(id);
  }

  all(): Room[] {
    return [...this.#rooms.values()];
  }

  /** Makes place for a room; the caller fills it. */
  add(id: RoomId): Room {
    return this.#rooms.get(id) ?? this.#load(id);
  }

  #load(id: RoomId): Room {
    const room = new Room(this.#parts, this.tables, id, { delivered: (in_, event, order) => this.arrivals.delivered(in_, event, order) });
    this.#rooms.set(id, room);
    return room;
  }

  /** Founds a room; the user is its owner and first member. */
  found(body: RoomEventBodies['create']): Room {
    const { env, session } = this.#parts;
    if (session.open === null) throw new Error('a room is founded by whoever is logged in');
    const stampMillis = Math.trunc(env.wallMillis);
    const event = signRoomEvent(env, session.open.identity, { room: '', parents: [], stampMillis, kind: 'create', body });
    const room = this.add(event.room);
    room.take(event as AnyRoomEvent, event.author);
    // So that whoever joins is told it, however soon they are gone.
    this.copies.keys.make(room);
    this.joining.cards.announce(room);
    return room;
  }

  /** Forgets a room of which nothing is known. */
  drop(room: Room): void {
    this.#rooms.delete(room.id);
    this.marks.drop(room);
    this.intake.pages.drop(room);
    this.outgoing.drop(room);
    this.rest.drop(room.id);
    this.copies.drop(room.id);
    this.#gossip.delete(room.id);
    this.#parts.env.store.delete('rooms', room.id);
  }

  // --- writing ---

  /** Writes an event of the user into a room and passes it on; null, or why the room does not take it. */
  write<Kind extends RoomEventKind>(room: Room, kind: Kind, body: RoomEventBodies[Kind]): AnyRoomEvent | string {
    const before = leftBehind(kind, room);
    const event = room.next(kind, body);
    const outcome = room.take(event, event.author);
    if (typeof outcome !== 'string') return outcome.refused;
    this.outgoing.of(room).events.push({ event, from: null, before });
    return event;
  }

  /** The account ends: every room hears that the user leaves, and has an owner all the same. */
  leaveAll(): void {
    for (const room of this.#rooms.values()) if (room.row.status === 'member') this.write(room, 'leave', {});
    this.endTurn();
  }

  /** Members with whom there is a link now. */
  linked(room: Room): Link[] {
    const members = room.state?.members;
    return members === undefined ? [] : linksOfUsers(this.#parts, (user) => members.has(user));
  }

  message(link: Link, message: RoomMessage): void {
    if (this.#parts.session.open !== null) this.intake.message(link, message);
  }

  /** Something is new in the room: members are asked whether they have the same. */
  stirred(room: Room): void {
    this.#gossip.set(room.id, GOSSIP_ROUNDS);
    this.#calm = 1;
    this.#awake = AWAKE_ROUNDS;
  }

  // --- end of a turn, and time ---

  endTurn(): void {
    if (this.#parts.session.open === null) return;
    this.#objectWhereOwner();
    for (const [id, news] of this.outgoing.take()) {
      const room = this.#rooms.get(id);
      if (room === undefined) continue;
      this.outgoing.send(room, news);
      for (const link of news.greet) this.sync.compare(room, link);
      if (news.keysFrom !== null) this.keys.ask(room, news.keysFrom);
      if (news.changed && room.row.status === 'member') this.#parts.tell({ type: 'room-changed', room: this.views.room(room) });
      this.setTimer();
    }
    for (const room of this.#rooms.values()) room.flush();
    this.search.endTurn();
  }

  /** An owner who is logged in is not lost. */
  #objectWhereOwner(): void {
    if (this.contested.size === 0) return;
    const me = this.#parts.session.userId;
    for (const room of this.contested) {
      const { state } = room;
      const isOwner = me !== null && room.row.status === 'member' && state?.members.get(me)?.role === 'owner';
      if (isOwner && state.votes.size > 0) this.write(room, 'vote', { heir: me, term: state.term });
    }
    this.contested.clear();
  }

  setTimer(): void {
    const { env, options, patient } = this.#parts;
    const hurried =
      this.#gossip.size > 0 ||
      this.sync.busy ||
      this.intake.pages.waiting ||
      this.joining.waiting ||
      this.typing.any ||
      this.marks.waiting ||
      this.arrivals.waiting ||
      this.all().some((room) => room.parked.size > 0);
    if (this.#rooms.size === 0 && !hurried) return;
    if (hurried && this.#timerIs === 'hurried') return;
    if (!hurried && this.#timerIs !== 'none') return;
    this.#timerIs = hurried ? 'hurried' : 'idle';
    const delayMillis = hurried ? options.roomTickMillis : options.roomCompareMillis * this.#calm * (0.5 + env.random.fraction());
    patient.set('rooms', delayMillis, hurried ? 0 : delayMillis / 4);
  }

  timer(kind: RoomTimer): void {
    switch (kind) {
      case 'rooms':
        return this.tick();
      case 'room-copies':
        return this.copies.timer();
      case 'room-cards':
        return this.joining.cards.rumours.timer();
    }
  }

  #timerIs: 'none' | 'idle' | 'hurried' = 'none';

  /** Timer: compares with members, asks again for what is missing. */
  tick(): void {
    const { env, options } = this.#parts;
    const wasIdle = this.#timerIs === 'idle';
    this.#timerIs = 'none';
    if (this.#parts.session.open === null) return;
    const now = env.monotonicMillis;
    const compareAll = wasIdle || now - this.#compareMillis >= options.roomCompareMillis * this.#calm;
    if (compareAll) {
      this.#compareMillis = now;
      const calmer = this.#awake <= 0 && this.all().every((room) => this.#lacksNothing(room));
      this.#calm = calmer ? Math.min(this.#calm * 2, options.roomCalmFactorMax) : 1;
      this.#awake -= 1;
    }
    this.sync.tick();
    this.joining.tick();
    this.typing.tick();
    this.marks.tick();
    for (const room of this.#rooms.values()) this.#tickRoom(room, compareAll);
    this.setTimer();
  }

  /** Nothing is new, and nothing is waited for that only asking again would bring. */
  #lacksNothing(room: Room): boolean {
    return !this.#gossip.has(room.id) && room.parked.size === 0 && !this.tables.isSealed(room.id);
  }

  #tickRoom(room: Room, compare: boolean): void {
    const { env, options } = this.#parts;
    const now = env.monotonicMillis;
    const rounds = this.#gossip.get(room.id) ?? 0;
    if (rounds > 1) this.#gossip.set(room.id, rounds - 1);
    else this.#gossip.delete(room.id);
    room.parked.expire(now - options.roomParkedMillis);
    const missing = room.parked.missing(now - options.roomGapMillis);
    if ((this.#gaps.get(room.id) ?? 0) !== missing.length) {
      this.#gaps.set(room.id, missing.length);
      this.#parts.tell({ type: 'room-gap', room: room.row.name, roomId: room.id, missing: missing.length });
    }
    this.intake.pages.advance(room);
    this.arrivals.tick(room);
    for (const author of this.keys.missingFrom(room)) {
      const direct = this.#parts.connections.sessionLink(author);
      if (direct !== null) this.keys.ask(room, direct);
    }
    if (missing.length > 0 || this.tables.isSealed(room.id)) this.copies.looks.lacks(room.id);
    const links = this.linked(room);
    this.rest.topUp(room, links);
    const link = links[Math.floor(env.random.fraction() * links.length)];
    if (link === undefined) return;
    if (rounds > 0 || compare || room.parked.size > 0) this.sync.sample(room, link);
    if (missing.length > 0) {
      const shorts = missing.slice(0, options.roomWantsMax).map((id) => id.slice(0, SHORT_ID_BYTES * 2));
      this.sync.want(room, link, shorts);
    }
    this.keys.ask(room, link);
    if (room.row.status === 'member') this.copies.keys.ask(room, link);
  }

  gapsOf(room: Room): number {
    return room.parked.missing(this.#parts.env.monotonicMillis - this.#parts.options.roomGapMillis).length;
  }

  // --- people ---

  /** Whom rooms want to be linked with, besides those who let us in. */
  neighbours(): Set<UserId> {
    const found = new Set<UserId>();
    for (const room of this.#rooms.values()) if (room.row.status === 'member') for (const user of this.#neighboursIn(room)) found.add(user);
    return found;
  }

  /** Found once for each state of a room: a review asks for it. */
  #neighboursIn(room: Room): readonly UserId[] {
    const { options, session } = this.#parts;
    const { state } = room;
    if (state === null || session.userId === null) return [];
    let found = this.#neighboursOf.get(state);
    if (found === undefined) {
      found = neighboursOf(state.members, session.userId, options.roomDirectMembersMax);
      this.#neighboursOf.set(state, found);
    }
    return found;
  }

  /** Somebody whose record must not be forgotten. */
  knows(user: UserId): boolean {
    for (const room of this.#rooms.values()) if (room.row.status === 'member' && room.isMember(user)) return true;
    return false;
  }

  isMemberOfAny(user: UserId): boolean {
    for (const room of this.#rooms.values()) if (room.isMember(user)) return true;
    return false;
  }

  userLinkUp(user: UserId, link: Link): void {
    this.rest.linkUp(link);
    for (const room of this.#rooms.values()) {
      if (!room.isMember(user) || room.row.status === 'pending') continue;
      this.sync.compare(room, link);
      this.marks.linkUp(room, link);
    }
    this.joining.linkUp(user, link);
  }

  linkDown(link: Link): void {
    const { nodeId } = link;
    this.rest.linkDown(link);
    for (const room of this.#rooms.values()) if (this.rest.hasResting(room.id)) this.rest.topUp(room, this.linked(room));
    if (nodeId === null) return;
    this.sync.linkDown(nodeId);
    this.keys.linkDown(nodeId);
  }
}

export function typingKey(room: Room, user: UserId): string {
  return `${room.id}/${user}`;
}
