import { Lanes } from './lanes.ts';
import { SlotHeap } from './slot-heap.ts';
import { NONE, Slots } from './slots.ts';
import { WHEEL, Wheel } from './wheel.ts';

/**
 * What is going to happen, in the order (time, sequence number). Times are doubles and are never rounded.
 *
 * Delays that return have lanes of their own, in which nothing needs sorting. All else goes to a timing wheel of two levels
 * whose buckets are unsorted lists; only the bucket that is being emptied is put in order, by a small heap. Adding is therefore
 * constant time, and a crowded instant costs a logarithm, never a square. Bucket width follows the traffic.
 *
 * Invariants
 * 1. `pop` gives events in strictly rising (time, sequence) order among those that were in the queue together.
 * 2. The bucket of a time is a function that never falls as time rises, so a later bucket holds nothing earlier.
 * 3. Every slot is in exactly one place: a lane, the heap, a near bucket, a far bucket, the beyond list, the free list, or the caller's hands.
 * 4. Nothing in the buckets has a tick below #openFrom.
 */
export class EventQueue {
  /** What the events are. Read between `pop` and `release`. */
  readonly events: Slots;
  #sequence = 0;
  #live = 0;
  #cancelled = 0;
  readonly #lanes: Lanes;

  #ticksPerMilli = 64;
  /** Events of ticks up to this one are in the heap, if they are not in a lane. */
  #tick = -1;
  /** No bucket holds an earlier tick; infinite when all are empty. */
  #openFrom = Number.POSITIVE_INFINITY;
  /** The near wheel covers the ticks of this epoch: epoch * WHEEL to epoch * WHEEL + WHEEL - 1. */
  #epoch = 0;
  readonly #near = new Wheel();
  /** One bucket an epoch, for the WHEEL - 1 epochs after the present one. */
  readonly #far = new Wheel();
  #beyond = NONE;
  #beyondEpoch = Number.POSITIVE_INFINITY;

  readonly #heap: SlotHeap;
  #opened = 0;
  #openedEvents = 0;
  #openedFromTick = 0;

  constructor(capacity = 1_024) {
    this.events = new Slots(capacity);
    this.#heap = new SlotHeap(this.events);
    this.#lanes = new Lanes(this.events);
  }

  /** Events that will come, cancelled ones not counted. */
  get size(): number {
    return this.#live;
  }

