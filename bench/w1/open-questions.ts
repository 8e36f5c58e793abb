import type { RingAnswer } from '../../src/core/ring/ring-port.ts';

/** How often `sweep` is to be called, ms: a question is given up after one to two such pauses. */
export const SWEEP_MILLIS = 1_000;

const FREE = -1;

/**
 * The questions that wait for an answer, those of all members of a run in one table: each member has one or two at a time and all have
 * the same patience, so that a table and a timer for each would be most of what they cost.
 */
export class OpenQuestions {
  readonly #answered: Array<((answer: RingAnswer | null) => void) | null> = [];
  /** Who was asked, or FREE. */
  readonly #asked: number[] = [];
  /** During which round it was asked. */
  readonly #rounds: number[] = [];
  readonly #free: number[] = [];
  #round = 0;

  /** Returns the number that the answer must name. */
  add(asked: number, answered: (answer: RingAnswer | null) => void): number {
    const id = this.#free.pop() ?? this.#asked.length;
    this.#answered[id] = answered;
    this.#asked[id] = asked;
    this.#rounds[id] = this.#round;
    return id;
  }

  /** Only the one who was asked can answer, and only once. */
  answer(from: number, id: number, answer: RingAnswer): void {
    if (this.#asked[id] === from) this.#settle(id, answer);
  }

  /** Gives up what was asked before the last sweep. */
  sweep(): void {
    for (let id = 0; id < this.#asked.length; id += 1) {
      if (this.#asked[id] !== FREE && (this.#rounds[id] as number) < this.#round) this.#settle(id, null);
    }
    this.#round += 1;
  }

  #settle(id: number, answer: RingAnswer | null): void {
    const answered = this.#answered[id];
    this.#answered[id] = null;
    this.#asked[id] = FREE;
    this.#free.push(id);
    answered?.(answer);
  }
}
