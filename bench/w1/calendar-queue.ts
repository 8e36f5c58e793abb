const NONE = -1;

/**
 * A calendar queue (Brown, "Calendar queues", CACM 31 (10), 1988) for the bare loop: days of one width in a year of as many
 * days as fit, each a list in the order (time, order of adding). Events are slots of columns that the caller reads.
 */
export class CalendarQueue {
  time = new Float64Array(0);
  /** What the event is and for whom: the caller's numbers. */
  what = new Int32Array(0);
  target = new Int32Array(0);
  key = new Int32Array(0);
  node = new Int32Array(0);
  hops = new Int32Array(0);
  #next = new Int32Array(0);
  #free = NONE;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #mask: number;
  readonly #daysPerSecond: number;
  #day = 0;
  #size = 0;

  /** `days` is a power of two; a day lasts 1 / `daysPerSecond`. */
  constructor(days: number, daysPerSecond: number) {
    this.#first = new Int32Array(days).fill(NONE);
    this.#last = new Int32Array(days).fill(NONE);
    this.#mask = days - 1;
    this.#daysPerSecond = daysPerSecond;
    this.#grow(4_096);
  }

  push(time: number, what: number, target: number, key: number, node: number, hops: number): void {
    if (this.#free === NONE) this.#grow(this.time.length * 2);
    const slot = this.#free;
    this.#free = this.#next[slot] as number;
    this.time[slot] = time;
    this.what[slot] = what;
    this.target[slot] = target;
    this.key[slot] = key;
    this.node[slot] = node;
    this.hops[slot] = hops;
    this.#size += 1;
    const day = Math.trunc(time * this.#daysPerSecond) & this.#mask;
    const last = this.#last[day] as number;
    if (last === NONE || (this.time[last] as number) <= time) {
      this.#next[slot] = NONE;
      if (last === NONE) this.#first[day] = slot;
      else this.#next[last] = slot;
      this.#last[day] = slot;
    } else this.#insert(day, slot, time);
  }

  /** The slot of the earliest event, or -1; it is good until the next `push`. */
  pop(): number {
    if (this.#size === 0) return NONE;
    for (;;) {
      const day = this.#day & this.#mask;
      const slot = this.#first[day] as number;
      if (slot !== NONE && Math.trunc((this.time[slot] as number) * this.#daysPerSecond) === this.#day) {
        const following = this.#next[slot] as number;
        this.#first[day] = following;
        if (following === NONE) this.#last[day] = NONE;
        this.#next[slot] = this.#free;
        this.#free = slot;
        this.#size -= 1;
        return slot;
      }
      this.#day += 1;
    }
  }

  #insert(day: number, slot: number, time: number): void {
    let before = NONE;
    let at = this.#first[day] as number;
    while ((this.time[at] as number) <= time) {
      before = at;
      at = this.#next[at] as number;
    }
    this.#next[slot] = at;
    if (before === NONE) this.#first[day] = slot;
    else this.#next[before] = slot;
  }

  #grow(capacity: number): void {
    const before = this.time.length;
    const longer = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    const time = new Float64Array(capacity);
    time.set(this.time);
    this.time = time;
    this.what = longer(this.what);
    this.target = longer(this.target);
    this.key = longer(this.key);
    this.node = longer(this.node);
    this.hops = longer(this.hops);
    this.#next = longer(this.#next);
    for (let slot = capacity - 1; slot >= before; slot -= 1) {
      this.#next[slot] = this.#free;
      this.#free = slot;
    }
  }
}
