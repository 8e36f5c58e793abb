import { toHex, utf8 } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import type { CopyTables, HistoryKeyRow } from './copy-tables.ts';
import { EARLIER_KEYS_MAX, HISTORY_KEY_BYTES, type HistoryPlace, historyPlace } from './history-key.ts';
import type { Confidence } from './pairwise.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import type { AnyRoomEvent } from './room-event.ts';
import { idOfOrder } from './room-tables.ts';
import type { Rooms } from './rooms.ts';

export interface KnownKey extends HistoryKeyRow {
  /** Public key of the place in hex. */
  readonly place: string;
}

/** Keys of a room that were only told of. */
const TOLD_MAX = 32;
const PLACES_MAX = 256;
const ASK_AGAIN_MILLIS = 5_000;

/**
 * The keys under which copies of a room lie at holders.
 *
 * A history key is an event of the room, sealed with a sender key like a message: so whoever may read what is written then has it, and
 * whoever was removed before has it not. It is for the members that its author saw (the audience of sender keys); where several made
 * one for the same, the earliest in the room is used. Whoever comes later is told the keys that the room's policy allows by any member.
 */
export class HistoryKeys {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #tables: CopyTables;
  readonly #places = new Map<string, HistoryPlace>();
  readonly #asked = new Map<string, number>();
  readonly #answered = new Map<string, number>();

