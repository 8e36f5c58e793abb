import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { CardAsks } from './card-asks.ts';
import { CardRumours } from './card-rumours.ts';
import type { Room } from './room.ts';
import type { RoomId, RoomsView } from './room-commands.ts';
import { type AnyRoomEvent, idOfEvent, readRoomEvent } from './room-event.ts';
import { CARDS_SENT_MAX, type RoomCard } from './room-messages.ts';
import { linkOf } from './room-views.ts';
import type { Rooms } from './rooms.ts';

/** Names of members in a card, an invitation or a row. */
export const HOSTS_MAX = 4;

/** Clocks of those who found rooms may be ahead of ours by so much, ms. */
const STAMP_AHEAD_MILLIS = 86_400_000;

type Create = AnyRoomEvent & { readonly kind: 'create' };

/** A room as somebody told of it, its first event checked. */
interface Known {
  readonly card: RoomCard;
  readonly create: Create;
}

/** Rooms that anybody may ask to join: those of this user that others are told of, and those that members tell of. */
export class RoomCards {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #cards = new Map<RoomId, Known>();
  readonly rumours: CardRumours;
  readonly asks: CardAsks;

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.rumours = new CardRumours(parts);
    this.asks = new CardAsks(parts);
  }

  forget(): void {
    this.rumours.forget();
    this.asks.forget();
  }

  get(room: RoomId): Known | undefined {
    return this.#cards.get(room);
  }

  /** Somebody who is logged in is linked with us: where all know each other they are told of all rooms. */
  linkUp(user: UserId, link: Link): void {
    const { links, sync } = this.#parts;
    if (sync.crowd) return this.asks.linkUp(link);
    const cards = this.#cardsFor(user, CARDS_SENT_MAX);
    if (cards.length > 0) links.send(link, { type: 'room-cards', cards });
  }

  /** Rooms of ours that somebody is not in, then those that we have heard of. */
  #cardsFor(user: UserId, countMax: number): RoomCard[] {
    const cards: RoomCard[] = [];
    for (const room of this.#rooms.all()) {
      const { state } = room;
      if (room.row.status !== 'member' || state === null || state.policy === 'invite' || state.members.has(user)) continue;
      const create = room.firstEvent();
      if (create !== undefined) cards.push({ create, topic: room.row.topic, members: state.members.size, hosts: hostsOf(this.#parts, room) });
    }
    for (const { card } of this.#cards.values()) if (cards.length < countMax) cards.push(card);
    return cards.slice(0, countMax);
  }

  /** A newcomer to a crowd wants to know what rooms there are. */
  asked(link: Link): void {
    const { userId } = link;
    if (userId !== null) this.asks.asked(link, () => this.#cardsFor(userId, this.#parts.options.roomCardsMax));
  }

  /** A room of ours is new: everybody who is linked hears of it, unless it is by invitation. */
  announce(room: Room): void {
    const { links } = this.#parts;
    const create = room.firstEvent();
    if (room.state === null || room.state.policy === 'invite' || create === undefined) return;
    const card = { create, topic: room.row.topic, members: room.state.members.size, hosts: hostsOf(this.#parts, room) };
    for (const link of links.upLinks()) if (link.sessionOpen) links.send(link, { type: 'room-cards', cards: [card] });
  }

  /** Somebody tells of rooms; what is new here is passed on, once: at once to everybody where all know each other, else to a few, later. */
  take(link: Link, cards: readonly RoomCard[]): void {
    const { env, links, sync } = this.#parts;
    const fresh: RoomCard[] = [];
    for (const card of cards) {
      // What is known is not checked again.
      const before = this.#cards.get(idOfEvent(env.crypto, card.create) as string as RoomId);
      const create = before?.create ?? readRoomEvent(env, card.create);
      if (typeof create === 'string' || create.kind !== 'create' || create.body.policy === 'invite') {
        this.#parts.count('dropped:invalid');
        continue;
      }
      if (before === undefined && !this.#makesWayFor(create)) continue;
      if (before === undefined && !sync.crowd) fresh.push(card);
      else if (before === undefined) this.rumours.add(create.room, { card, from: link });
      this.#cards.delete(create.room);
      // What was not checked is not passed on either.
      this.#cards.set(create.room, { card: card.create === create.signed ? card : { ...card, create: create.signed }, create });
    }
    if (fresh.length === 0) return;
    for (const other of links.upLinks()) if (other !== link && other.sessionOpen) links.send(other, { type: 'room-cards', cards: fresh });
  }

  /**
   * Where there are more rooms than are remembered, those founded last stay, everywhere the same: what has given way does not come back.
   * Else whoever forgot a room would take it for new when told of it, and pass it on to those who forgot it meanwhile, without end.
   */
  #makesWayFor(create: Create): boolean {
    if (this.#cards.size < this.#parts.options.roomCardsMax) return true;
    let first = create;
    for (const known of this.#cards.values()) if (this.#isOlder(known.create, first)) first = known.create;
    return first !== create && this.#cards.delete(first.room);
  }

  #isOlder(one: Create, other: Create): boolean {
    const [stamp, otherStamp] = [this.#stampOf(one), this.#stampOf(other)];
    return stamp < otherStamp || (stamp === otherStamp && one.room < other.room);
  }

  /** Nobody founds rooms in days to come, to stay there before all others. */
  #stampOf({ stampMillis }: Create): number {
    return stampMillis > this.#parts.env.wallMillis + STAMP_AHEAD_MILLIS ? 0 : stampMillis;
  }

  others(): Array<RoomsView['others'][number]> {
    const found: Array<RoomsView['others'][number]> = [];
    for (const [id, { card, create }] of this.#cards) {
      const status = this.#rooms.get(id)?.row.status;
      if (status === 'member' || status === 'pending') continue;
      found.push({
        room: create.body.name,
        roomId: id,
        topic: card.topic,
        policy: create.body.policy,
        members: card.members,
        link: linkOf(id, ...card.hosts.filter((host) => host !== this.#parts.settings.user)),
      });
    }
    return found.sort((a, b) => (a.room < b.room ? -1 : 1));
  }
}

/** Names of this user and of some other members. */
export function hostsOf({ settings, session }: Parts, room: Room): string[] {
  const others = [...(room.state?.members ?? [])].filter(([user]) => user !== session.userId).map(([, member]) => member.name);
  return [settings.user, ...others].slice(0, HOSTS_MAX);
}
