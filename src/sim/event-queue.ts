import { grown, SlotHeap } from './slot-heap.ts';
import { NONE, WHEEL, Wheel } from './wheel.ts';

/**
 * What is going to happen, in the order (time, sequence number). Times are doubles and are never rounded.
 *
 * A timing wheel of two levels whose buckets are unsorted lists; only the bucket that is being emptied is put in order,
 * by a small heap. Adding is therefore constant time, and a crowded instant costs a logarithm, never a square.
 * Bucket width follows the traffic. Events live in typed arrays and are reused, so nothing is allocated for one.
 *
 * Invariants
 * 1. `pop` gives events in strictly rising (time, sequence) order among those that were in the queue together.
 * 2. The bucket of a time is a function that never falls as time rises, so a later bucket holds nothing earlier.
 * 3. Every slot is in exactly one place: the heap, a near bucket, a far bucket, the beyond list, the free list, or the caller's hands.
 */
export class EventQueue {
  /** Time of the event in a slot. Read the arrays between `pop` and `release`. */
  times = new Float64Array(0);
  /** What the event is, as the caller numbers it; not negative. */
  tags = new Int32Array(0);
  targets = new Int32Array(0);
  sources = new Int32Array(0);
  readonly payloads: unknown[] = [];

  #sequences = new Float64Array(0);
  #links = new Int32Array(0);
  #free = NONE;
  #sequence = 0;
  #live = 0;
  #cancelled = 0;

  #ticksPerMilli = 64;
  /** Events of ticks up to this one are in the heap. */
  #tick = -1;
  /** The near wheel covers the ticks of this epoch: epoch * WHEEL to epoch * WHEEL + WHEEL - 1. */
  #epoch = 0;
  readonly #near = new Wheel();
  /** One bucket an epoch, for the WHEEL - 1 epochs after the present one. */
  readonly #far = new Wheel();
  #beyond = NONE;
  #beyondEpoch = Number.POSITIVE_INFINITY;

  readonly #heap: SlotHeap;
  #popped = 0;
  #opened = 0;
  #openedFromTick = 0;

  constructor(capacity = 1_024) {
    this.#heap = new SlotHeap();
    this.#grow(capacity);
  }

  /** Events that will come, cancelled ones not counted. */
  get size(): number {
    return this.#live;
  }

