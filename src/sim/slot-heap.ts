/** Binary heap of slots by (time, sequence). */
export class SlotHeap {
  times = new Float64Array(64);
  #slots = new Int32Array(64);
  size = 0;

  push(time: number, slot: number, sequences: Float64Array): void {
    if (this.size === this.times.length) {
      this.times = grown(this.times, new Float64Array(this.size * 2));
      this.#slots = grown(this.#slots, new Int32Array(this.size * 2));
    }
    const times = this.times;
    const slots = this.#slots;
    const sequence = sequences[slot] as number;
    let at = this.size;
    this.size = at + 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (sequences[slots[parent] as number] as number) < sequence)) break;
      times[at] = parentTime;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = time;
    slots[at] = slot;
  }

  pop(sequences: Float64Array): number {
    const times = this.times;
    const slots = this.#slots;
    const first = slots[0] as number;
    const last = this.size - 1;
    this.size = last;
    if (last === 0) return first;
    const time = times[last] as number;
    const slot = slots[last] as number;
    const sequence = sequences[slot] as number;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      let childTime = times[child] as number;
      if (child + 1 < last) {
        const otherTime = times[child + 1] as number;
        if (
          otherTime < childTime ||
          (otherTime === childTime && (sequences[slots[child + 1] as number] as number) < (sequences[slots[child] as number] as number))
        ) {
          child += 1;
          childTime = otherTime;
        }
      }
      if (time < childTime || (time === childTime && sequence < (sequences[slots[child] as number] as number))) break;
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
}

/** Copies the numbers into a longer array. */
export function grown<Numbers extends Float64Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
