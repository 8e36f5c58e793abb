import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import type { Room } from './room.ts';

/** Who is typing where: in memory, and forgotten by itself. */
export class Typing {
  readonly #parts: Parts;
  readonly #until = new Map<string, { readonly room: Room; readonly name: string; readonly millis: number }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get any(): boolean {
    return this.#until.size > 0;
  }

  is(room: Room, user: UserId): boolean {
    return this.#until.has(`${room.id}/${user}`);
  }

  heard(room: Room, user: UserId, name: string, typing: boolean): void {
    const { env, options } = this.#parts;
    const key = `${room.id}/${user}`;
    const before = this.#until.has(key);
    if (typing) this.#until.set(key, { room, name, millis: env.monotonicMillis + options.roomTypingMillis });
    else this.#until.delete(key);
    if (before !== typing) this.#parts.tell({ type: 'room-typing', room: room.row.name, roomId: room.id, user: name, typing });
  }

  tick(): void {
    for (const [key, { room, name, millis }] of this.#until) {
      if (this.#parts.env.monotonicMillis >= millis) this.heard(room, key.slice(room.id.length + 1) as UserId, name, false);
    }
  }

  forget(): void {
    this.#until.clear();
  }
}
