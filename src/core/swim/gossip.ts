import { type Update, updateBytes } from './wire.ts';

interface Rumour {
  update: Update;
  sent: number;
}

/** News that ride on packets: each so many times, the least told first (SWIM, section 4.1). One for each member, the latest. */
export class Gossip {
  readonly #rumours = new Map<string, Rumour>();

  /** Begins anew to tell of that member. */
  tell(update: Update): void {
    this.#rumours.delete(update.id);
    this.#rumours.set(update.id, { update, sent: 0 });
  }

  forget(id: string): void {
    this.#rumours.delete(id);
  }

  get size(): number {
    return this.#rumours.size;
  }

  /** News for one packet, `first` ahead of the others; each is forgotten once it was told `timesMax` times. */
  take(options: { readonly roomBytes: number; readonly timesMax: number; readonly first: Update | null }): Update[] {
    const { timesMax, first } = options;
    const chosen: Update[] = first === null ? [] : [first];
    let room = options.roomBytes - (first === null ? 0 : updateBytes(first));
    const waiting = [...this.#rumours.values()].sort((a, b) => a.sent - b.sent);
    for (const rumour of waiting) {
      if (rumour.update.id === first?.id) continue;
      const bytes = updateBytes(rumour.update);
      if (bytes > room) break;
      room -= bytes;
      chosen.push(rumour.update);
      rumour.sent += 1;
      if (rumour.sent >= timesMax) this.#rumours.delete(rumour.update.id);
    }
    return chosen;
  }
}
