import { type Update, updateBytes } from './wire.ts';

/** News that ride on packets: each so many times, the least told first (SWIM, section 4.1). One for each member, the latest. */
export class Gossip {
  /** At index n, what was told n times, by member. */
  readonly #told: Array<Map<string, Update>> = [];
  readonly #timesOf = new Map<string, number>();

  /** Begins anew to tell of that member. */
  tell(update: Update): void {
    this.forget(update.id);
    this.#file(update, 0);
  }

  forget(id: string): void {
    const times = this.#timesOf.get(id);
    if (times === undefined) return;
    this.#timesOf.delete(id);
    this.#told[times]?.delete(id);
  }

  get size(): number {
    return this.#timesOf.size;
  }

  /** News for one packet, `first` ahead of the others; each is forgotten once it was told `timesMax` times. */
  take(options: { readonly roomBytes: number; readonly timesMax: number; readonly first: Update | null }): Update[] {
    const { timesMax, first } = options;
    const chosen: Update[] = first === null ? [] : [first];
    if (this.#timesOf.size > 0) this.#choose(chosen, options.roomBytes - (first === null ? 0 : updateBytes(first)), first);
    for (const update of chosen) {
      if (update === first) continue;
      const times = (this.#timesOf.get(update.id) ?? 0) + 1;
      this.forget(update.id);
      if (times < timesMax) this.#file(update, times);
    }
    return chosen;
  }

  #choose(chosen: Update[], roomBytes: number, first: Update | null): void {
    let room = roomBytes;
    for (const updates of this.#told) {
      for (const update of updates.values()) {
        if (update.id === first?.id) continue;
        room -= updateBytes(update);
        if (room < 0) return;
        chosen.push(update);
      }
    }
  }

  #file(update: Update, times: number): void {
    while (this.#told.length <= times) this.#told.push(new Map());
    this.#told[times]?.set(update.id, update);
    this.#timesOf.set(update.id, times);
  }
}
