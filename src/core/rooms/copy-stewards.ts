import { toHex, utf8 } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { RoomCopy } from '../replication/kinds/room-copy-kind.ts';
import type { UserId, WallMillis } from '../types.ts';
import type { CopyTables, SeenRow } from './copy-tables.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';

/** Lines of pieces with time left that one look keeps in mind; of more it may put some there that are safe. */
const FRESH_MAX = 8_192;
/** So many of the pauses between looks are left when even the last of many members has had its turn. */
const SPARE_LOOKS = 2;
/** Marks that a look goes through for those that nothing came of. */
const MARKS_LOOKED_THROUGH = 1_024;
/** Beyond this place everybody's turn is the same, and shortly before the spare time. */
const PLACE_MAX = 10;

/** What is to become of a piece that has little time left. */
export interface Verdict {
  /** It is to be looked at again then. */
  readonly againMillis: WallMillis;
  /** It is our turn: what is in it is taken over when all of the holders' pieces were seen, unless another piece has it. */
  readonly isTurn: boolean;
}

/**
 * Members in line to take over what is in a piece that its writer does not renew. The line is made by the hash of member and piece,
 * so that it is another one for each piece and nobody's choice; the first acts at once, each further one when half of the time that
 * then remains has gone by and no piece with more time has the same lines. So one who does nothing, or only seems to, is stood in for,
 * and however many there are of those, everybody else acts before the end.
 *
 * What little time a piece has left when it is first seen counts from then on: a writer who gives its pieces short lives makes nobody
 * hurry but the first in line.
 */
export class CopyStewards {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #tables: CopyTables;
  /** What the present look is about. */
  #room: Room | null = null;
  /** Ids of what lies in pieces with time left. */
  readonly #fresh = new Set<string>();
  /** Places in the room of what it is our turn to take over. */
  readonly #turn = new Set<string>();
  /** Something has a mark. */
  #hasMarks = false;

  constructor(parts: Parts, rooms: Rooms, tables: CopyTables) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#tables = tables;
  }

  /** A look at all that holders have of a room. */
  begin(room: Room): void {
    this.#room = room;
    this.#fresh.clear();
    this.#turn.clear();
    const { wallMillis } = this.#parts.env;
    // Nothing with little time left has as much as that.
    for (const [order, sinceMillis] of this.#tables.due(room.id, 'ageing', MARKS_LOOKED_THROUGH)) {
      if (wallMillis - sinceMillis > this.#parts.options.roomCopyKeptMillis / 2) this.#tables.dropDue(room.id, 'ageing', order);
    }
    this.#hasMarks = this.#tables.due(room.id, 'ageing', 1).length > 0;
  }

  /** From then on a piece has little time left. */
  agesMillis(copy: RoomCopy): WallMillis {
    return Math.trunc(copy.expiresMillis - this.#parts.options.roomCopyKeptMillis / 4);
  }

  isAgeing(copy: RoomCopy): boolean {
    return this.#parts.env.wallMillis >= this.agesMillis(copy);
  }

  /** A piece with time left has these events. */
  safe(ids: readonly string[]): void {
    for (const id of ids) if (this.#fresh.size < FRESH_MAX) this.#fresh.add(id);
    // The usual case: nobody need look them up.
    if (this.#room === null || !this.#hasMarks) return;
    for (const order of this.#ordersOf(ids)) if (this.#isMarked(order)) this.#tables.dropDue(this.#room.id, 'ageing', order);
  }

  /** A piece of somebody else with little time left has these events; `seen`: what was noted when it was read in this version before. */
  ageing(copy: RoomCopy, seen: SeenRow | undefined, ids: readonly string[]): Verdict {
    const now = this.#parts.env.wallMillis;
    const ages = this.agesMillis(copy);
    if (this.#room === null) return { againMillis: ages, isTurn: false };
    const { id } = this.#room;
    // It was judged before, and is read again because our turn has come: what is in no better piece by now still has its mark.
    const wasJudged = seen !== undefined && seen.againMillis > ages;
    const unsafe = wasJudged ? ids : ids.filter((each) => !this.#fresh.has(each));
    const orders = this.#ordersOf(unsafe);
    if (!wasJudged) for (const order of orders) this.#tables.putDue(id, 'ageing', order, Math.trunc(now));
    this.#hasMarks ||= orders.length > 0;
    const turn = wasJudged ? now : this.#turnMillis(this.#room, copy, seen?.againMillis === ages ? ages : now);
    if (now < turn) return { againMillis: turn, isTurn: false };
    for (const order of orders) this.#turn.add(order);
    return { againMillis: copy.expiresMillis, isTurn: true };
  }

  #ordersOf(ids: readonly string[]): string[] {
    return ids.flatMap((id) => this.#rooms.tables.place(id)?.order ?? []);
  }

  #isMarked(order: string): boolean {
    return this.#room !== null && this.#tables.isDue(this.#room.id, 'ageing', order);
  }

  #turnMillis(room: Room, copy: RoomCopy, fromMillis: WallMillis): WallMillis {
    const left = copy.expiresMillis - fromMillis;
    const spare = Math.min(SPARE_LOOKS * this.#parts.options.roomRenewLookMillis, left / 2);
    return fromMillis + (left - spare) * (1 - 2 ** -Math.min(PLACE_MAX, this.#placeInLine(room, copy)));
  }

  /** How many of the members who are linked come before the user. */
  #placeInLine(room: Room, { segment }: RoomCopy): number {
    const { env, session } = this.#parts;
    const rank = (user: UserId): string => toHex(env.crypto.sha256(utf8(`confab/room-steward/1\0${user}\0${segment}`)));
    const own = rank(session.userId as UserId);
    const others = new Set(this.#rooms.linked(room).flatMap(({ userId }) => userId ?? []));
    return [...others].filter((user) => rank(user) < own).length;
  }

  /** All that holders have was seen: takes over what it is our turn for and what nobody else has put there. */
  end(): void {
    const room = this.#room;
    if (room === null) return;
    let taken = 0;
    for (const order of this.#turn) {
      if (!this.#isMarked(order)) continue;
      this.#tables.dropDue(room.id, 'ageing', order);
      this.#rooms.copies.adopt(room, order);
      taken += 1;
    }
    if (taken > 0) this.#parts.count('roomSegmentsAdopted');
    this.#room = null;
    this.#fresh.clear();
    this.#turn.clear();
  }
}
