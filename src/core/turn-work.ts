/** What modules may have to do when a turn ends, a bit each. */
export const WORK = { review: 1, mail: 2, chat: 4, rooms: 8, sessions: 16, news: 32, files: 64 } as const;

export type Work = (typeof WORK)[keyof typeof WORK];

/**
 * Which modules have something to do at the end of this turn. Most turns have nothing for most of them, and to ask each would touch two
 * dozen objects that lie far apart in memory: in a world of a thousand nodes that is a tenth of all that a turn costs.
 *
 * Invariant: whoever has something for the end of the turn has said so since its `endTurn` was last called.
 */
export class TurnWork {
  #due = 0;
  /** From then on a timer that can wait may go off at the end of a turn (patient-timers.ts). */
  patientMillis = Number.POSITIVE_INFINITY;

  add(work: Work): void {
    this.#due |= work;
  }

  get isNone(): boolean {
    return this.#due === 0;
  }

  /** Whether there is some of this kind; it counts as done from now on. */
  take(work: Work): boolean {
    if ((this.#due & work) === 0) return false;
    this.#due &= ~work;
    return true;
  }
}
