import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import { keyOfShelf, ROOM_COPY_KIND, type RoomCopy, readRoomCopy } from '../replication/kinds/room-copy-kind.ts';
import type { ReadValue } from '../replication/reads.ts';
import { nameOf } from '../replication/replica-index.ts';
import { PlacesRead, placesToRead } from './copy-places.ts';
import type { SeenRow } from './copy-tables.ts';
import { type Bridge, openSegment, type Segment } from './history-key.ts';
import type { KnownKey } from './history-keys.ts';
import { Parked } from './parked.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import type { RoomCopies } from './room-copies.ts';
import { type AnyRoomEvent, readRoomEvent, type SignedRoomEvent } from './room-event.ts';
import type { Rooms } from './rooms.ts';

interface Fetched {
  readonly copy: RoomCopy;
  readonly name: string;
  readonly version: string;
}

/** A look at all that the holders have of one room. */
interface Look {
  readonly room: Room;
  readonly startedMillis: number;
  /** Every shelf of every place is read, since something there grows old. */
  readonly isWhole: boolean;
  /** Places that are still to be read, oldest first. */
  readonly places: string[];
  readonly done: Set<string>;
  readonly read: PlacesRead;
  /** The shelf that is being read, and what came of it and was not taken in yet. */
  reading: boolean;
  readonly fetched: Fetched[];
  /** What came before something that it points to. */
  readonly pool: Parked;
  /** Segments of which something is there that waits, or is taken over. */
  readonly unsure: Array<{ readonly name: string; readonly row: SeenRow; readonly ids: readonly string[] }>;
  failed: boolean;
  /** Somebody listed what nobody gave: there is more, or a holder lies. */
  withheld: boolean;
  /** There was no place for everything. */
  spilt: boolean;
  fresh: number;
  /** Some history key was new. */
  learnt: boolean;
}

const POOL_MAX = 8_192;
const LACK_MILLIS_MAX = 600_000;
/** So often in a row a look waits for members who are giving: one who only seems to give keeps nobody from the holders. */
const WAITS_MAX = 30;

/**
 * Looks at the holders' copies of rooms, one room at a time: takes in what is new, and finds out which events nobody has put there.
 *
 * Segments are taken in one a turn, since each costs as many signature checks as it has events.
 */
export class CopyLooks {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #copies: RoomCopies;
  readonly #due = new Map<RoomId, number>();
  /** When something that is missing now is looked for at holders, if members have not brought it by then. */
  readonly #lackDue = new Map<RoomId, number>();
  /** Pause before the next look because something is missing; it doubles while looks bring nothing. */
  readonly #lackMillis = new Map<RoomId, number>();
  /** How often a look has waited for members. */
  readonly #waits = new Map<RoomId, number>();
  #look: Look | null = null;
  /** Events that are delivered now come from holders. */
  reading = false;

