import { addGrams, FILTER_BYTES, FILTER_LINES, queryOf } from '../gram-filter.ts';
import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import type { Room } from './room.ts';
import type { RoomId, RoomMessageView } from './room-commands.ts';
import { depthOf, depthText } from './room-tables.ts';
import type { Rooms } from './rooms.ts';

/** Depths that one filter spans. */
const FILTER_DEPTHS = FILTER_LINES;
const FILTER_DIGITS = 6;
/** Rooms whose filters stay in memory: a room of 100,000 messages has 1.6 MB of them. */
const ROOMS_MAX = 4;

/**
 * Search in a room: newest first, all words of the query, in any case, also as parts of words.
 *
 * For each range of depths a Bloom filter (Bloom 1970) holds the sequences of three characters that occur in it, so that only
 * ranges are read that may hold what is looked for. The filters lie in the user's encrypted store like the lines themselves.
 */
export class RoomSearch {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #filters = new Map<RoomId, Map<number, Uint8Array>>();
  readonly #dirty = new Set<string>();

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  forget(): void {
    this.#filters.clear();
    this.#dirty.clear();
  }

  /** A line of the room has this text from now on. */
  add(room: RoomId, order: string, text: string): void {
    const range = Math.floor(depthOf(order) / FILTER_DEPTHS);
    const filters = this.#of(room);
    let filter = filters.get(range);
    if (filter === undefined) {
      filter = new Uint8Array(FILTER_BYTES);
      filters.set(range, filter);
    }
    addGrams(filter, text);
    this.#dirty.add(`${room}/${range}`);
  }

  /** End of a turn: each filter that changed is written once. */
  endTurn(): void {
    this.#write();
    while (this.#filters.size > ROOMS_MAX) this.#filters.delete(this.#filters.keys().next().value as RoomId);
  }

  #write(): void {
    if (this.#dirty.size === 0) return;
    for (const key of this.#dirty) {
      const [room = '', range = ''] = key.split('/');
      const filter = this.#filters.get(room)?.get(Number(range));
      if (filter !== undefined) this.#parts.env.store.put('roomFilters', `${room}/${range.padStart(FILTER_DIGITS, '0')}`, filter.slice());
    }
    this.#dirty.clear();
  }

  #of(room: RoomId): Map<number, Uint8Array> {
    this.#parts.turnWork.add(WORK.rooms);
    let filters = this.#filters.get(room);
    if (filters === undefined) {
      filters = new Map();
      for (const [key, filter] of this.#parts.env.store.scan<Uint8Array>('roomFilters', { prefix: `${room}/` })) {
        filters.set(Number.parseInt(key.slice(room.length + 1), 10), filter.slice());
      }
      this.#filters.set(room, filters);
    }
    return filters;
  }

  find(room: Room, query: string, limit: number): RoomMessageView[] {
    const wanted = queryOf(query);
    const found: RoomMessageView[] = [];
    const filters = this.#of(room.id);
    const ranges = [...filters.keys()].sort((a, b) => b - a);
    for (const range of ranges) {
      const filter = filters.get(range) as Uint8Array;
      if (!wanted.mayHold(filter)) continue;
      const lines = this.#rooms.tables.lines(room.id, {
        reverse: true,
        from: depthText(range * FILTER_DEPTHS),
        to: depthText((range + 1) * FILTER_DEPTHS),
      });
      for (const [order, line] of lines) {
        if (line.kind !== 'message' || !wanted.isIn(line.text)) continue;
        found.push(this.#rooms.lines.view(room, order, line));
        if (found.length >= limit) return found;
      }
    }
    return found;
  }
}