  /** Adds an event and returns its slot, which is good for `cancel` until the event is popped. */
  push(time: number, tag: number, target: number, source: number, payload: unknown): number {
    if (this.#free === NONE) this.#grow(this.times.length * 2);
    const slot = this.#free;
    this.#free = this.#links[slot] as number;
    this.times[slot] = time;
    this.tags[slot] = tag;
    this.targets[slot] = target;
    this.sources[slot] = source;
    this.payloads[slot] = payload;
    this.#sequence += 1;
    this.#sequences[slot] = this.#sequence;
    this.#live += 1;
    this.#place(slot, time);
    return slot;
  }

  /** Takes back an event that was not popped yet. */
  cancel(slot: number): void {
    this.tags[slot] = CANCELLED;
    this.payloads[slot] = undefined;
    this.#live -= 1;
    this.#cancelled += 1;
    if (this.#cancelled > 4_096 && this.#cancelled > this.#live) this.#rebuild();
  }

  /** The slot of the next event whose time is at most `limit`, or -1. Give it back with `release`. */
  pop(limit = Number.POSITIVE_INFINITY): number {
    for (;;) {
      const heap = this.#heap;
      if (heap.size === 0) {
        if (this.#live === 0 || !this.#advance()) return NONE;
        continue;
      }
      if ((heap.times[0] as number) > limit) return NONE;
      const slot = heap.pop(this.#sequences);
      if ((this.tags[slot] as number) === CANCELLED) {
        this.#cancelled -= 1;
        this.release(slot);
        continue;
      }
      this.#live -= 1;
      this.#popped += 1;
      return slot;
    }
  }

  /** Gives the slot of a popped event back. */
  release(slot: number): void {
    this.payloads[slot] = undefined;
    this.#links[slot] = this.#free;
    this.#free = slot;
  }

  #place(slot: number, time: number): void {
    const tick = Math.floor(time * this.#ticksPerMilli);
    if (tick <= this.#tick) {
      this.#heap.push(time, slot, this.#sequences);
      return;
    }
    const offset = tick - this.#epoch * WHEEL;
    if (offset < WHEEL) {
      this.#links[slot] = this.#near.put(offset, slot);
      return;
    }
    const epoch = Math.floor(tick / WHEEL);
    if (epoch - this.#epoch < WHEEL) {
      this.#links[slot] = this.#far.put(epoch % WHEEL, slot);
      return;
    }
    this.#links[slot] = this.#beyond;
    this.#beyond = slot;
    if (epoch < this.#beyondEpoch) this.#beyondEpoch = epoch;
  }

  /** Brings the next bucket that is not empty into the heap; false when there is none. */
  #advance(): boolean {
    if (this.#popped >= ADAPT_EVERY) this.#adapt();
    for (;;) {
      if (this.#heap.size > 0) return true;
      const offset = this.#near.next(Math.max(0, this.#tick + 1 - this.#epoch * WHEEL));
      if (offset !== NONE) {
        this.#tick = this.#epoch * WHEEL + offset;
        this.#opened += 1;
        for (let slot = this.#near.take(offset); slot !== NONE; ) {
          const following = this.#links[slot] as number;
          this.#heap.push(this.times[slot] as number, slot, this.#sequences);
          slot = following;
        }
        return true;
      }
      if (!this.#nextEpoch()) return false;
    }
  }

  /** Moves to the next epoch that holds anything. */
  #nextEpoch(): boolean {
    const index = this.#far.nextRound((this.#epoch + 1) % WHEEL);
    const farEpoch = index === NONE ? Number.POSITIVE_INFINITY : this.#epoch + ((index - (this.#epoch % WHEEL) + WHEEL) % WHEEL);
    const epoch = Math.min(farEpoch, this.#beyondEpoch);
    if (epoch === Number.POSITIVE_INFINITY) return false;
    this.#epoch = epoch;
    this.#tick = epoch * WHEEL - 1;
    let list = epoch === farEpoch ? this.#far.take(index) : NONE;
    while (list !== NONE) {
      const following = this.#links[list] as number;
      this.#place(list, this.times[list] as number);
      list = following;
    }
    if (this.#beyondEpoch - epoch < WHEEL) this.#replaceBeyond();
    return true;
  }

  #replaceBeyond(): void {
    let slot = this.#beyond;
    this.#beyond = NONE;
    this.#beyondEpoch = Number.POSITIVE_INFINITY;
    while (slot !== NONE) {
      const following = this.#links[slot] as number;
      this.#place(slot, this.times[slot] as number);
      slot = following;
    }
  }

  /** Narrower buckets when they are crowded, wider ones when most are empty. */
  #adapt(): void {
    const perBucket = this.#popped / Math.max(1, this.#opened);
    const ticksPerBucket = (this.#tick - this.#openedFromTick) / Math.max(1, this.#opened);
    this.#popped = 0;
    this.#opened = 0;
    this.#openedFromTick = this.#tick;
    if (perBucket > 6 && this.#ticksPerMilli < TICKS_PER_MILLI_MAX) this.#rebuild(this.#ticksPerMilli * 2);
    else if (perBucket < 1.5 && ticksPerBucket > 64 && this.#ticksPerMilli > TICKS_PER_MILLI_MIN) this.#rebuild(this.#ticksPerMilli / 4);
  }

  /** Drops what was cancelled and sorts the rest into buckets anew. */
  #rebuild(ticksPerMilli = this.#ticksPerMilli): void {
    const kept = this.#collect();
    let earliest = Number.POSITIVE_INFINITY;
    for (const slot of kept) earliest = Math.min(earliest, this.times[slot] as number);
    const reached = Math.max(0, (this.#tick + 1) / this.#ticksPerMilli);
    this.#ticksPerMilli = ticksPerMilli;
    const start = Math.floor(Math.min(earliest, reached) * ticksPerMilli);
    this.#tick = start - 1;
    this.#epoch = Math.floor(start / WHEEL);
    this.#openedFromTick = this.#tick;
    for (const slot of kept) this.#place(slot, this.times[slot] as number);
  }

  #collect(): number[] {
    const kept: number[] = [];
    const take = (first: number): void => {
      for (let slot = first; slot !== NONE; ) {
        const following = this.#links[slot] as number;
        if ((this.tags[slot] as number) === CANCELLED) this.release(slot);
        else kept.push(slot);
        slot = following;
      }
    };
    for (const slot of this.#heap.clear()) {
      this.#links[slot] = NONE;
      take(slot);
    }
    for (const wheel of [this.#near, this.#far]) for (let at = wheel.next(0); at !== NONE; at = wheel.next(at)) take(wheel.take(at));
    take(this.#beyond);
    this.#beyond = NONE;
    this.#beyondEpoch = Number.POSITIVE_INFINITY;
    this.#cancelled = 0;
    return kept;
  }

  #grow(capacity: number): void {
    const before = this.times.length;
    this.times = grown(this.times, new Float64Array(capacity));
    this.#sequences = grown(this.#sequences, new Float64Array(capacity));
    this.tags = grown(this.tags, new Int32Array(capacity));
    this.targets = grown(this.targets, new Int32Array(capacity));
    this.sources = grown(this.sources, new Int32Array(capacity));
    this.#links = grown(this.#links, new Int32Array(capacity));
    for (let slot = before; slot < capacity; slot += 1) this.payloads.push(undefined);
    for (let slot = capacity - 1; slot >= before; slot -= 1) {
      this.#links[slot] = this.#free;
      this.#free = slot;
    }
  }
}

const CANCELLED = -1;
const ADAPT_EVERY = 32_768;
const TICKS_PER_MILLI_MAX = 32_768;
const TICKS_PER_MILLI_MIN = 1 / 4_096;