  constructor(parts: Parts, rooms: Rooms, copies: RoomCopies) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#copies = copies;
  }

  forget(): void {
    this.#due.clear();
    this.#lackDue.clear();
    this.#lackMillis.clear();
    this.#waits.clear();
    this.#look = null;
  }

  drop(id: RoomId): void {
    this.#due.delete(id);
    this.#lackDue.delete(id);
    this.#waits.delete(id);
    if (this.#look?.room.id === id) this.#look = null;
  }

  /** The earliest plan stands. */
  plan(id: RoomId, millis: number): void {
    const at = this.#parts.env.monotonicMillis + millis;
    this.#due.set(id, Math.min(at, this.#due.get(id) ?? at));
    this.#copies.setTimer();
  }

  /** Something of this room is missing, and members have not brought it so far. */
  lacks(id: RoomId): void {
    const at = this.#parts.env.monotonicMillis + (this.#lackMillis.get(id) ?? this.#parts.options.roomLackMillis);
    this.#lackDue.set(id, Math.min(at, this.#lackDue.get(id) ?? at));
    this.#copies.setTimer();
  }

  /** Most of what is missing for a moment is there when it would be looked for: in a large room nobody reads all copies for that. */
  #lackedStill(): void {
    const { env, options } = this.#parts;
    for (const [id, at] of this.#lackDue) {
      if (at > env.monotonicMillis) continue;
      this.#lackDue.delete(id);
      const room = this.#rooms.get(id);
      const lacks = room !== undefined && (room.parked.missing(env.monotonicMillis - options.roomGapMillis).length > 0 || this.#rooms.tables.isSealed(id));
      if (lacks) this.#due.set(id, env.monotonicMillis);
    }
  }

  get nextMillis(): number {
    const look = this.#look;
    if (look !== null) return look.fetched.length > 0 || !look.reading ? this.#parts.env.monotonicMillis : Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const at of this.#due.values()) next = Math.min(next, at);
    for (const at of this.#lackDue.values()) next = Math.min(next, at);
    return next;
  }

  /** A bit of work. */
  step(): void {
    const look = this.#look;
    if (look === null) return this.#begin();
    const next = look.fetched.shift();
    if (next !== undefined) return this.#take(look, next);
    if (!look.reading) this.#nextPlace(look);
  }

  #begin(): void {
    const now = this.#parts.env.monotonicMillis;
    this.#lackedStill();
    for (const [id, at] of this.#due) {
      if (at > now) continue;
      this.#due.delete(id);
      const room = this.#rooms.get(id);
      if (room?.row.status !== 'member') continue;
      // A member is just giving what is missing: holders have the same, and theirs would be taken in twice.
      const waits = this.#waits.get(id) ?? 0;
      if (waits < WAITS_MAX && this.#rooms.sync.isFetching(room)) {
        this.#waits.set(id, waits + 1);
        this.plan(id, this.#parts.options.roomLookMillis);
        continue;
      }
      this.#waits.delete(id);
      const isWhole = this.#copies.tables.isAged(id, this.#parts.env.wallMillis);
      const places = isWhole ? this.#copies.keys.all(room).map((row) => row.place) : this.#placesOf(room);
      if (places.length === 0) {
        this.#planNext(room, { brought: false, again: false, expectsMore: false });
        continue;
      }
      const pool = new Parked({ roomParkedMax: POOL_MAX, roomParkedPerSourceMax: POOL_MAX });
      const startedMillis = this.#parts.env.wallMillis;
      this.#look = {
        room,
        startedMillis,
        isWhole,
        places,
        done: new Set(),
        read: new PlacesRead(),
        reading: false,
        fetched: [],
        pool,
        unsure: [],
        failed: false,
        withheld: false,
        spilt: false,
        fresh: 0,
        learnt: false,
      };
      this.#copies.renewal.stewards.begin(room);
      this.#parts.count('roomLooks');
      return;
    }
  }

  #placesOf(room: Room): string[] {
    const { keys } = this.#copies;
    return placesToRead(keys.all(room), keys.current(room)?.place ?? null, this.#parts.env.random);
  }

  #rowOf(room: Room, place: string): KnownKey | null {
    const row = this.#copies.tables.key(room.id, place);
    return row === undefined ? null : { place, ...row };
  }

  #nextPlace(look: Look): void {
    const place = look.places[0];
    const row = place === undefined ? null : this.#rowOf(look.room, place);
    if (place === undefined) return this.#end(look);
    if (row === null) return void look.places.shift();
    // Whoever adds to a piece may still do so on the shelf before the last.
    this.#readShelf(look, row, row.read && !look.isWhole ? Math.max(0, row.shelf - 1) : 0);
  }

  #readShelf(look: Look, row: KnownKey, shelf: number): void {
    const { replication, env, options } = this.#parts;
    const key = keyOfShelf(env.crypto, this.#copies.keys.placeOf(row).keys.publicKey, shelf);
    const { id } = look.room;
    look.reading = true;
    replication.list(
      { key, kind: ROOM_COPY_KIND },
      (name, version) => this.#look !== look || this.#copies.renewal.isSeen(id, name, version),
      (value, version) => {
        if (this.#look === look) this.#fetched(look, value, version);
      },
      (listing) => {
        if (this.#look !== look) return;
        const { holders, names, complete } = listing;
        look.reading = false;
        const isLast = shelf + 1 >= row.shelf + options.roomShelvesMax;
        // Whatever was listed and did not come, or lies further on, is for another look.
        look.failed = look.failed || holders === 0 || (names.size > 0 && isLast);
        look.withheld = look.withheld || !complete;
        const change = look.read.listed(row, shelf, listing);
        if (change !== null) this.#copies.keys.change(look.room, row.place, change);
        if (names.size > 0 && shelf > row.shelf) this.#copies.keys.change(look.room, row.place, { shelf });
        if (names.size > 0 && !isLast) this.#readShelf(look, row, shelf + 1);
        else {
          look.places.shift();
          look.done.add(row.place);
          this.#copies.setTimer();
        }
      },
    );
  }

  #fetched(look: Look, { value, about }: ReadValue, version: string): void {
    const copy = readRoomCopy(this.#parts.env, value.bytes);
    if (typeof copy !== 'string') look.fetched.push({ copy, name: nameOf(about.key, ROOM_COPY_KIND, about.id), version });
    this.#copies.setTimer();
  }

  // --- taking in ---

  #take(look: Look, { copy, name, version }: Fetched): void {
    const { room } = look;
    const row = this.#rowOf(room, toHex(copy.place));
    const segment = row === null ? null : openSegment(this.#parts.env, this.#copies.keys.placeOf(row), copy);
    if (segment === null) {
      this.#copies.tables.putSeen(room.id, name, { version, againMillis: copy.expiresMillis });
      return this.#parts.count('roomSegmentsRefused');
    }
    this.#parts.count('roomSegmentsRead');
    if (room.state?.history === 'all') for (const key of segment.keys) this.#learnt(look, key);
    const told = segment.bridges.flatMap((bridge) => this.#cross(look, bridge));
    this.reading = true;
    try {
      const chains = this.#chains(room, segment);
      const isSafe = !this.#copies.renewal.stewards.isAgeing(copy);
      const ids = segment.events.map(({ bytes }) => toHex(this.#parts.env.crypto.sha256(bytes)));
      const waiting = ids.filter((id, at) => this.#event(look, segment.events[at] as SignedRoomEvent, id, isSafe));
      const noted = this.#copies.tables.seen(room.id, name);
      const seen = noted?.version === version ? noted : undefined;
      const verdict = this.#copies.renewal.read(room, row as KnownKey, { copy, segment, seen, ids, waits: waiting.length > 0 });
      const againMillis = Math.trunc(verdict.againMillis);
      // What is taken over at the end of the look is read again should there be none.
      if (waiting.length === 0 && !verdict.isTurn) this.#copies.tables.putSeen(room.id, name, { version, againMillis });
      else look.unsure.push({ name, row: { version, againMillis }, ids: waiting });
      for (const chain of [...chains, ...told]) this.#rooms.arrivals.openWith(room, chain);
    } finally {
      this.reading = false;
    }
  }

  /** What members who might be away were told, as we were: the history key that came after this one, or sender keys; those that are new here. */
  #cross(look: Look, { from, to, part }: Bridge): string[] {
    const { room } = look;
    if (to !== this.#parts.session.userId || !room.isMember(from)) return [];
    const confidence = this.#rooms.pairwise.read(from, part);
    if (typeof confidence !== 'string' && confidence.kind !== 'invitation' && confidence.room === room.id) {
      if (confidence.kind === 'chains') return this.#rooms.keys.takeBridged(room, from, confidence);
      for (const key of confidence.keys) this.#learnt(look, key);
    } else this.#parts.count('roomBridgesRefused');
    return [];
  }

  /** A key leads to another place. */
  #learnt(look: Look, key: Uint8Array): void {
    if (!this.#copies.keys.learnt(look.room.id, key)) return;
    look.learnt = true;
    for (const { place } of this.#copies.keys.all(look.room)) {
      if (!look.done.has(place) && !look.places.includes(place)) look.places.splice(Math.min(1, look.places.length), 0, place);
    }
  }

  /** Sender keys that are new here. What the sender says itself still counts for more. */
  #chains(room: Room, segment: Segment): string[] {
    const me = this.#parts.session.userId;
    const fresh: string[] = [];
    for (const { author, position } of segment.chains) {
      const chain = toHex(position.id);
      if (me === null || this.#rooms.tables.chain(room.id, chain) !== undefined) continue;
      this.#rooms.tables.putChain(room.id, chain, { author, position, by: me });
      fresh.push(chain);
    }
    return fresh;
  }

  /** Whether it has to wait for something that it points to. `isSafe`: the piece has time left, so nobody need put it there again. */
  #event(look: Look, signed: SignedRoomEvent, id: string, isSafe: boolean): boolean {
    const { env } = this.#parts;
    const { room, pool } = look;
    const place = this.#rooms.tables.place(id);
    if (place?.room === room.id) {
      if (isSafe) this.#copies.isHeld(room, place.order);
      return false;
    }
    if (pool.has(id)) return true;
    const event = readRoomEvent(env, signed);
    if (typeof event === 'string' || event.room !== room.id) {
      this.#parts.count('roomEventsRefused');
      return false;
    }
    const missing = event.parents.filter((parent) => !room.has(parent));
    if (missing.length > 0) {
      if (!pool.add(event, missing, event.author, env.monotonicMillis)) look.spilt = true;
      return true;
    }
    this.#deliver(look, event);
    return false;
  }

  #deliver(look: Look, first: AnyRoomEvent): void {
    const { room, pool } = look;
    const open = [first];
    for (let event = open.pop(); event !== undefined; event = open.pop()) {
      const outcome = room.take(event, event.author);
      if (outcome === 'delivered') look.fresh += 1;
      if (outcome === 'delivered' || outcome === 'known') open.push(...pool.release(event.id));
    }
  }

  // --- the end of a look ---

  #end(look: Look): void {
    const { room } = look;
    const { env } = this.#parts;
    this.#look = null;
    // What still waits, or had no place, is read again.
    for (const { name, row, ids } of look.unsure) if (ids.every((id) => room.has(id))) this.#copies.tables.putSeen(room.id, name, row);
    const isAnswered = !look.failed && !look.withheld;
    for (const place of look.done) if (isAnswered && !look.spilt && look.read.isRead(place)) this.#copies.keys.change(room, place, { read: true });
    // Else what has ended would be looked for again and again, on every shelf.
    if (look.isWhole && isAnswered && !look.read.isThin) {
      this.#copies.tables.dropAged(room.id, look.startedMillis, new Set(look.unsure.map(({ name }) => name)));
    }
    if (look.fresh > 0) this.#rooms.stirred(room);
    if (look.fresh > 0 && env.tracing) env.trace({ type: 'state', subject: 'room', id: room.id, to: 'recovered', data: { events: look.fresh } });
    // Whoever invents names keeps nobody from repairing: what was there all the same lies there twice.
    if (!look.failed) this.#adopt(look);
    this.#copies.renewal.stewards.end();
    this.#planNext(room, { brought: look.fresh > 0 || look.learnt, again: !isAnswered || look.spilt, expectsMore: look.read.expectsMore });
    this.#rooms.setTimer();
  }

  /** What others wrote, has been known for long and was not seen at any holder, unless its author is there to see to it. */
  #adopt(look: Look): void {
    const { connections, options } = this.#parts;
    const { room } = look;
    for (const [order, sinceMillis] of this.#copies.tables.due(room.id, 'theirs', POOL_MAX)) {
      if (look.startedMillis - sinceMillis < options.roomRepairMillis / 4) continue;
      const signed = this.#rooms.tables.event(room.id, order);
      const event = signed === undefined ? 'missing' : readRoomEvent(this.#parts.env, signed, true);
      if (typeof event !== 'string' && connections.sessionLink(event.author) === null) this.#copies.adopt(room, order);
      else this.#copies.isHeld(room, order);
    }
  }

  #planNext(room: Room, { brought, again, expectsMore }: Readonly<Record<'brought' | 'again' | 'expectsMore', boolean>>): void {
    const { env, options } = this.#parts;
    const spread = 0.75 + 0.5 * env.random.fraction();
    const lackMillis = this.#lackMillis.get(room.id) ?? options.roomLackMillis;
    const pauseMillis = brought ? options.roomLackMillis : lackMillis;
    this.#lackMillis.set(room.id, brought ? pauseMillis : Math.min(pauseMillis * 2, LACK_MILLIS_MAX));
    // Whoever has just logged in may not have found the ring yet.
    if (again) return this.plan(room.id, Math.min(pauseMillis, options.roomCopyRetryMillis) * spread);
    // In pauses that grow, and no more once they are long: what a key leads to may never have been put there.
    if (expectsMore && pauseMillis < LACK_MILLIS_MAX) this.plan(room.id, pauseMillis * spread);
    if (this.#rooms.linked(room).length === 0) this.plan(room.id, options.roomAloneMillis * spread);
    else if (this.#copies.tables.due(room.id, 'theirs', 1).length > 0) this.plan(room.id, options.roomRepairMillis * spread);
    // What holders have grows old while nothing happens.
    this.plan(room.id, options.roomRenewLookMillis * spread);
  }
}