  constructor(parts: Parts, rooms: Rooms, tables: CopyTables) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#tables = tables;
  }

  forget(): void {
    this.#places.clear();
    this.#asked.clear();
    this.#answered.clear();
  }

  placeOf({ key }: Pick<HistoryKeyRow, 'key'>): HistoryPlace {
    const name = toHex(key);
    let place = this.#places.get(name);
    if (place === undefined) {
      place = historyPlace(this.#parts.env.crypto, key);
      if (this.#places.size >= PLACES_MAX) this.#places.clear();
      this.#places.set(name, place);
    }
    return place;
  }

  /** In the order of the room; those that were only told of come first, since they are older than what the user can read. */
  all(room: Room): KnownKey[] {
    const rows = this.#tables.keys(room.id).map(([place, row]) => ({ place, ...row }));
    return rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.place < b.place ? -1 : 1));
  }

  /** What is written now goes under this one; null: there is none yet. */
  current(room: Room): KnownKey | null {
    const audience = this.#rooms.keys.audience(room);
    return this.all(room).find((row) => row.order !== '' && row.audience === audience) ?? null;
  }

  /** Up to eight of the latest, but this one. */
  earlier(room: Room, but: string): Uint8Array[] {
    if (room.state?.history !== 'all') return [];
    const rows = this.all(room).filter((row) => row.place !== but);
    return rows.slice(-EARLIER_KEYS_MAX).map((row) => row.key);
  }

  /** Makes a key for the members of now. It counts once it has come back as an event of the room. */
  make(room: Room): void {
    const key = this.#parts.env.random.bytes(HISTORY_KEY_BYTES);
    this.#rooms.write(room, 'history-key', this.#rooms.keys.seal(room, { key }));
  }

  /** An event gave this key. */
  heard(room: Room, event: AnyRoomEvent, order: string, key: Uint8Array): void {
    const audience = this.#rooms.keys.audienceOf(event.id, room);
    const place = this.#nameOf(key);
    const known = this.#tables.key(room.id, place);
    // Nobody moves a key that another event gave before.
    if (known !== undefined && known.order !== '' && known.order <= order) return;
    const bridged = !this.#isToTell(room, event, order, place);
    this.#tables.putKey(room.id, place, { key, order, audience, shelf: known?.shelf ?? 0, read: known?.read ?? false, bridged });
    if (!bridged && event.author !== this.#parts.session.userId) this.#rooms.copies.owed(room.id);
  }

  /**
   * Whether this user tells those who are away. Whoever made the key does, at the place of the key before; but one who came into the room
   * after that key does not know it. Then the members do for whom that key was, the first of those who see each other in a line that is
   * made by the hash of member and place.
   */
  #isToTell(room: Room, { author }: AnyRoomEvent, order: string, place: string): boolean {
    const { env, session } = this.#parts;
    const me = session.userId;
    if (me === null || this.#rooms.inheritance.running) return false;
    if (author === me) return true;
    const before = this.#before(room, order);
    const members = before === null ? undefined : room.stateBefore(idOfOrder(before.order))?.members;
    if (members === undefined || members.has(author) || !members.has(me)) return false;
    const rank = (user: UserId): string => toHex(env.crypto.sha256(utf8(`confab/history-key-teller/1\0${user}\0${place}`)));
    const own = rank(me);
    return this.#rooms.linked(room).every(({ userId }) => userId === null || userId === me || !members.has(userId) || own < rank(userId));
  }

  /** The key before this one: members who were away when this one was made have that. */
  before(room: Room, key: KnownKey): KnownKey | null {
    return this.#before(room, key.order);
  }

  #before(room: Room, order: string): KnownKey | null {
    return this.all(room).findLast((row) => row.order !== '' && row.order < order) ?? null;
  }

  /** Members who are away have not been told what is written under now. */
  isOwed(room: Room): boolean {
    return this.current(room)?.bridged === false;
  }

  /** Every piece of a room tells the same few keys. */
  #nameOf(key: Uint8Array): string {
    return toHex(this.placeOf({ key }).keys.publicKey);
  }

  /** True when the key is new here. */
  learnt(id: RoomId, key: Uint8Array): boolean {
    const place = this.#nameOf(key);
    if (this.#tables.key(id, place) !== undefined) return false;
    const told = this.#tables.keys(id).filter(([, row]) => row.order === '');
    if (told.length >= TOLD_MAX) {
      // What leads nowhere may be no key at all, and must not keep one out for good.
      const idle = told.find(([, row]) => row.empty === true);
      if (idle === undefined) return false;
      this.#tables.dropKey(id, idle[0]);
    }
    this.#tables.putKey(id, place, { key, order: '', audience: '', shelf: 0, read: false, bridged: true });
    return true;
  }

  change(room: Room, place: string, change: Partial<HistoryKeyRow>): void {
    const row = this.#tables.key(room.id, place);
    if (row !== undefined) this.#tables.putKey(room.id, place, { ...row, ...change });
  }

  // --- from member to member ---

  /** A member who has none asks whoever is linked, one after the other. */
  ask(room: Room, link: Link): void {
    const { env, links } = this.#parts;
    const asked = `${room.id}/${link.nodeId}`;
    if (env.monotonicMillis - (this.#asked.get(asked) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MILLIS) return;
    if (this.#tables.keys(room.id).length > 0) return;
    if (this.#asked.size >= PLACES_MAX) this.#asked.clear();
    this.#asked.set(asked, env.monotonicMillis);
    if (link.userId !== null) this.#asked.set(`${room.id}/${link.userId}`, env.monotonicMillis);
    links.send(link, { type: 'room-history-ask', room: room.id });
  }

  /** Gives a member the keys that it may have; asked again and again it is not answered each time, since each answer turns a ratchet. */
  tell(room: Room, link: Link): void {
    const { env } = this.#parts;
    const { userId } = link;
    const asker = `${room.id}/${link.nodeId}`;
    if (userId === null || !room.isMember(userId)) return this.#parts.count('roomKeysRefused');
    if (env.monotonicMillis - (this.#answered.get(asker) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MILLIS / 2) return;
    const keys = this.#entitled(room, userId);
    if (keys.length === 0) return;
    if (this.#answered.size >= PLACES_MAX) this.#answered.clear();
    this.#answered.set(asker, env.monotonicMillis);
    this.#rooms.pairwise.tell(link, { kind: 'history', room: room.id, keys });
  }

  /** All of them where later members may read all, else those that were made for the user as well. */
  #entitled(room: Room, user: UserId): Uint8Array[] {
    const isForAll = room.state?.history === 'all';
    const rows = this.all(room).filter((row) => isForAll || (row.order !== '' && room.stateBefore(idOfOrder(row.order))?.members.has(user) === true));
    return rows.slice(-EARLIER_KEYS_MAX).map((row) => row.key);
  }

  /** A member told keys. */
  take(room: Room, from: UserId, confidence: Confidence & { readonly kind: 'history' }): boolean {
    // Keys that nobody asked for would end the asking, and whoever knows the id of a room can send some.
    const wasAsked = this.#asked.has(`${room.id}/${from}`);
    if (!wasAsked || (!room.isMember(from) && room.row.status !== 'pending')) {
      this.#parts.count('roomKeysRefused');
      return false;
    }
    let fresh = false;
    for (const key of confidence.keys) fresh = this.learnt(room.id, key) || fresh;
    return fresh;
  }
}
