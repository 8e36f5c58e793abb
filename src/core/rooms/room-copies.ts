import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import { roomCopyValue } from '../replication/kinds/room-copy-kind.ts';
import type { WriteProgress } from '../replication/writes.ts';
import { integer, misfit } from '../shape.ts';
import { CopyBridges, type Crossing } from './copy-bridges.ts';
import { CopyLooks } from './copy-looks.ts';
import { CopyRenewal, type Renewal } from './copy-renewal.ts';
import { CopyTables, type SegmentRow } from './copy-tables.ts';
import { SEGMENT_EVENTS_MAX, type Segment, sealSegment, writerKeys } from './history-key.ts';
import { HistoryKeys, type KnownKey } from './history-keys.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { type AnyRoomEvent, isSealedEvent, readRoomEvent, type SignedRoomEvent } from './room-event.ts';
import type { Rooms } from './rooms.ts';

const DAY_MILLIS = 86_400_000;
/** Events of others that are watched until they are known to be on the ring, in one room. */
const WATCHED_MAX = 4_096;
/** What is left waits this long when a piece has been put away, ms. */
const NEXT_MILLIS = 50;
const SEGMENT_BYTES = 8;
/** Rows that are looked through for events that are here. */
const DUE_MAX = 4_096;

/**
 * Sealed copies of the user's rooms at the holders of the ring, so that what was written outlives those who were there.
 *
 * Each member puts there what it writes, in pieces of its own that it adds to until they are full; what others wrote it puts there only
 * when they cannot and nobody did (CopyLooks).
 *
 * Invariants
 * 1. An event stays due, on disk, until a majority of its holders has it, one of them not this node.
 * 2. A piece is sealed under the history key of the members of now: who ceased to be one does not read what is added afterwards.
 */
