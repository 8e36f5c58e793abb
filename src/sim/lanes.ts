import { NONE, type Slots } from './slots.ts';

/** As many delays at once have a lane. */
const LANES = 9;
/** One is always that of what happens in this very instant: the ends of turns. */
const INSTANT = 0;
/** Delays that were seen lately and have none, by a hash; a power of two. */
const SEEN = 64;

/**
 * Queues for delays that return: a message that always takes 50 ms, a timer that always waits 10 s. Since time never goes back,
 * what waits equally long comes in the order in which it was added, so such an event needs no sorting: it goes to the end of
 * the lane of its delay, and the earliest event is among the first of the lanes.
 *
 * A delay gets a lane when it is seen twice and a lane is empty; drawn delays never do.
 */
export class Lanes {
  readonly #events: Slots;
  readonly #delays = new Float64Array(LANES).fill(Number.NaN);
  readonly #seen = new Float64Array(SEEN).fill(Number.NaN);
  readonly #first = new Int32Array(LANES).fill(NONE);
  readonly #last = new Int32Array(LANES).fill(NONE);
  /** Time of the first event; infinite for an empty lane. */
  readonly #firstTimes = new Float64Array(LANES).fill(Number.POSITIVE_INFINITY);
  readonly #lastTimes = new Float64Array(LANES).fill(Number.NEGATIVE_INFINITY);
  /** Lanes that were ever used. */
  #used = 1;
  /** The lane with the earliest event, as long as that event is before #rivalTime; then it is looked for anew. */
  #leader = NONE;
  /** No event of any other lane is earlier. */
  #rivalTime = Number.NEGATIVE_INFINITY;

  constructor(events: Slots) {
    this.#events = events;
    this.#delays[INSTANT] = 0;
  }

  /** Puts an event where its delay belongs; false when no lane takes it. */
  push(slot: number, time: number, delay: number): boolean {
    const lane = this.#laneOf(delay);
    // Only the rounding of sums could break the order, and it does not; a caller that goes back in time would.
    if (lane === NONE || (this.#lastTimes[lane] as number) > time) return false;
    const last = this.#last[lane] as number;
    if (last === NONE) {
      this.#first[lane] = slot;
      this.#firstTimes[lane] = time;
      if (lane !== INSTANT) this.#rivalTime = Number.NEGATIVE_INFINITY;
    } else this.#events.setNext(last, slot);
    this.#last[lane] = slot;
    this.#lastTimes[lane] = time;
    return true;
  }

  /** The lane with the earliest event, by (time, sequence); -1 when all are empty. */
  earliest(): number {
    const known = this.#leader;
    const leader = known !== NONE && (this.#firstTimes[known] as number) < this.#rivalTime ? known : this.#findLeader();
    // The lane of the instant fills and empties all the time: it is compared by itself, so that the leader stays known.
    const instant = this.#firstTimes[INSTANT] as number;
    if (instant === Number.POSITIVE_INFINITY || leader === NONE) return instant === Number.POSITIVE_INFINITY ? leader : INSTANT;
    const time = this.#firstTimes[leader] as number;
    return instant < time || (instant === time && this.sequenceOf(INSTANT) < this.sequenceOf(leader)) ? INSTANT : leader;
  }

  #findLeader(): number {
    let best = NONE;
    let bestTime = Number.POSITIVE_INFINITY;
    let rivalTime = Number.POSITIVE_INFINITY;
    for (let lane = INSTANT + 1; lane < this.#used; lane += 1) {
      const time = this.#firstTimes[lane] as number;
      if (time < bestTime || (time === bestTime && best !== NONE && this.sequenceOf(lane) < this.sequenceOf(best))) {
        rivalTime = bestTime;
        best = lane;
        bestTime = time;
      } else if (time < rivalTime) rivalTime = time;
    }
    this.#leader = best;
    this.#rivalTime = rivalTime;
    return best;
  }

  /** The first event of the lane that was popped last, or -1: probably the next one. */
  get nextSlot(): number {
    return this.#leader === NONE ? NONE : (this.#first[this.#leader] as number);
  }

  /** Time of the earliest event; infinite when all lanes are empty. */
  get earliestTime(): number {
    const lane = this.earliest();
    return lane === NONE ? Number.POSITIVE_INFINITY : this.timeOf(lane);
  }

  timeOf(lane: number): number {
    return this.#firstTimes[lane] as number;
  }

  sequenceOf(lane: number): number {
    return this.#events.sequenceOf(this.#first[lane] as number);
  }

  /** Takes the first event out of a lane that is not empty. */
  shift(lane: number): number {
    const slot = this.#first[lane] as number;
    const following = this.#events.nextOf(slot);
    this.#first[lane] = following;
    if (following === NONE) {
      this.#last[lane] = NONE;
      this.#firstTimes[lane] = Number.POSITIVE_INFINITY;
      this.#lastTimes[lane] = Number.NEGATIVE_INFINITY;
    } else this.#firstTimes[lane] = this.#events.timeOf(following);
    return slot;
  }

  /** Takes out what was cancelled and gives it back. */
  sweep(): void {
    this.#rivalTime = Number.NEGATIVE_INFINITY;
    for (let lane = 0; lane < this.#used; lane += 1) {
      let slot = this.#first[lane] as number;
      this.#first[lane] = NONE;
      this.#last[lane] = NONE;
      this.#firstTimes[lane] = Number.POSITIVE_INFINITY;
      this.#lastTimes[lane] = Number.NEGATIVE_INFINITY;
      while (slot !== NONE) {
        const following = this.#events.nextOf(slot);
        if (this.#events.isCancelled(slot)) this.#events.release(slot);
        else this.#append(lane, slot);
        slot = following;
      }
    }
  }

  #append(lane: number, slot: number): void {
    const time = this.#events.timeOf(slot);
    this.#events.setNext(slot, NONE);
    if (this.#last[lane] === NONE) {
      this.#first[lane] = slot;
      this.#firstTimes[lane] = time;
    } else this.#events.setNext(this.#last[lane] as number, slot);
    this.#last[lane] = slot;
    this.#lastTimes[lane] = time;
  }

  #laneOf(delay: number): number {
    for (let lane = 0; lane < this.#used; lane += 1) if (this.#delays[lane] === delay) return lane;
    const place = (delay * 1_021) & (SEEN - 1);
    if (this.#seen[place] === delay) return this.#giveLane(delay);
    this.#seen[place] = delay;
    return NONE;
  }

  #giveLane(delay: number): number {
    for (let lane = INSTANT + 1; lane < LANES; lane += 1) {
      if (this.#first[lane] !== NONE) continue;
      this.#delays[lane] = delay;
      if (lane >= this.#used) this.#used = lane + 1;
      return lane;
    }
    return NONE;
  }
}
