import { concat } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { SignedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { type AnyRoomEvent, fromHex, type SignedRoomEvent } from './room-event.ts';
import { linksOfUsers } from './room-links.ts';
import { SHORT_ID_BYTES } from './room-messages.ts';
import type { RoomRest } from './room-rest.ts';

const EVENTS_MAX = 64;
const NO_NEWS: readonly never[] = [];
const NOBODY: ReadonlySet<UserId> = new Set();

/** Who were members, of an event by which somebody ceases to be one; else empty. */
export function leftBehind(kind: AnyRoomEvent['kind'], room: Room): ReadonlySet<UserId> {
  return kind === 'remove' || kind === 'leave' ? new Set(room.state?.members.keys() ?? []) : NOBODY;
}

/** What this turn brought to a room. */
interface News {
  /**
   * To be passed on, and over which link each came (null: ours). `before`: of one by which somebody ceases to be a member, who were
   * members, since whoever goes hears of it as well; else empty.
   */
  readonly events: Array<{ readonly event: AnyRoomEvent; readonly from: Link | null; readonly before: ReadonlySet<UserId> }>;
  /** Confirmations due to authors. */
  readonly have: Map<UserId, string[]>;
  changed: boolean;
  keysFrom: Link | null;
  /** Who has just joined. */
  readonly greet: Set<Link>;
}

/** Collects what a turn brings to rooms, so that each peer is sent one message of it. */
export class RoomOutgoing {
  readonly #parts: Parts;
  readonly #rest: RoomRest;
  readonly #news = new Map<RoomId, News>();

  constructor(parts: Parts, rest: RoomRest) {
    this.#parts = parts;
    this.#rest = rest;
  }

  clear(): void {
    this.#news.clear();
  }

  drop(room: Room): void {
    this.#news.delete(room.id);
  }

  of(room: Room): News {
    this.#parts.turnWork.add(WORK.rooms);
    let news = this.#news.get(room.id);
    if (news === undefined) {
      news = { events: [], have: new Map(), changed: false, keysFrom: null, greet: new Set() };
      this.#news.set(room.id, news);
    }
    return news;
  }

  /** Its author hears at the end of the turn that the event is stored here. */
  haveDue(room: Room, event: AnyRoomEvent): void {
    const { have } = this.of(room);
    const due = have.get(event.author);
    if (due === undefined) have.set(event.author, [event.id]);
    else due.push(event.id);
  }

  /** What there is, once. */
  take(): ReadonlyArray<readonly [RoomId, News]> {
    if (this.#news.size === 0) return NO_NEWS;
    const taken = [...this.#news];
    this.#news.clear();
    return taken;
  }

  send(room: Room, news: News): void {
    if (news.events.length > 0) this.#passOn(room, news);
    for (const [author, ids] of news.have) this.#sendHave(room, author, ids);
  }

  /** Own events go to all linked members; those of others are passed on in large rooms, where not everybody is linked with everybody. */
  #passOn(room: Room, news: News): void {
    const { links, options } = this.#parts;
    const members = room.state?.members;
    const large = members !== undefined && members.size > options.roomDirectMembersMax;
    const linked = linksOfUsers(this.#parts, (user) => members?.has(user) === true);
    const batches = new Map<Link, SignedRoomEvent[]>();
    const newcomers = new Map<Link, SignedRecord[]>();
    for (const { event, from, before } of news.events) {
      const whereabouts = large && event.kind === 'join' ? this.#nodesOf(event.author) : [];
      // Who joins knows nobody but the one who let them in.
      const isIntroduction = event.kind === 'join' && from?.userId === event.author;
      if (from !== null && !large && !isIntroduction) continue;
      const isPassedOn = from !== null && !isIntroduction;
      for (const link of before.size === 0 ? linked : linksOfUsers(this.#parts, (user) => members?.has(user) === true || before.has(user))) {
        if (link === from || link.userId === event.author || (isPassedOn && !this.#rest.isAwake(room.id, link))) continue;
        const batch = batches.get(link);
        if (batch === undefined) batches.set(link, [event.signed]);
        else batch.push(event.signed);
        if (whereabouts.length > 0) newcomers.set(link, [...(newcomers.get(link) ?? []), ...whereabouts]);
      }
    }
    for (const [link, events] of batches) {
      for (let at = 0; at < events.length; at += EVENTS_MAX) {
        links.send(link, { type: 'room-events', room: room.id, events: events.slice(at, at + EVENTS_MAX), live: 1 });
      }
    }
    for (const [link, records] of newcomers) links.send(link, { type: 'records', records, final: 0 });
  }

  /** Where somebody listens: in a large room whoever becomes a neighbour of a newcomer need not look for them. */
  #nodesOf(user: UserId): SignedRecord[] {
    const { view } = this.#parts;
    return view.nodesOf(user).flatMap((id) => view.node(id)?.signed ?? []);
  }

  #sendHave(room: Room, author: UserId, ids: readonly string[]): void {
    const { links, connections } = this.#parts;
    const link = connections.sessionLink(author);
    for (let at = 0; link !== null && at < ids.length; at += EVENTS_MAX) {
      const shorts = ids.slice(at, at + EVENTS_MAX).map((id) => fromHex(id.slice(0, SHORT_ID_BYTES * 2)));
      links.send(link, { type: 'room-have', room: room.id, ids: concat(...shorts) });
    }
  }
}
