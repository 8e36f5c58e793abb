import type { Env } from './env.ts';
import type { TurnWork } from './turn-work.ts';

/**
 * Timers that nobody waits for: what is due happens at the end of the next turn, whatever that turn is for, and by itself only where the
 * node has had no other turn until its patience was over. A node at rest wakes up for its own sake half as often by that (as operating
 * systems let the timers of programs that can wait go off together).
 *
 * Invariants
 * 1. A timer goes off no sooner than its delay and no later than delay and patience after it was set, once.
 * 2. `turnWork.patientMillis` is no later than the time from which any of them may go off.
 */
export class PatientTimers {
  readonly #env: Pick<Env, 'monotonicMillis' | 'setTimer' | 'cancelTimer'>;
  readonly #turnWork: TurnWork;
  readonly #fire: (kind: string) => void;
  /** From when each may go off with another turn. */
  readonly #fromMillis = new Map<string, number>();

  /** `fire`: what a timer of that kind does. */
  constructor(env: Pick<Env, 'monotonicMillis' | 'setTimer' | 'cancelTimer'>, turnWork: TurnWork, fire: (kind: string) => void) {
    this.#env = env;
    this.#turnWork = turnWork;
    this.#fire = fire;
  }

  /** Replaces one of the same kind, as `env.setTimer` does; both times in ms. A kind that was set here is set here always, with or without patience. */
  set(kind: string, delayMillis: number, patienceMillis: number): void {
    const fromMillis = this.#env.monotonicMillis + delayMillis;
    this.#env.setTimer(kind, '', delayMillis + patienceMillis);
    this.#fromMillis.set(kind, fromMillis);
    if (fromMillis < this.#turnWork.patientMillis) this.#turnWork.patientMillis = fromMillis;
  }

  /** A timer goes off by itself. */
  wentOff(kind: string): void {
    this.#fromMillis.delete(kind);
  }

  /** The node ends, or has a part less to do: nothing of this kind is due any more. */
  cancel(kind: string): void {
    if (this.#fromMillis.delete(kind)) this.#env.cancelTimer(kind, '');
  }

  /** The end of a turn, where `turnWork.patientMillis` has come. */
  goOff(): void {
    const now = this.#env.monotonicMillis;
    const due: string[] = [];
    for (const [kind, fromMillis] of this.#fromMillis) if (fromMillis <= now) due.push(kind);
    for (const kind of due) {
      // What went off before it may have put it off, or settled it.
      if (!((this.#fromMillis.get(kind) ?? Number.POSITIVE_INFINITY) <= now)) continue;
      this.cancel(kind);
      this.#fire(kind);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const fromMillis of this.#fromMillis.values()) if (fromMillis < next) next = fromMillis;
    this.#turnWork.patientMillis = next;
  }

  /** The node ends. */
  stop(): void {
    for (const kind of this.#fromMillis.keys()) this.cancel(kind);
    this.#turnWork.patientMillis = Number.POSITIVE_INFINITY;
  }
}
