import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { RoomCopy } from '../replication/kinds/room-copy-kind.ts';
import { CopyStewards, type Verdict } from './copy-stewards.ts';
import type { CopyTables, SeenRow } from './copy-tables.ts';
import { type Segment, writerKeys } from './history-key.ts';
import type { KnownKey } from './history-keys.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import type { Rooms } from './rooms.ts';

/** A piece of the user's that is put there once more. */
export interface Renewal {
  readonly key: KnownKey;
  readonly copy: RoomCopy;
  readonly segment: Segment;
}

/** A piece at holders as a look has read it. */
export interface ReadPiece {
  readonly copy: RoomCopy;
  readonly segment: Segment;
  readonly seen: SeenRow | undefined;
  /** Of its events. */
  readonly ids: readonly string[];
  readonly waits: boolean;
}

/** Pieces that wait to be put there again; the rest is found by the next look. */
const WAITING_MAX = 256;

/**
 * Copies of rooms end after a time, so that what nobody cares for does not lie on the ring for ever; members keep them there.
 *
 * From half of its time on whoever wrote a piece writes it again. When three quarters are over, its writer does not: then the members
 * who are linked take over what is in it, the first in line or whoever stands in for it (CopyStewards).
 */
export class CopyRenewal {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #tables: CopyTables;
  readonly stewards: CopyStewards;
  readonly #waiting = new Map<RoomId, Renewal[]>();
  /** The key by which the user writes at a place, in hex. */
  readonly #writers = new Map<string, string>();

  constructor(parts: Parts, rooms: Rooms, tables: CopyTables) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#tables = tables;
    this.stewards = new CopyStewards(parts, rooms, tables);
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

  /**
   * A piece was read: renewed where that is due, or taken over at the end of the look; and when it is to be looked at again.
   * `seen`: what was noted of it before; `waits`: it holds what has no place in the room yet.
   */
  read(room: Room, key: KnownKey, { copy, segment, seen, ids, waits }: ReadPiece): Verdict {
    const { env, options } = this.#parts;
    if (!this.stewards.isAgeing(copy)) this.stewards.safe(ids);
    if (this.#isOwn(room, key, copy)) {
      const half = copy.expiresMillis - options.roomCopyKeptMillis / 2;
      if (env.wallMillis < half) return { againMillis: half, isTurn: false };
      this.#enqueue({ key, copy, segment }, room);
      // Should that come to nothing, the next look finds it again.
      return { againMillis: env.wallMillis + options.roomLookMillis, isTurn: false };
    }
    // What has no place yet may have one in the next look.
    if (waits || !this.stewards.isAgeing(copy)) return { againMillis: this.stewards.agesMillis(copy), isTurn: false };
    return this.stewards.ageing(copy, seen, ids);
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

  #enqueue(renewal: Renewal, room: Room): void {
    const waiting = this.#waiting.get(room.id) ?? [];
    const isThere = waiting.some(({ copy }) => copy.segment === renewal.copy.segment);
    if (!isThere && waiting.length < WAITING_MAX) waiting.push(renewal);
    this.#waiting.set(room.id, waiting);
    this.#rooms.copies.flushSoon(room.id);
  }

  isWaiting(id: RoomId): boolean {
    return this.#waiting.has(id);
  }

  /** The next piece to be put there again; null: none. */
  next(id: RoomId): Renewal | null {
    const waiting = this.#waiting.get(id);
    const next = waiting?.shift() ?? null;
    if (waiting?.length === 0) this.#waiting.delete(id);
    return next;
  }
}
