import { toHex } from '../bytes.ts';
import { SourceBudget } from '../discovery/budget.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { hexId, list, misfit } from '../shape.ts';
import type { MonotonicMillis, UserId } from '../types.ts';
import type { Room } from './room.ts';
import type { RoomEventId, RoomId } from './room-commands.ts';
import { fromHex, readRoomEvent } from './room-event.ts';
import { MARK_HEADS_MAX } from './room-messages.ts';
import { depthOf } from './room-tables.ts';
import type { Rooms } from './rooms.ts';

/** Marks that are heard; a member who reads aloud must not keep others busy. */
const HEARD = { perSecond: 256, perSourceAndSecond: 8 };
/** How far back the events before a mark are followed; what lies further back was there for certain. */
const DEPTHS_FOLLOWED = 64;
const PASTS_MAX = 64;
const markShape = list(hexId, MARK_HEADS_MAX);

interface Past {
  /** Below this depth everything counts. */
  readonly floor: number;
  readonly ids: ReadonlySet<RoomEventId>;
}

/**
 * How far members have read: a mark is the heads of the room when its member last read, so a line was seen when it is one of them or
 * comes before one. One mark a member and room, however many messages it covers; told to linked members only, at most once in
 * `roomMarkMillis`, and not at all where the settings say so. Marks are hearsay of the member alone and change nothing else.
 */
export class RoomMarks {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #marks = new Map<RoomId, Map<UserId, readonly RoomEventId[]>>();
  readonly #pasts = new Map<string, Past>();
  readonly #budget = new SourceBudget(HEARD);
  /** Own marks that were not told yet. */
  readonly #due = new Set<RoomId>();
  readonly #toldMillis = new Map<RoomId, MonotonicMillis>();

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  forget(): void {
    this.#marks.clear();
    this.#pasts.clear();
    this.#due.clear();
    this.#toldMillis.clear();
  }

  drop(room: Room): void {
    for (const user of this.#of(room).keys()) this.#parts.env.store.delete('roomMarks', `${room.id}/${user}`);
    this.#marks.delete(room.id);
    this.#due.delete(room.id);
  }

  /** Something waits to be told. */
  get waiting(): boolean {
    return this.#due.size > 0;
  }

  #of(room: Room): Map<UserId, readonly RoomEventId[]> {
    let marks = this.#marks.get(room.id);
    if (marks === undefined) {
      const prefix = `${room.id}/`;
      const rows = this.#parts.env.store.scan<readonly RoomEventId[]>('roomMarks', { prefix });
      marks = new Map(rows.map(([key, heads]) => [key.slice(prefix.length) as UserId, heads] as const));
      this.#marks.set(room.id, marks);
    }
    return marks;
  }

