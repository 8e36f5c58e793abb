/** No slot, no bucket, no lane. */
export const NONE = -1;

const TAG = 0;
const TARGET = 1;
const SOURCE = 2;
const NEXT = 3;
const WORDS_SHIFT = 2;
const CANCELLED = -1;

/**
 * Room for events that is used again and again, so that nothing is allocated for one. What belongs to an event lies side by
 * side: one line of the processor's cache for its words, one for its time and sequence number.
 */
export class Slots {
  readonly payloads: unknown[] = [];
  #words = new Int32Array(0);
  #clocks = new Float64Array(0);
  #free = NONE;
  #capacity = 0;

  constructor(capacity: number) {
    this.#grow(capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** A slot that holds the event; it is in no list. */
  take(time: number, sequence: number, tag: number, target: number, source: number, payload: unknown): number {
    if (this.#free === NONE) this.#grow(this.#capacity * 2);
    const slot = this.#free;
    const words = this.#words;
    const at = slot << WORDS_SHIFT;
    this.#free = words[at + NEXT] as number;
    words[at + TAG] = tag;
    words[at + TARGET] = target;
    words[at + SOURCE] = source;
    words[at + NEXT] = NONE;
    this.#clocks[slot * 2] = time;
    this.#clocks[slot * 2 + 1] = sequence;
    this.payloads[slot] = payload;
    return slot;
  }

  release(slot: number): void {
    this.payloads[slot] = undefined;
    this.#words[(slot << WORDS_SHIFT) + NEXT] = this.#free;
    this.#free = slot;
  }

  cancel(slot: number): void {
    this.#words[(slot << WORDS_SHIFT) + TAG] = CANCELLED;
    this.payloads[slot] = undefined;
  }

  isCancelled(slot: number): boolean {
    return (this.#words[(slot << WORDS_SHIFT) + TAG] as number) === CANCELLED;
  }

  timeOf(slot: number): number {
    return this.#clocks[slot * 2] as number;
  }
  sequenceOf(slot: number): number {
    return this.#clocks[slot * 2 + 1] as number;
  }
  tagOf(slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + TAG] as number;
  }
  targetOf(slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + TARGET] as number;
  }
  sourceOf(slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + SOURCE] as number;
  }
  /** The slot after this one in whatever list it is. */
  nextOf(slot: number): number {
    return this.#words[(slot << WORDS_SHIFT) + NEXT] as number;
  }
  setNext(slot: number, next: number): void {
    this.#words[(slot << WORDS_SHIFT) + NEXT] = next;
  }

  #grow(capacity: number): void {
    const before = this.#capacity;
    const words = new Int32Array(capacity << WORDS_SHIFT);
    words.set(this.#words);
    const clocks = new Float64Array(capacity * 2);
    clocks.set(this.#clocks);
    this.#words = words;
    this.#clocks = clocks;
    this.#capacity = capacity;
    for (let slot = before; slot < capacity; slot += 1) this.payloads.push(undefined);
    for (let slot = capacity - 1; slot >= before; slot -= 1) this.release(slot);
  }
}
