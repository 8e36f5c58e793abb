import { type Asker, RING_OPTIONS, type RingAnswer } from '../../src/core/ring/ring-port.ts';

/** How often `sweep` is to be called, ms. */
export const SWEEP_MILLIS = 100;
/** A question is given up after so many such pauses, a second. */
const PATIENCE_ROUNDS = 10;
const SLOW_ROUNDS = RING_OPTIONS.hastenMillis / SWEEP_MILLIS;

const FREE = -1;

/**
 * The questions that wait for an answer, those of all members of a run in one table: each member has one or two at a time and all have
 * the same patience, so that a table and a timer for each would be most of what they cost.
 */
export class OpenQuestions {
  readonly #askers: Array<Asker | null> = [];
  /** Who was asked, or FREE. */
  readonly #asked: number[] = [];
  /** During which round it was asked. */
  readonly #rounds: number[] = [];
  readonly #free: number[] = [];
  #round = 0;

  /** Returns the number that the answer must name. */
  add(asked: number, asker: Asker): number {
    const id = this.#free.pop() ?? this.#asked.length;
    this.#askers[id] = asker;
    this.#asked[id] = asked;
    this.#rounds[id] = this.#round;
    return id;
  }

  /** Only the one who was asked can answer, and only once. */
  answer(from: number, id: number, answer: RingAnswer): void {
    if (this.#asked[id] === from) this.#settle(id, answer);
  }

  /** Gives up what was asked long ago, and tells askers that wait long. */
  sweep(): void {
    this.#round += 1;
    for (let id = 0; id < this.#asked.length; id += 1) {
      if (this.#asked[id] === FREE) continue;
      // Those of this round were asked some part of it ago.
      const rounds = this.#round - (this.#rounds[id] as number) - 1;
      if (rounds >= PATIENCE_ROUNDS) this.#settle(id, null);
      else if (rounds > 0 && rounds % SLOW_ROUNDS === 0) this.#askers[id]?.slow?.();
    }
  }

  #settle(id: number, answer: RingAnswer | null): void {
    const asker = this.#askers[id];
    this.#askers[id] = null;
    this.#asked[id] = FREE;
    this.#free.push(id);
    asker?.answered(answer);
  }
}
