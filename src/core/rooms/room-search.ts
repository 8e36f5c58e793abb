import type { Parts } from '../parts.ts';
import type { Room } from './room.ts';
import type { RoomMessageView } from './room-commands.ts';
import type { Rooms } from './rooms.ts';

/** Lines that are read at once. */
const SCAN_LINES = 512;

/** Search in a room: newest first, all words of the query, in any case. */
export class RoomSearch {
  readonly #rooms: Rooms;

  constructor(_parts: Parts, rooms: Rooms) {
    this.#rooms = rooms;
  }

  find(room: Room, query: string, limit: number): RoomMessageView[] {
    const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
    const found: RoomMessageView[] = [];
    let to: string | undefined;
    for (;;) {
      const lines = this.#rooms.tables.lines(room.id, { reverse: true, limit: SCAN_LINES, ...(to === undefined ? {} : { to }) });
      for (const [order, line] of lines) {
        const text = line.text.toLowerCase();
        if (line.kind !== 'message' || !words.every((word) => text.includes(word))) continue;
        found.push(this.#rooms.lines.view(room, order, line));
        if (found.length >= limit) return found;
      }
      if (lines.length < SCAN_LINES) return found;
      to = lines.at(-1)?.[0];
    }
  }
}
