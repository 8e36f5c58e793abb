import { type Update, updateBytes } from './wire.ts';

/** What is told of one member, and its place among what was told as often. */
interface Told {
  readonly update: Update;
  times: number;
  before: Told | null;
  after: Told | null;
}

interface Queue {
  first: Told | null;
  last: Told | null;
}

/**
 * News that ride on packets: each so many times, the least told first (SWIM, section 4.1). One for each member, the latest.
 * Each packet moves all that it takes along: queues of linked places, so that a move needs no look-up.
 */
export class Gossip {
  /** At index n, what was told n times, the longest there first. */
  readonly #queues: Queue[] = [];
  readonly #byId = new Map<string, Told>();

  /** Begins anew to tell of that member. */
  tell(update: Update): void {
    this.forget(update.id);
    const told: Told = { update, times: 0, before: null, after: null };
    this.#byId.set(update.id, told);
    this.#append(told);
  }

  forget(id: string): void {
    const told = this.#byId.get(id);
    if (told === undefined) return;
    this.#byId.delete(id);
    this.#unlink(told);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** News for one packet, `first` ahead of the others; each is forgotten once it was told `timesMax` times. */
  take(options: { readonly roomBytes: number; readonly timesMax: number; readonly first: Update | null }): Update[] {
    const { timesMax, first } = options;
    const updates: Update[] = first === null ? [] : [first];
    if (this.#byId.size === 0) return updates;
    for (const told of this.#choose(options.roomBytes - (first === null ? 0 : updateBytes(first)), first)) {
      updates.push(told.update);
      this.#unlink(told);
      told.times += 1;
      if (told.times < timesMax) this.#append(told);
      else this.#byId.delete(told.update.id);
    }
    return updates;
  }

  #choose(roomBytes: number, first: Update | null): Told[] {
    const chosen: Told[] = [];
    const firstId = first === null ? '' : first.id;
    let room = roomBytes;
    for (const queue of this.#queues) {
      for (let told = queue.first; told !== null; told = told.after) {
        if (told.update.id === firstId) continue;
        room -= updateBytes(told.update);
        if (room < 0) return chosen;
        chosen.push(told);
      }
    }
    return chosen;
  }

  #append(told: Told): void {
    while (this.#queues.length <= told.times) this.#queues.push({ first: null, last: null });
    const queue = this.#queues[told.times] as Queue;
    told.before = queue.last;
    told.after = null;
    if (queue.last === null) queue.first = told;
    else queue.last.after = told;
    queue.last = told;
  }

  /** Takes it out of the queue in which it stands. */
  #unlink(told: Told): void {
    const queue = this.#queues[told.times] as Queue;
    if (told.before === null) queue.first = told.after;
    else told.before.after = told.after;
    if (told.after === null) queue.last = told.before;
    else told.after.before = told.before;
  }
}
