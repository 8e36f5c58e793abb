import type { Slots } from './slots.ts';

/** Binary heap of slots by (time, sequence). */
export class SlotHeap {
  size = 0;
  #times = new Float64Array(64);
  #slots = new Int32Array(64);
  readonly #events: Slots;

  constructor(events: Slots) {
    this.#events = events;
  }

  /** Of the earliest, which must exist. */
  get firstTime(): number {
    return this.#times[0] as number;
  }
  get firstSlot(): number {
    return this.#slots[0] as number;
  }

  push(time: number, slot: number): void {
    if (this.size === this.#times.length) this.#grow();
    const times = this.#times;
    const slots = this.#slots;
    let at = this.size;
    this.size = at + 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && this.#isBefore(slots[parent] as number, slot))) break;
      times[at] = parentTime;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = time;
    slots[at] = slot;
  }

  pop(): number {
    const times = this.#times;
    const slots = this.#slots;
    const first = slots[0] as number;
    const last = this.size - 1;
    this.size = last;
    if (last === 0) return first;
    const time = times[last] as number;
    const slot = slots[last] as number;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      let childTime = times[child] as number;
      if (child + 1 < last) {
        const otherTime = times[child + 1] as number;
        if (otherTime < childTime || (otherTime === childTime && this.#isBefore(slots[child + 1] as number, slots[child] as number))) {
          child += 1;
          childTime = otherTime;
        }
      }
      if (time < childTime || (time === childTime && this.#isBefore(slot, slots[child] as number))) break;
      times[at] = childTime;
      slots[at] = slots[child] as number;
      at = child;
    }
    times[at] = time;
    slots[at] = slot;
    return first;
  }

  clear(): number[] {
    const slots = [...this.#slots.subarray(0, this.size)];
    this.size = 0;
    return slots;
  }

  #isBefore(slot: number, other: number): boolean {
    return this.#events.sequenceOf(slot) < this.#events.sequenceOf(other);
  }

  #grow(): void {
    const times = new Float64Array(this.size * 2);
    times.set(this.#times);
    this.#times = times;
    const slots = new Int32Array(this.size * 2);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}