  /** The sequence number of the event that was added last; the first has 1. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /**
   * Adds an event and returns its slot, which is good for `cancel` until the event is popped. `delay` is how long it waits
   * from now on, when that is known: an event at `now + delay` in floating point. The tag is not negative.
   */
  push(time: number, tag: number, target: number, source: number, payload: unknown, delay = Number.NaN): number {
    this.#sequence += 1;
    this.#live += 1;
    const slot = this.events.take(time, this.#sequence, tag, target, source, payload);
    if (!this.#lanes.push(slot, time, delay)) this.#place(slot, time);
    return slot;
  }

  /** Takes back an event that was not popped yet. */
  cancel(slot: number): void {
    this.events.cancel(slot);
    this.#live -= 1;
    this.#cancelled += 1;
    if (this.#cancelled > 4_096 && this.#cancelled > this.#live) this.#rebuild();
  }

  /** The slot of the next event whose time is at most `limit`, or -1. Give it back with `release`. */
  pop(limit = Number.POSITIVE_INFINITY): number {
    for (;;) {
      const slot = this.#popAny(limit);
      if (slot === NONE) return NONE;
      if (!this.events.isCancelled(slot)) {
        this.#live -= 1;
        return slot;
      }
      this.#cancelled -= 1;
      this.events.release(slot);
    }
  }

  /** The slot that is probably the next, or -1; those after it follow in its list. */
  get nextSlot(): number {
    return this.#lanes.nextSlot;
  }

  /** Whether something else waits for the time of the event that was popped last, or an earlier one; it may have been cancelled. */
  hasMoreAt(time: number): boolean {
    // What has the time of a popped event is in an open bucket, until all is sorted anew.
    while (this.#heap.size === 0 && this.#isDue(time)) this.#advance();
    return (this.#heap.size > 0 && this.#heap.firstTime <= time) || this.#lanes.earliestTime <= time;
  }

  /** Gives the slot of a popped event back. */
  release(slot: number): void {
    this.events.release(slot);
  }

  /** The next event, cancelled or not. */
  #popAny(limit: number): number {
    const lanes = this.#lanes;
    const heap = this.#heap;
    const lane = lanes.earliest();
    const laneTime = lane === NONE ? Number.POSITIVE_INFINITY : lanes.timeOf(lane);
    while (heap.size === 0 && this.#isDue(laneTime < limit ? laneTime : limit)) this.#advance();
    const heapTime = heap.size === 0 ? Number.POSITIVE_INFINITY : heap.firstTime;
    if (laneTime < heapTime || (laneTime === heapTime && lane !== NONE && lanes.sequenceOf(lane) < this.events.sequenceOf(heap.firstSlot))) {
      return laneTime > limit ? NONE : lanes.shift(lane);
    }
    return heapTime > limit || heap.size === 0 ? NONE : heap.pop();
  }

  /** Whether the next bucket may hold something that is not later than this. It is opened then and not before, so that the heap stays small. */
  #isDue(time: number): boolean {
    return this.#openFrom !== Number.POSITIVE_INFINITY && this.#openFrom <= Math.floor(time * this.#ticksPerMilli);
  }

  #place(slot: number, time: number): void {
    const tick = Math.floor(time * this.#ticksPerMilli);
    if (tick <= this.#tick) {
      this.#heap.push(time, slot);
      return;
    }
    if (tick < this.#openFrom) this.#openFrom = tick;
    const offset = tick - this.#epoch * WHEEL;
    if (offset < WHEEL) {
      this.events.setNext(slot, this.#near.put(offset, slot));
      return;
    }
    const epoch = Math.floor(tick / WHEEL);
    if (epoch - this.#epoch < WHEEL) {
      this.events.setNext(slot, this.#far.put(epoch % WHEEL, slot));
      return;
    }
    this.events.setNext(slot, this.#beyond);
    this.#beyond = slot;
    if (epoch < this.#beyondEpoch) this.#beyondEpoch = epoch;
  }

  /** Brings the next bucket that is not empty into the heap, which is empty, or comes nearer to it. */
  #advance(): void {
    if (this.#openedEvents >= ADAPT_EVERY) this.#adapt();
    const offset = this.#near.next(Math.max(0, this.#tick + 1 - this.#epoch * WHEEL));
    if (offset === NONE) {
      this.#nextEpoch();
      this.#openFrom = this.#firstTick();
      return;
    }
    this.#tick = this.#epoch * WHEEL + offset;
    this.#opened += 1;
    for (let slot = this.#near.take(offset); slot !== NONE; ) {
      const following = this.events.nextOf(slot);
      this.#heap.push(this.events.timeOf(slot), slot);
      this.#openedEvents += 1;
      slot = following;
    }
    this.#openFrom = this.#firstTick();
  }

  /** The first tick that a bucket may hold; infinite when all are empty. */
  #firstTick(): number {
    const offset = this.#near.next(Math.max(0, this.#tick + 1 - this.#epoch * WHEEL));
    if (offset !== NONE) return this.#epoch * WHEEL + offset;
    return Math.min(this.#farEpoch(), this.#beyondEpoch) * WHEEL;
  }

  /** The next epoch of which the far wheel holds anything. */
  #farEpoch(): number {
    const index = this.#far.nextRound((this.#epoch + 1) % WHEEL);
    return index === NONE ? Number.POSITIVE_INFINITY : this.#epoch + ((index - (this.#epoch % WHEEL) + WHEEL) % WHEEL);
  }

  /** Moves to the next epoch that holds anything, and spreads it over the near wheel. */
  #nextEpoch(): void {
    const farEpoch = this.#farEpoch();
    const epoch = Math.min(farEpoch, this.#beyondEpoch);
    if (epoch === Number.POSITIVE_INFINITY) return;
    this.#epoch = epoch;
    this.#tick = epoch * WHEEL - 1;
    if (epoch === farEpoch) this.#placeAll(this.#far.take(epoch % WHEEL));
    if (this.#beyondEpoch - epoch < WHEEL) {
      const beyond = this.#beyond;
      this.#beyond = NONE;
      this.#beyondEpoch = Number.POSITIVE_INFINITY;
      this.#placeAll(beyond);
    }
  }

  #placeAll(first: number): void {
    for (let slot = first; slot !== NONE; ) {
      const following = this.events.nextOf(slot);
      this.#place(slot, this.events.timeOf(slot));
      slot = following;
    }
  }

  /** Narrower buckets when they are crowded, wider ones when most are empty. */
  #adapt(): void {
    const perBucket = this.#openedEvents / Math.max(1, this.#opened);
    const ticksPerBucket = (this.#tick - this.#openedFromTick) / Math.max(1, this.#opened);
    this.#openedEvents = 0;
    this.#opened = 0;
    this.#openedFromTick = this.#tick;
    if (perBucket > 6 && this.#ticksPerMilli < TICKS_PER_MILLI_MAX) this.#rebuild(this.#ticksPerMilli * 2);
    else if (perBucket < 1.5 && ticksPerBucket > 64 && this.#ticksPerMilli > TICKS_PER_MILLI_MIN) this.#rebuild(this.#ticksPerMilli / 4);
  }

  /** Drops what was cancelled and sorts the rest into buckets anew. */
  #rebuild(ticksPerMilli = this.#ticksPerMilli): void {
    this.#lanes.sweep();
    const kept = this.#collect();
    let earliest = Number.POSITIVE_INFINITY;
    for (const slot of kept) earliest = Math.min(earliest, this.events.timeOf(slot));
    const reached = Math.max(0, (this.#tick + 1) / this.#ticksPerMilli);
    this.#ticksPerMilli = ticksPerMilli;
    const start = Math.floor(Math.min(earliest, reached) * ticksPerMilli);
    this.#tick = start - 1;
    this.#epoch = Math.floor(start / WHEEL);
    this.#openFrom = Number.POSITIVE_INFINITY;
    this.#openedFromTick = this.#tick;
    for (const slot of kept) this.#place(slot, this.events.timeOf(slot));
  }

  #collect(): number[] {
    const kept: number[] = [];
    const take = (first: number): void => {
      for (let slot = first; slot !== NONE; ) {
        const following = this.events.nextOf(slot);
        if (this.events.isCancelled(slot)) this.release(slot);
        else kept.push(slot);
        slot = following;
      }
    };
    for (const slot of this.#heap.clear()) {
      this.events.setNext(slot, NONE);
      take(slot);
    }
    for (const wheel of [this.#near, this.#far]) for (let at = wheel.next(0); at !== NONE; at = wheel.next(at)) take(wheel.take(at));
    take(this.#beyond);
    this.#beyond = NONE;
    this.#beyondEpoch = Number.POSITIVE_INFINITY;
    this.#cancelled = 0;
    return kept;
  }
}

const ADAPT_EVERY = 32_768;
const TICKS_PER_MILLI_MAX = 32_768;
const TICKS_PER_MILLI_MIN = 1 / 4_096;
