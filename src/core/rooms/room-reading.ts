import type { Parts } from '../parts.ts';
import type { Room } from './room.ts';
import type { RoomEventId } from './room-commands.ts';

/** Lines that are read at once while those are counted that are still unread. */
const PAGE_LINES = 512;

/** What a room's row counts of others' lines. */
interface Unread {
  readonly unread: number;
  readonly mentions: number;
}

/**
 * The user has read a room, or what stands up to a line: how many lines that were, and how many are left. A room counts its unread lines and does
 * not know which they are; those below the line are, as many as were counted at most.
 */
export function readRoom(parts: Parts, room: Room, last?: RoomEventId): { readonly count: number; readonly unread: number } {
  const { unread, mentions } = room.row;
  const left = last === undefined ? { unread: 0, mentions: 0 } : leftBelow(parts, room, last);
  if (left.unread !== unread || left.mentions !== mentions) room.change({ unread: left.unread, mentions: left.mentions });
  parts.rooms.marks.read(room, left.unread === 0 ? undefined : last);
  return { count: unread - left.unread, unread: left.unread };
}

function leftBelow({ rooms, session }: Parts, room: Room, last: RoomEventId): Unread {
  const { unread, mentions } = room.row;
  const me = session.userId;
  let found = 0;
  let named = 0;
  let from = rooms.tables.place(last)?.order;
  while (from !== undefined && found < unread) {
    const lines = rooms.tables.lines(room.id, { from: `${from}\0`, limit: PAGE_LINES });
    for (const [, line] of lines) {
      if (line.kind !== 'message' || line.author === me || found === unread) continue;
      found += 1;
      if (me !== null && line.mentions.includes(me)) named += 1;
    }
    from = lines.length < PAGE_LINES ? undefined : lines.at(-1)?.[0];
  }
  return { unread: found, mentions: Math.min(mentions, named) };
}
