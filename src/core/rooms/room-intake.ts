import { SourceBudget } from '../discovery/budget.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import type { Room } from './room.ts';
import { type AnyRoomEvent, idOfEvent, readRoomEvent, type SignedRoomEvent } from './room-event.ts';
import { type RoomMessage, SHORT_ID_BYTES } from './room-messages.ts';
import { leftBehind } from './room-outgoing.ts';
import { RoomPages } from './room-pages.ts';
import { shortIds } from './room-sync.ts';
import { type Rooms, typingKey } from './rooms.ts';

type Of<Type extends RoomMessage['type']> = Extract<RoomMessage, { type: Type }>;

const EVENTS_MAX = 64;
/** Envelopes of those who are no friends and share no room with the user: invitations. */
const STRANGERS = { perSecond: 16, perSourceAndSecond: 2 };

/** What comes over links about rooms: judged, handed to whom it concerns, and what is missing asked for. */
export class RoomIntake {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #strangers = new SourceBudget(STRANGERS);
  readonly pages: RoomPages;

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.pages = new RoomPages(parts, rooms, (room, link, events) => this.#takeIn(room, link, events, false));
  }

  message(link: Link, message: RoomMessage): void {
    switch (message.type) {
      case 'room-envelope':
        return this.#envelope(link, message);
      case 'room-envelope-refused':
        if (link.userId !== null) this.#parts.secure.sessions.drop(link.userId, message.session);
        return;
      case 'room-ask':
        return this.#rooms.joining.ask(link, message.room);
      case 'room-door':
        return this.#rooms.joining.door(link, message);
      case 'room-cards':
      case 'room-rumours':
        return this.#rooms.joining.cards.take(link, message.cards);
      case 'room-cards-ask':
        return this.#rooms.joining.cards.asked(link);
      default: {
        const room = this.#rooms.get(message.room);
        if (room !== undefined) this.#roomMessage(room, link, message);
      }
    }
  }