  #put(room: Room, user: UserId, heads: readonly RoomEventId[]): boolean {
    const before = this.#of(room).get(user);
    if (before?.join(' ') === heads.join(' ')) return false;
    this.#of(room).set(user, heads);
    this.#parts.env.store.put('roomMarks', `${room.id}/${user}`, heads);
    return true;
  }

  /** As an earlier session of the user kept it: it counts where nothing is known here, or only what that user had read before. */
  inherit(id: RoomId, user: UserId, heads: unknown): void {
    const room = this.#rooms.get(id);
    if (room === undefined || misfit(hexId, user) !== null || misfit(markShape, heads) !== null) return;
    const known = this.#of(room).get(user);
    if (known !== undefined && !this.#isBehind(known, heads as readonly RoomEventId[])) return;
    if (!this.#put(room, user, heads as readonly RoomEventId[]) || user !== this.#parts.session.userId) return;
    this.#due.add(id);
    this.#rooms.setTimer();
  }

  /** Who reads on has a head that stands as far down or further, so a mark whose last head stands higher is an older one. */
  #isBehind(heads: readonly RoomEventId[], others: readonly RoomEventId[]): boolean {
    const last = (ids: readonly RoomEventId[]): string => ids.map((id) => this.#orderOf(id)).reduce((most, order) => (order > most ? order : most), '');
    return heads.every((id) => this.#orderOf(id) !== '') && last(heads) < last(others);
  }

  // --- the own mark ---

  /** The user has read all that is in the room, or what stands up to a line. */
  read(room: Room, last?: RoomEventId): void {
    const { session, chat } = this.#parts;
    if (session.userId === null || room.row.status !== 'member' || !chat.preferences.get().readReceipts) return;
    const heads = last === undefined ? room.row.heads : this.#headsWith(room, session.userId, last);
    const young = [...heads].sort((a, b) => (this.#orderOf(a) < this.#orderOf(b) ? 1 : -1)).slice(0, MARK_HEADS_MAX);
    if (!this.#put(room, session.userId, young.sort())) return;
    this.#due.add(room.id);
    this.#rooms.setTimer();
    this.tick();
  }

  /** What was read before is read still, whether or not it comes before this line. */
  #headsWith(room: Room, me: UserId, last: RoomEventId): readonly RoomEventId[] {
    const known = this.#of(room).get(me) ?? [];
    const before = this.#pastOf(room, known);
    if (before !== null && (before.ids.has(last) || depthOf(this.#orderOf(last)) < before.floor)) return known;
    const past = this.#pastOf(room, [last]);
    return past === null ? known : [...known.filter((head) => !past.ids.has(head) && depthOf(this.#orderOf(head)) >= past.floor), last];
  }

  tick(): void {
    const { env, options } = this.#parts;
    for (const id of this.#due) {
      if (env.monotonicMillis - (this.#toldMillis.get(id) ?? Number.NEGATIVE_INFINITY) < options.roomMarkMillis) continue;
      this.#due.delete(id);
      this.#toldMillis.set(id, env.monotonicMillis);
      const room = this.#rooms.get(id);
      if (room !== undefined) for (const link of this.#rooms.linked(room)) this.#tell(room, link);
    }
  }

  /** A member is linked who may not have heard of it. */
  linkUp(room: Room, link: Link): void {
    this.#tell(room, link);
  }

  #tell(room: Room, link: Link): void {
    const { session, links, chat } = this.#parts;
    const heads = session.userId === null ? undefined : this.#of(room).get(session.userId);
    if (heads === undefined || room.row.status !== 'member' || !chat.preferences.get().readReceipts) return;
    links.send(link, { type: 'room-mark', room: room.id, heads: heads.map(fromHex) });
  }

  // --- those of others ---

  heard(room: Room, link: Link, heads: readonly Uint8Array[]): void {
    const { env } = this.#parts;
    const user = link.userId;
    if (user === null || !room.isMember(user)) return;
    if (!this.#budget.take(user, env.monotonicMillis)) return this.#parts.count('roomMarksIgnored');
    // Whoever logs in at a node of before tells first what was read there.
    const known = this.#of(room).get(user);
    if (known !== undefined && this.#isBehind(heads.map(toHex), known)) return;
    if (!this.#put(room, user, heads.map(toHex))) return;
    const upTo = heads.map((head) => this.#orderOf(toHex(head))).reduce((most, order) => (order > most ? order : most), '');
    if (upTo !== '') this.#parts.tell({ type: 'room-seen', room: room.row.name, roomId: room.id, user: this.#rooms.lines.nameOf(room, user), upTo });
  }

  /** Members who have read a line, as far as they have said so: by name, without its author. */
  seenBy(room: Room, id: RoomEventId, order: string, author: UserId): string[] {
    const names: string[] = [];
    for (const [user, heads] of this.#of(room)) {
      if (user === author || user === this.#parts.session.userId || !room.isMember(user)) continue;
      const past = this.#pastOf(room, heads);
      if (past !== null && (past.ids.has(id) || depthOf(order) < past.floor)) names.push(this.#rooms.lines.nameOf(room, user));
    }
    return names.sort();
  }

  #orderOf(id: RoomEventId): string {
    return this.#rooms.tables.place(id)?.order ?? '';
  }

  /** What is among these heads or before them; null while none of them has come. */
  #pastOf(room: Room, heads: readonly RoomEventId[]): Past | null {
    const known = heads.filter((head) => room.has(head));
    if (known.length === 0) return null;
    const key = `${room.id} ${known.join(' ')}`;
    const before = this.#pasts.get(key);
    if (before !== undefined) return before;
    const floor = Math.max(...known.map((head) => depthOf(this.#orderOf(head)))) - DEPTHS_FOLLOWED;
    const ids = new Set<RoomEventId>(known);
    const open = [...known];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const signed = room.signedEvent(id);
      const event = signed === undefined || depthOf(this.#orderOf(id)) < floor ? null : readRoomEvent(this.#parts.env, signed, true);
      for (const parent of event === null || typeof event === 'string' ? [] : event.parents) {
        if (!ids.has(parent)) open.push(parent);
        ids.add(parent);
      }
    }
    if (this.#pasts.size >= PASTS_MAX) this.#pasts.clear();
    const past = { floor, ids };
    this.#pasts.set(key, past);
    return past;
  }
}
