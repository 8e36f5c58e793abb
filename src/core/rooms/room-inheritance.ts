import type { Parts } from '../parts.ts';
import { integer, misfit } from '../shape.ts';
import type { UserId } from '../types.ts';
import type { HistoryKeyRow } from './copy-tables.ts';
import { NEW_ROW } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { readRoomEvent, type SignedRoomEvent, signedRoomEventShape } from './room-event.ts';
import { idOfOrder, type RoomRow, type StoredChain } from './room-tables.ts';
import type { Rooms } from './rooms.ts';

/** Takes in rooms as an earlier session of the user left them at another node. Each row may come any number of times. */
export class RoomInheritance {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  /** Lines that come now were told to the user before. */
  running = false;

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  /** True for a table of rooms. */
  take(table: string, key: string, value: unknown): boolean {
    this.running = true;
    try {
      return this.#take(table, key, value);
    } finally {
      this.running = false;
    }
  }

  #take(table: string, key: string, value: unknown): boolean {
    const room = key.slice(0, 64) as RoomId;
    const rest = key.slice(65);
    switch (table) {
      case 'rooms':
        this.#room(room, value);
        return true;
      case 'roomChains':
        if (this.#rooms.tables.chain(room, rest) === undefined) this.#rooms.tables.putChain(room, rest, value as StoredChain);
        return true;
      case 'roomHistoryKeys':
        if (this.#rooms.copies.tables.key(room, rest) === undefined) this.#rooms.copies.tables.putKey(room, rest, value as HistoryKeyRow);
        return true;
      case 'roomCopiesDue':
        this.#rooms.copies.inherit(room, rest, value);
        return true;
      case 'roomEvents':
        this.#event(room, value);
        return true;
      case 'roomReceipts':
        if (Array.isArray(value) && this.#rooms.tables.place(idOfOrder(rest)) !== undefined) {
          this.#rooms.tables.putReceipts(room, rest, [...new Set([...this.#rooms.tables.receipts(room, rest), ...value])]);
        }
        return true;
      case 'roomMarks':
        this.#rooms.marks.inherit(room, rest as UserId, value);
        return true;
      case 'roomInvitations':
        if (this.#rooms.get(room) === undefined) this.#parts.env.store.put('roomInvitations', key, value);
        return true;
      default:
        return false;
    }
  }

  /** What the events do not tell: what was read, muted, archived. */
  #room(id: RoomId, value: unknown): void {
    const row = value as RoomRow;
    if (misfit(integer(), row?.unread) !== null || this.#rooms.get(id) !== undefined) return;
    const { unread, mentions, muted, archived, hosts, passwordMaster, name, topic } = row;
    this.#rooms.add(id).change({ ...NEW_ROW, unread, mentions, muted, archived, hosts, passwordMaster, name, topic });
  }

  #event(id: RoomId, value: unknown): void {
    const { env } = this.#parts;
    if (misfit(signedRoomEventShape, value) !== null) return;
    const event = readRoomEvent(env, value as SignedRoomEvent);
    if (typeof event !== 'string' && event.room === id) this.#rooms.add(id).take(event, event.author);
  }
}