  #roomMessage(
    room: Room,
    link: Link,
    message: Exclude<
      RoomMessage,
      { type: 'room-envelope' | 'room-envelope-refused' | 'room-ask' | 'room-door' | 'room-cards' | 'room-rumours' | 'room-cards-ask' }
    >,
  ): void {
    switch (message.type) {
      case 'room-events':
        return this.#events(room, link, message);
      case 'room-heads':
        if (this.#isFormer(room, link.userId)) return this.#tellRemoval(room, link);
        return this.#rooms.sync.heads(room, link, message);
      case 'room-ranges':
        return this.#rooms.sync.ranges(room, link, message);
      case 'room-range':
        return this.#rooms.sync.range(room, link, message);
      case 'room-want':
        return this.#rooms.sync.wanted(room, link, message);
      case 'room-have':
        return this.#have(room, link, message);
      case 'room-rest':
        return this.#rooms.rest.heard(room, link, message.rest === 1);
      case 'room-history-ask':
        return this.#rooms.copies.keys.tell(room, link);
      case 'room-key-ask':
        return this.#rooms.keys.answer(room, link, message.chains);
      case 'room-mark':
        return this.#rooms.marks.heard(room, link, message.heads);
      case 'room-typing':
        if (link.userId !== null && room.isMember(link.userId))
          this.#rooms.typing.heard(typingKey(room, link.userId), { room, user: this.#rooms.lines.nameOf(room, link.userId) }, message.typing === 1);
    }
  }

  #events(room: Room, link: Link, message: Of<'room-events'>): void {
    const live = message.live === 1;
    if (!live) {
      this.#rooms.sync.alive(room, link);
      if (this.pages.take(room, link, message.events)) return;
    }
    const events: AnyRoomEvent[] = [];
    let fresh = false;
    for (const signed of message.events) {
      // Much comes twice in large rooms; a hash is cheaper than a signature.
      const id = idOfEvent(this.#parts.env.crypto, signed);
      if (room.has(id) || room.parked.has(id)) {
        this.#parts.count('roomEventsTwice');
        continue;
      }
      fresh = true;
      const event = this.#read(signed);
      if (event !== null) events.push(event);
    }
    this.#takeIn(room, link, events, live);
    if (!fresh && live && (room.state?.members.size ?? 0) > this.#parts.options.roomDirectMembersMax) {
      this.#rooms.rest.twice(room, link, this.#rooms.linked(room));
    }
  }

  /** Events whose signatures are right, in the order in which they came. */
  #takeIn(room: Room, link: Link, events: readonly AnyRoomEvent[], live: boolean): void {
    const isFormer = this.#isFormer(room, link.userId);
    const missing = new Set<string>();
    let parked = 0;
    this.#rooms.copies.live = live;
    for (const event of events) {
      if (!this.#isParked(room, link, event, { live, isFormer })) continue;
      parked += 1;
      this.#removedUs(room, event);
      for (const parent of event.parents) if (!room.has(parent) && !room.parked.has(parent)) missing.add(parent.slice(0, SHORT_ID_BYTES * 2));
    }
    this.#rooms.copies.live = false;
    this.#rooms.outgoing.of(room).keysFrom = link;
    if (!live) this.#rooms.sync.progress(room, link);
    if (missing.size > 0) this.#rooms.sync.want(room, link, [...missing]);
    if (parked > 0) {
      if (room.parked.size > EVENTS_MAX) this.#rooms.sync.compare(room, link);
      this.#rooms.setTimer();
    }
  }

  #read(signed: SignedRoomEvent): AnyRoomEvent | null {
    const event = readRoomEvent(this.#parts.env, signed);
    if (typeof event !== 'string') return event;
    this.#parts.count('roomEventsRefused');
    return null;
  }

  /** Takes in one event; true when it waits for others. */
  #isParked(room: Room, link: Link, event: AnyRoomEvent, more: { readonly live: boolean; readonly isFormer: boolean }): boolean {
    // Who is no member brings nothing but a new beginning.
    if (more.isFormer && (event.kind !== 'join' || event.author !== link.userId)) {
      this.#parts.count('roomEventsRefused');
      return false;
    }
    const before = leftBehind(event.kind, room);
    const outcome = room.take(event, room.isMember(event.author) ? event.author : (link.userId ?? ''));
    if (outcome === 'delivered' && more.live) this.#rooms.outgoing.of(room).events.push({ event, from: link, before });
    return outcome === 'parked';
  }

  /** Who was removed or has left brings nothing any more: what they wrote before comes by members who took it. */
  #isFormer(room: Room, user: UserId | null): boolean {
    const { state } = room;
    if (state === null || user === null || state.members.has(user) || user === this.#parts.session.userId) return false;
    return state.departures.some((id) => {
      const event = room.graph.node(id)?.event;
      return event?.kind === 'remove' ? event.body.user === user : event?.author === user;
    });
  }

  /** Who was removed while away does not know it, and is shown nothing but that. */
  #tellRemoval(room: Room, link: Link): void {
    for (const id of room.state?.departures ?? []) {
      const event = room.graph.node(id)?.event;
      if (event?.kind !== 'remove' || event.body.user !== link.userId) continue;
      this.#parts.links.send(link, { type: 'room-events', room: room.id, events: [event.signed], live: 0 });
    }
  }

  /** Nobody answers whoever was removed, so the removal itself counts even while what was before it is missing. */
  #removedUs(room: Room, event: AnyRoomEvent): void {
    const { session } = this.#parts;
    const { state } = room;
    if (event.kind !== 'remove' || event.body.user !== session.userId || state === null || room.row.status !== 'member') return;
    const author = state.members.get(event.author);
    if (author !== undefined && author.role !== 'member') this.#rooms.arrivals.ended(room, 'removed');
  }

  #envelope(link: Link, { part }: Of<'room-envelope'>): void {
    const { env, friends, links, session } = this.#parts;
    const from = link.userId;
    if (from === null || from === session.userId || friends.isBlocked(from)) return this.#parts.count('roomEnvelopesRefused');
    // Opening costs a stranger's target more than the stranger.
    const isKnown = friends.relation(from) === 'friend' || this.#rooms.isMemberOfAny(from);
    if (!isKnown && !this.#strangers.take(from, env.monotonicMillis)) return this.#parts.count('roomEnvelopesRefused');
    const confidence = this.#rooms.pairwise.read(from, part);
    if (typeof confidence === 'string') {
      this.#parts.count('roomEnvelopesRefused');
      // They should begin another session, with the keys of ours that they know by now.
      return void links.send(link, { type: 'room-envelope-refused', session: part.session });
    }
    if (confidence.kind === 'invitation') return this.#rooms.joining.invitation(from, confidence);
    const room = this.#rooms.get(confidence.room);
    if (room === undefined) return;
    if (confidence.kind === 'history') return void this.#rooms.copies.keys.take(room, from, confidence);
    for (const chain of this.#rooms.keys.take(room, from, confidence)) this.#rooms.arrivals.openWith(room, chain);
    this.pages.advance(room);
  }

  /** A member has stored these. */
  #have(room: Room, link: Link, message: Of<'room-have'>): void {
    const { userId } = link;
    if (userId === null || !room.isMember(userId)) return;
    for (const short of shortIds(message.ids).slice(0, EVENTS_MAX)) {
      for (const id of this.#rooms.tables.idsLike(room.id, short)) this.#rooms.arrivals.confirmed(room, this.#rooms.tables.place(id)?.order ?? '', userId);
    }
  }
}
