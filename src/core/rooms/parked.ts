import type { CoreOptions } from '../options.ts';
import type { RoomEventId } from './room-commands.ts';
import type { AnyRoomEvent } from './room-event.ts';

interface Waiting {
  readonly event: AnyRoomEvent;
  readonly under: string;
  readonly sinceMillis: number;
  missing: number;
}

/**
 * Events that have come before what they point to. In memory only: whatever is lost here is fetched again. Each source has a
 * share of its own, so that nobody can take the space of others.
 */
export class Parked {
  readonly #options: Pick<CoreOptions, 'roomParkedMax' | 'roomParkedPerSourceMax'>;
  readonly #waiting = new Map<RoomEventId, Waiting>();
  readonly #waitFor = new Map<RoomEventId, Set<RoomEventId>>();
  readonly #bySource = new Map<string, number>();

  constructor(options: Pick<CoreOptions, 'roomParkedMax' | 'roomParkedPerSourceMax'>) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(id: RoomEventId): boolean {
    return this.#waiting.has(id);
  }

  /** False: there is no more space for this source. */
  add(event: AnyRoomEvent, missing: readonly RoomEventId[], under: string, nowMillis: number): boolean {
    if (this.#waiting.has(event.id)) return true;
    const count = this.#bySource.get(under) ?? 0;
    if (count >= this.#options.roomParkedPerSourceMax || this.#waiting.size >= this.#options.roomParkedMax) return false;
    this.#bySource.set(under, count + 1);
    this.#waiting.set(event.id, { event, under, sinceMillis: nowMillis, missing: missing.length });
    for (const id of missing) {
      const waiting = this.#waitFor.get(id);
      if (waiting === undefined) this.#waitFor.set(id, new Set([event.id]));
      else waiting.add(event.id);
    }
    return true;
  }

  /** This event was delivered: what waited for nothing else is handed out. */
  release(id: RoomEventId): AnyRoomEvent[] {
    const released: AnyRoomEvent[] = [];
    for (const each of this.#waitFor.get(id) ?? []) {
      const waiting = this.#waiting.get(each);
      if (waiting === undefined) continue;
      waiting.missing -= 1;
      if (waiting.missing > 0) continue;
      this.#remove(each, waiting);
      released.push(waiting.event);
    }
    this.#waitFor.delete(id);
    return released;
  }

  #remove(id: RoomEventId, waiting: Waiting): void {
    this.#waiting.delete(id);
    const count = (this.#bySource.get(waiting.under) ?? 1) - 1;
    if (count > 0) this.#bySource.set(waiting.under, count);
    else this.#bySource.delete(waiting.under);
  }

  /** Ids that others point to, that are neither here nor parked, and for which something has waited since `beforeMillis`. */
  missing(beforeMillis: number): RoomEventId[] {
    const found: RoomEventId[] = [];
    for (const [id, waiting] of this.#waitFor) {
      if (this.#waiting.has(id)) continue;
      for (const each of waiting) {
        const since = this.#waiting.get(each)?.sinceMillis;
        if (since === undefined || since > beforeMillis) continue;
        found.push(id);
        break;
      }
    }
    return found;
  }

  /** Forgets what has waited for too long: who has what it points to will bring both. */
  expire(beforeMillis: number): void {
    for (const [id, waiting] of this.#waiting) if (waiting.sinceMillis <= beforeMillis) this.#remove(id, waiting);
    for (const [id, waiting] of this.#waitFor) {
      for (const each of waiting) if (!this.#waiting.has(each)) waiting.delete(each);
      if (waiting.size === 0) this.#waitFor.delete(id);
    }
  }
}
