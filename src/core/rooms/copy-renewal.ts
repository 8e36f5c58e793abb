import { toHex, utf8 } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { RoomCopy } from '../replication/kinds/room-copy-kind.ts';
import type { UserId, WallMillis } from '../types.ts';
import type { CopyTables } from './copy-tables.ts';
import { type Segment, writerKeys } from './history-key.ts';
import type { KnownKey } from './history-keys.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { idOfEvent } from './room-event.ts';
import type { Rooms } from './rooms.ts';

/** A piece of the user's that is put there once more. */
export interface Renewal {
  readonly key: KnownKey;
  readonly copy: RoomCopy;
  readonly segment: Segment;
}

/** Pieces that wait to be put there again; the rest is found by the next look. */
const WAITING_MAX = 256;

/**
 * Copies of rooms end after a time, so that what nobody cares for does not lie on the ring for ever; members keep them there.
 *
 * From half of its time on whoever wrote a piece writes it again. When three quarters are over, its writer does not: then one of the
 * members who are linked takes over what is in it, the one whose hash with the piece is the least, so that not everybody does.
 */
export class CopyRenewal {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #tables: CopyTables;
  readonly #waiting = new Map<RoomId, Renewal[]>();
  /** The key by which the user writes at a place, in hex. */
  readonly #writers = new Map<string, string>();

  constructor(parts: Parts, rooms: Rooms, tables: CopyTables) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#tables = tables;
  }

  forget(): void {
    this.#writers.clear();
    this.#waiting.clear();
  }

  drop(id: RoomId): void {
    this.#waiting.delete(id);
  }

  /** Whether a piece that was read in this version need not be read again. */
  isSeen(id: RoomId, name: string, version: string): boolean {
    const seen = this.#tables.seen(id, name);
    return seen?.version === version && this.#parts.env.wallMillis < seen.againMillis;
  }

  /** A piece was read: renewed where that is due; when it is to be looked at again. */
  read(room: Room, key: KnownKey, copy: RoomCopy, segment: Segment): WallMillis {
    const { env, options } = this.#parts;
    const left = copy.expiresMillis - env.wallMillis;
    const half = copy.expiresMillis - options.roomCopyKeptMillis / 2;
    const quarter = copy.expiresMillis - options.roomCopyKeptMillis / 4;
    if (this.#isOwn(room, key, copy)) {
      if (env.wallMillis < half) return half;
      this.#enqueue({ key, copy, segment }, room);
      // Should that come to nothing, the next look finds it again.
      return env.wallMillis + options.roomLookMillis;
    }
    if (env.wallMillis < quarter) return quarter;
    if (!this.#isSteward(room, copy)) return env.wallMillis + Math.max(left / 4, options.roomLookMillis);
    for (const signed of segment.events) {
      const order = this.#rooms.tables.place(idOfEvent(env.crypto, signed))?.order;
      if (order !== undefined) this.#rooms.copies.adopt(room, order);
    }
    this.#parts.count('roomSegmentsAdopted');
    return copy.expiresMillis;
  }

  #isOwn(room: Room, key: KnownKey, copy: RoomCopy): boolean {
    const { env, session } = this.#parts;
    if (session.open === null) return false;
    let own = this.#writers.get(key.place);
    if (own === undefined) {
      own = toHex(writerKeys(env.crypto, session.open.identity, key.key, room.id).publicKey);
      if (this.#writers.size >= WAITING_MAX) this.#writers.clear();
      this.#writers.set(key.place, own);
    }
    return own === toHex(copy.writer);
  }

  #isSteward(room: Room, { segment }: RoomCopy): boolean {
    const { env, session } = this.#parts;
    const rank = (user: UserId): string => toHex(env.crypto.sha256(utf8(`confab/room-steward/1\0${user}\0${segment}`)));
    const own = rank(session.userId as UserId);
    return this.#rooms.linked(room).every(({ userId }) => userId === null || rank(userId) > own);
  }

  #enqueue(renewal: Renewal, room: Room): void {
    const waiting = this.#waiting.get(room.id) ?? [];
    const isWaiting = waiting.some(({ copy }) => copy.segment === renewal.copy.segment);
    if (isWaiting || waiting.length >= WAITING_MAX) return;
    waiting.push(renewal);
    this.#waiting.set(room.id, waiting);
    this.#rooms.copies.flushSoon(room.id);
  }

  /** The next piece to be put there again; null: none. */
  next(id: RoomId): Renewal | null {
    const waiting = this.#waiting.get(id);
    const next = waiting?.shift() ?? null;
    if (waiting?.length === 0) this.#waiting.delete(id);
    return next;
  }
}
