import { toHex } from '../bytes.ts';
import type { ServiceResult } from '../env.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import {
  type AnyRoomEvent,
  decodeRoomEvent,
  isSealedEvent,
  readRoomEvent,
  rememberVerified,
  type SignedRoomEvent,
  signedBytesOf,
  verifiedEvent,
} from './room-event.ts';
import type { Rooms } from './rooms.ts';

/** Fewer events than these are checked at once: another turn would cost more than their signatures. */
const APART_MIN = 4;

interface Page {
  readonly link: Link;
  /** As they say they are: not to be believed before `judged`. */
  readonly events: readonly AnyRoomEvent[];
  /** Those whose signatures are right; null while that is being found out. */
  judged: readonly AnyRoomEvent[] | null;
  /** When the keys were asked for that this page needs. */
  askedMillis: number;
  /** Sender keys that the page needs and that were asked for. */
  readonly lacking: Set<string>;
}

/**
 * Pages of events that answer a question: a late member is sent a hundred thousand events, and a signature takes longer to be
 * checked than the rest of an event to be taken in. So signatures are checked apart, where several cores can do it, and sender
 * keys are asked for meanwhile, so that lines are opened when they are stored and not stored twice.
 *
 * Invariants
 * 1. No event goes on before its signature was found right, by the same check as everywhere.
 * 2. Pages of a room go on in the order in which they came, since later events stand on earlier ones.
 * 3. A key that does not come keeps a page for `roomPageMillis` and no longer, and not while another page finds no place; the lines are
 *    kept sealed then.
 */
export class RoomPages {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #takeIn: (room: Room, link: Link, events: readonly AnyRoomEvent[]) => void;
  readonly #pages = new Map<RoomId, Page[]>();
  /** Answers to questions of an earlier session find nothing. */
  #session = 0;

  constructor(parts: Parts, rooms: Rooms, takeIn: (room: Room, link: Link, events: readonly AnyRoomEvent[]) => void) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#takeIn = takeIn;
  }

  get waiting(): boolean {
    return this.#pages.size > 0;
  }

  forget(): void {
    this.#session += 1;
    this.#pages.clear();
  }

  drop(room: Room): void {
    this.#pages.delete(room.id);
  }

  /** Takes charge of a page; false where the caller had better check it at once. What is too much is dropped: it is asked for again. */
  take(room: Room, link: Link, page: readonly SignedRoomEvent[]): boolean {
    if (!this.#pages.has(room.id) && page.length < APART_MIN) return false;
    this.#makePlace(room);
    const pages = this.#pages.get(room.id);
    if (pages !== undefined && pages.length >= this.#parts.options.roomPagesMax) {
      this.#parts.count('roomPagesRefused');
      return true;
    }
    const events: AnyRoomEvent[] = [];
    for (const signed of page) {
      const event = this.#fresh(room, signed);
      if (event !== null) events.push(event);
    }
    const entry: Page = { link, events, judged: null, askedMillis: 0, lacking: new Set() };
    if (pages === undefined) this.#pages.set(room.id, [entry]);
    else pages.push(entry);
    this.#check(room, entry);
    return true;
  }

  /** Where all is full, the first page waits for keys no longer: a member who gives none takes up the place of nobody else's pages. */
  #makePlace(room: Room): void {
    const pages = this.#pages.get(room.id);
    const first = pages?.[0];
    if (pages === undefined || first === undefined || first.judged === null || pages.length < this.#parts.options.roomPagesMax) return;
    pages.shift();
    this.#takeIn(room, first.link, first.judged);
  }

  #check(room: Room, page: Page): void {
    const unsure = page.events.filter((event) => verifiedEvent(event.signed) === undefined);
    if (unsure.length === 0) return this.#judged(room, page, page.events);
    const session = this.#session;
    const items = unsure.map((event) => ({ publicKey: event.authorKey, bytes: signedBytesOf(event.signed), signature: event.signed.signature }));
    this.#parts.count('roomEventsCheckedApart', unsure.length);
    this.#rooms.services.call({ service: 'check-signatures', items }, (result) => {
      if (session === this.#session && this.#pages.get(room.id)?.includes(page) === true) this.#answered(room, page, unsure, result);
    });
  }

  /** Null for what is here already or is no event. Much comes twice in large rooms; a hash is cheaper than a signature. */
  #fresh(room: Room, signed: SignedRoomEvent): AnyRoomEvent | null {
    const { env } = this.#parts;
    const event = verifiedEvent(signed) ?? decodeRoomEvent(env, signed);
    if (typeof event === 'string') this.#parts.count('roomEventsRefused');
    else if (!room.has(event.id) && !room.parked.has(event.id)) return event;
    else this.#parts.count('roomEventsTwice');
    return null;
  }

  #answered(room: Room, page: Page, unsure: readonly AnyRoomEvent[], result: ServiceResult): void {
    const right = result.ok && result.value instanceof Uint8Array && result.value.length === unsure.length ? result.value : null;
    for (const [at, event] of unsure.entries()) if (right?.[at] === 1) rememberVerified(event.signed, event);
    // Where the helper failed, all is checked here: nothing may be lost because of that.
    const holds = ({ signed }: AnyRoomEvent): boolean =>
      right === null ? typeof readRoomEvent(this.#parts.env, signed) !== 'string' : verifiedEvent(signed) !== undefined;
    const judged = page.events.filter(holds);
    if (judged.length < page.events.length) this.#parts.count('roomEventsRefused', page.events.length - judged.length);
    this.#judged(room, page, judged);
  }

  #judged(room: Room, page: Page, judged: readonly AnyRoomEvent[]): void {
    page.judged = judged;
    this.#askForKeys(room, page, judged);
    this.advance(room);
  }

  /** Only for what members have signed: whoever is none cannot make this node ask for keys. */
  #askForKeys(room: Room, page: Page, events: readonly AnyRoomEvent[]): void {
    const { keys, tables } = this.#rooms;
    const authors = new Map<string, AnyRoomEvent['author']>();
    for (const event of events) {
      if (!isSealedEvent(event)) continue;
      const chain = toHex(event.body.chain);
      if (authors.has(chain) || !room.isMember(event.author) || tables.chain(room.id, chain) !== undefined) continue;
      authors.set(chain, event.author);
    }
    if (authors.size === 0) return;
    for (const chain of authors.keys()) page.lacking.add(chain);
    page.askedMillis = this.#parts.env.monotonicMillis;
    keys.expect(room, page.link, authors);
    this.#rooms.setTimer();
  }

  /** Hands on what is ready: after a check, when keys have come, and when they have been waited for long enough. */
  advance(room: Room): void {
    const pages = this.#pages.get(room.id);
    if (pages === undefined) return;
    for (let page = pages[0]; page !== undefined; page = pages[0]) {
      if (page.judged === null || this.#lacksKeys(room, page)) return;
      pages.shift();
      // While the last one is taken in nothing waits any more.
      if (pages.length === 0) this.#pages.delete(room.id);
      this.#takeIn(room, page.link, page.judged);
    }
  }

  #lacksKeys(room: Room, page: Page): boolean {
    const { env, options } = this.#parts;
    for (const chain of page.lacking) if (this.#rooms.tables.chain(room.id, chain) !== undefined) page.lacking.delete(chain);
    return page.lacking.size > 0 && page.link.established && env.monotonicMillis - page.askedMillis < options.roomPageMillis;
  }
}