export class RoomCopies {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly tables: CopyTables;
  readonly keys: HistoryKeys;
  readonly bridges: CopyBridges;
  readonly looks: CopyLooks;
  readonly renewal: CopyRenewal;
  /** Events that come now were just written, and are not a part of the past that is being fetched. */
  live = false;
  readonly #flushMillis = new Map<RoomId, number>();
  readonly #writing = new Set<RoomId>();
  readonly #watched = new Map<RoomId, number>();
  /** Since when the key of the others is waited for, by the monotonic clock. */
  readonly #keyAwaitedMillis = new Map<RoomId, number>();
  /** Of the session: what comes back from an earlier one is not listened to. */
  #session = 0;
  #timerMillis = Number.POSITIVE_INFINITY;

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.tables = new CopyTables(parts.env.store);
    this.keys = new HistoryKeys(parts, rooms, this.tables);
    this.bridges = new CopyBridges(parts, this.keys, rooms.keys, rooms.tables);
    this.looks = new CopyLooks(parts, rooms, this);
    this.renewal = new CopyRenewal(parts, rooms, this.tables);
  }

  open(): void {
    const { options, env } = this.#parts;
    this.#session += 1;
    for (const room of this.#rooms.all()) {
      if (this.tables.due(room.id, 'mine', 1).length > 0 || this.keys.isOwed(room)) this.#flushIn(room.id, options.roomCopyMillis);
      if (room.row.status === 'member') this.looks.plan(room.id, options.roomLookMillis * (0.75 + 0.5 * env.random.fraction()));
    }
    this.setTimer();
  }

  close(): void {
    this.#session += 1;
    this.#flushMillis.clear();
    this.#writing.clear();
    this.#watched.clear();
    this.#keyAwaitedMillis.clear();
    this.keys.forget();
    this.bridges.forget();
    this.renewal.forget();
    this.looks.forget();
    this.#timerMillis = Number.POSITIVE_INFINITY;
    this.#parts.env.cancelTimer('room-copies', '');
  }

  drop(id: RoomId): void {
    this.#flushMillis.delete(id);
    this.#keyAwaitedMillis.delete(id);
    this.looks.drop(id);
    this.renewal.drop(id);
  }

  // --- what is due ---

  /** An event has found its place in a room. */
  delivered(room: Room, event: AnyRoomEvent, order: string): void {
    const { env, options, session } = this.#parts;
    if (this.#rooms.inheritance.running || this.looks.reading) {
      // What an earlier session of the user could not put there any more is for this one to put there.
      if (this.isDue(room, order)) this.#flushIn(room.id, options.roomCopyMillis * env.random.fraction());
      return;
    }
    if (event.author === session.userId) {
      this.tables.putDue(room.id, 'mine', order, Math.trunc(env.wallMillis));
      // Where nobody else has it, the holders are the only ones who can; and who has just come in may need a key of their own.
      const isUrgent = event.kind === 'join' || this.#rooms.linked(room).length === 0;
      this.#flushIn(room.id, isUrgent ? options.roomCopySoonMillis : options.roomCopyMillis * (0.5 + env.random.fraction()));
    } else if (this.live) this.#watch(room, order);
  }

  /** A row of an earlier session at another node. What others probably put there is not watched again. */
  inherit(id: RoomId, rest: string, sinceMillis: unknown): void {
    const { env, options } = this.#parts;
    const order = this.tables.orderOfMine(rest);
    if (order === null || misfit(integer(), sinceMillis) !== null) return;
    this.tables.putDue(id, 'mine', order, sinceMillis as number);
    this.#flushIn(id, options.roomCopyMillis * env.random.fraction());
  }

  #watch(room: Room, order: string): void {
    const { env, options } = this.#parts;
    const count = this.#watched.get(room.id) ?? 0;
    if (count >= WATCHED_MAX) return;
    this.#watched.set(room.id, count + 1);
    this.tables.putDue(room.id, 'theirs', order, Math.trunc(env.wallMillis));
    this.looks.plan(room.id, options.roomRepairMillis * (0.5 + env.random.fraction()));
  }

  /** Holders have this event. */
  isHeld(room: Room, order: string): void {
    if (!this.tables.isDue(room.id, 'theirs', order)) return;
    this.tables.dropDue(room.id, 'theirs', order);
    this.#watched.set(room.id, Math.max(0, (this.#watched.get(room.id) ?? 0) - 1));
  }

  /** Nobody has put this there, and its author cannot: we do. */
  adopt(room: Room, order: string): void {
    this.isHeld(room, order);
    this.tables.putDue(room.id, 'mine', order, Math.trunc(this.#parts.env.wallMillis));
    this.#flushIn(room.id, this.#parts.options.roomCopyMillis * this.#parts.env.random.fraction());
  }

  #flushIn(id: RoomId, millis: number): void {
    const at = this.#parts.env.monotonicMillis + millis;
    this.#flushMillis.set(id, Math.min(at, this.#flushMillis.get(id) ?? at));
    this.setTimer();
  }

  setTimer(): void {
    const { env } = this.#parts;
    let next = this.looks.nextMillis;
    for (const [id, at] of this.#flushMillis) if (!this.#writing.has(id)) next = Math.min(next, at);
    if (next === Number.POSITIVE_INFINITY || (next >= this.#timerMillis && this.#timerMillis >= env.monotonicMillis)) return;
    this.#timerMillis = next;
    env.setTimer('room-copies', '', Math.max(0, next - env.monotonicMillis));
  }

  timer(): void {
    const { env, session } = this.#parts;
    this.#timerMillis = Number.POSITIVE_INFINITY;
    if (session.open === null) return;
    for (const [id, at] of this.#flushMillis) {
      if (at > env.monotonicMillis || this.#writing.has(id)) continue;
      this.#flushMillis.delete(id);
      const room = this.#rooms.get(id);
      if (room?.row.status === 'member') this.#flush(room);
    }
    this.looks.step();
    this.setTimer();
  }

  // --- writing ---

  #flush(room: Room): void {
    const hasDue = this.#dueOf(room).length > 0;
    if (!hasDue && !this.keys.isOwed(room)) return this.#renew(room);
    // Each sealing turns ratchets, and a copy that only this node has does not count.
    if (this.#parts.replication.successors().length === 0) return this.#flushIn(room.id, this.#parts.options.roomCopyMillis);
    let key = this.keys.current(room);
    if (key === null && this.#isOnItsWay(room)) return this.#flushIn(room.id, this.#parts.options.roomGapMillis);
    this.#keyAwaitedMillis.delete(room.id);
    if (key === null) {
      this.keys.make(room);
      key = this.keys.current(room);
    }
    // The key is an event behind others that wait for their sender keys: soon.
    if (key === null) return this.#flushIn(room.id, this.#parts.options.roomGapMillis);
    const crossing = this.bridges.next(room, key, this.#dueOf(room));
    if (crossing !== null) return this.#cross(room, crossing);
    if (!hasDue) return this.#renew(room);
    this.#put(room, key, this.#grown(room, key));
  }

  /**
   * The members' key may be among what still waits for sender keys of members who are there: each newcomer who made one of their own
   * instead would have everybody ask for its sender key at once. Not waited for beyond the time after which a write is tried again.
   */
  #isOnItsWay(room: Room): boolean {
    const { env, options } = this.#parts;
    if (this.#rooms.linked(room).length === 0 || !this.#rooms.tables.isSealed(room.id)) return false;
    const since = this.#keyAwaitedMillis.get(room.id) ?? env.monotonicMillis;
    this.#keyAwaitedMillis.set(room.id, since);
    return env.monotonicMillis - since < options.roomCopyRetryMillis;
  }

  /** What can be put there now: of what was handed over the row comes before the event. */
  #dueOf(room: Room): string[] {
    const found: string[] = [];
    for (const [order] of this.tables.due(room.id, 'mine', DUE_MAX)) {
      if (found.length >= SEGMENT_EVENTS_MAX) break;
      if (this.#rooms.tables.event(room.id, order) !== undefined) found.push(order);
    }
    return found;
  }

  /** Before anything lies under a key, those who are away can come to it, and open it. */
  #cross(room: Room, { at, bridges, done }: Crossing): void {
    const row = { place: at.place, shelf: at.shelf, segment: this.#newName(), sequence: 1 };
    this.#write(room, at, row, { events: [], chains: [], keys: [], bridges }, (progress) => {
      if (progress.state === 'gave-up' || !this.#isElsewhere(progress)) return this.#flushIn(room.id, this.#parts.options.roomCopyRetryMillis);
      if (progress.state === 'refused') this.keys.change(room, at.place, { shelf: at.shelf + 1 });
      else done();
      this.#flushIn(room.id, NEXT_MILLIS);
    });
  }

  /** A piece as it is, for another while. */
  #renew(room: Room): void {
    const renewal = this.renewal.next(room.id);
    if (renewal === null) return;
    const { key, copy, segment }: Renewal = renewal;
    this.#parts.count('roomSegmentsRenewed');
    this.#write(room, key, { shelf: copy.shelf, segment: copy.segment, sequence: copy.sequence + 1 }, segment, () => this.#flushIn(room.id, NEXT_MILLIS));
  }

  /** A piece waits to be put there again. */
  flushSoon(id: RoomId): void {
    this.#flushIn(id, NEXT_MILLIS);
  }

  /** Members who are away are to be told of a key: soon, since somebody may write under it and leave. */
  owed(id: RoomId): void {
    this.#flushIn(id, this.#parts.options.roomCopySoonMillis);
  }

  #newName(): string {
    return toHex(this.#parts.env.random.bytes(SEGMENT_BYTES));
  }

  /** Somebody but this node has it, or nobody wants it. */
  #isElsewhere(progress: WriteProgress): boolean {
    return progress.state === 'refused' || progress.holders.some((holder) => holder.id !== this.#parts.session.nodeId);
  }

  /** The present piece with what is due, as much as fits, or the next piece. */
  #grown(room: Room, key: KnownKey): SegmentRow {
    const { env, options } = this.#parts;
    const nowMillis = Math.trunc(env.wallMillis);
    const present = this.tables.segment(room.id);
    const due = this.#dueOf(room);
    const isOpen =
      present !== undefined && (nowMillis - present.sinceMillis < options.roomSegmentMillis || due.some((order) => present.orders.includes(order)));
    const goesOn = isOpen && present.place === key.place;
    const grown = goesOn ? this.#fitting(room, present.orders, due) : [];
    if (goesOn && grown.length > present.orders.length) return { ...present, sequence: present.sequence + 1, orders: grown };
    // What is due and in the piece already was not confirmed: it is written again as it is.
    if (goesOn && due.some((order) => present.orders.includes(order))) return { ...present, sequence: present.sequence + 1 };
    return { place: key.place, shelf: key.shelf, segment: this.#newName(), sequence: 1, orders: this.#fitting(room, [], due), sinceMillis: nowMillis };
  }

  /** Together at most so many bytes and events; one alone may have more. */
  #fitting(room: Room, present: readonly string[], due: readonly string[]): string[] {
    const orders = [...present];
    let bytes = 0;
    for (const order of present) bytes += this.#rooms.tables.event(room.id, order)?.bytes.length ?? 0;
    for (const order of due) {
      if (present.includes(order)) continue;
      const size = this.#rooms.tables.event(room.id, order)?.bytes.length ?? 0;
      if (orders.length >= SEGMENT_EVENTS_MAX || (orders.length > 0 && bytes + size > this.#parts.options.roomSegmentBytes)) break;
      orders.push(order);
      bytes += size;
    }
    return orders;
  }

  #put(room: Room, key: KnownKey, row: SegmentRow): void {
    this.tables.putSegment(room.id, row);
    this.#write(room, key, row, this.#content(room, key, row), (progress) => this.#progress(room, key, row, progress));
  }

  /** One write a room at a time. `progress` hears the first word that says anything. */
  #write(
    room: Room,
    key: KnownKey,
    row: Pick<SegmentRow, 'shelf' | 'segment' | 'sequence'>,
    content: Segment,
    progress: (progress: WriteProgress) => void,
  ): void {
    const { env, options, session, replication } = this.#parts;
    if (session.open === null) return;
    const place = this.keys.placeOf(key);
    const writer = writerKeys(env.crypto, session.open.identity, key.key, room.id);
    const bound = { place: place.keys.publicKey, writer: writer.publicKey, shelf: row.shelf, segment: row.segment, sequence: row.sequence };
    const sealed = sealSegment(env, place, bound, content);
    const expiresMillis = (Math.floor((env.wallMillis + options.roomCopyKeptMillis) / DAY_MILLIS) + 1) * DAY_MILLIS;
    const value = roomCopyValue(env, { place: place.keys, writer }, { ...row, expiresMillis, sealed });
    this.#writing.add(room.id);
    this.#parts.count('roomSegmentsSealed');
    const during = this.#session;
    let told = false;
    replication.put(value, (each) => {
      if (this.#session !== during || told) return;
      told = true;
      this.#writing.delete(room.id);
      progress(each);
    });
  }

  #content(room: Room, key: KnownKey, row: SegmentRow): Segment {
    const { env } = this.#parts;
    const events: SignedRoomEvent[] = [];
    const chains = new Map<string, Segment['chains'][number]>();
    for (const order of row.orders) {
      const signed = this.#rooms.tables.event(room.id, order);
      const event = signed === undefined ? 'missing' : readRoomEvent(env, signed, true);
      if (signed === undefined || typeof event === 'string') continue;
      events.push(signed);
      if (!isSealedEvent(event)) continue;
      const chain = toHex(event.body.chain);
      const known = this.#rooms.tables.chain(room.id, chain);
      // Where history begins with joining, a history key gives no more than the sender keys of its own time did.
      const isDue = known !== undefined && known.author === event.author && (room.state?.history === 'all' || known.position.heads === key.audience);
      if (isDue) chains.set(chain, { author: known.author, position: known.position });
    }
    return { events, chains: [...chains.values()], keys: this.keys.earlier(room, key.place), bridges: [] };
  }

  #progress(room: Room, key: KnownKey, row: SegmentRow, progress: WriteProgress): void {
    switch (progress.state) {
      case 'refused':
        this.tables.dropSegment(room.id);
        this.keys.change(room, key.place, { shelf: Math.max(key.shelf, row.shelf + 1) });
        return this.#flushIn(room.id, NEXT_MILLIS);
      case 'gave-up':
        return this.#flushIn(room.id, this.#parts.options.roomCopyRetryMillis);
      case 'held':
      case 'complete':
        if (!this.#isElsewhere(progress)) return this.#flushIn(room.id, this.#parts.options.roomCopyRetryMillis);
        return this.#held(room, row);
    }
  }

  #held(room: Room, row: SegmentRow): void {
    for (const order of row.orders) {
      if (!this.tables.isDue(room.id, 'mine', order)) continue;
      this.tables.dropDue(room.id, 'mine', order);
      this.#rooms.arrivals.copied(room, order);
    }
    this.#parts.count('roomSegmentsHeld');
    // From now on there is something to be kept from ending, also at a node that stays up and hears of nobody.
    this.looks.plan(room.id, this.#parts.options.roomRenewLookMillis);
    if (this.tables.due(room.id, 'mine', 1).length > 0 || this.renewal.isWaiting(room.id)) this.#flushIn(room.id, NEXT_MILLIS);
  }

  /** Whether something of ours is not at holders yet. */
  isDue(room: Room, order: string): boolean {
    return this.tables.isDue(room.id, 'mine', order);
  }
}
