import type { Parts } from '../parts.ts';
import type { Link } from './link.ts';

/** So many frames of a peer are acknowledged at once: its window must not run dry while this end waits for something to say. */
const FRAMES_MAX = 32;
/** The timer is moved at most so often, ms. */
const REARM_MILLIS = 50;

/**
 * When received frames are acknowledged that no frame of ours has acknowledged on the way (as TCP does, RFC 1122, 4.2.3.2).
 * A peer whose round trips are known and short has a patience that follows them: its frames may wait longer for company.
 * Calm frames wait much longer still: their sender does not miss the word (calm.ts).
 */
export class Acknowledgements {
  readonly #parts: Parts;
  readonly #links: () => Iterable<Link>;
  #dueMillis = Number.POSITIVE_INFINITY;
  /** Links of whom frames came in this turn; some may stand here more than once. */
  readonly #owing: Link[] = [];
  /** Whom the timer was set for has been told on the way. */
  #idle = false;
  #rearmedMillis = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts, links: () => Iterable<Link>) {
    this.#parts = parts;
    this.#links = links;
  }

  /** A numbered frame has come; `calm`: nobody misses its acknowledgement soon. True: it must be acknowledged in this very turn. */
  owe(link: Link, calm: boolean): boolean {
    const { env } = this.#parts;
    link.owedFrames += 1;
    if (link.owedFrames >= FRAMES_MAX) return true;
    link.acknowledgeMillis = Math.min(link.acknowledgeMillis, env.monotonicMillis + this.#delayMillis(link, calm));
    if (this.#owing.at(-1) !== link) this.#owing.push(link);
    return false;
  }

  /** A frame is on its way to the peer, and tells it what has arrived. */
  settled(link: Link): void {
    if (link.owedFrames === 0) return;
    if (link.acknowledgeMillis === this.#dueMillis) this.#idle = true;
    link.owedFrames = 0;
    link.acknowledgeMillis = Number.POSITIVE_INFINITY;
  }

  /** The turn has sent what it had to say; what that has not acknowledged waits for the timer. */
  endTurn(): void {
    if (this.#idle) this.#rearm();
    if (this.#owing.length === 0) return;
    for (const link of this.#owing) if (link.owedFrames > 0) this.#wakeAt(link.acknowledgeMillis);
    this.#owing.length = 0;
  }

  /** The timer need not fire for nothing: a turn costs more than this look. Where much is said it would be set and cancelled all the time. */
  #rearm(): void {
    const { env } = this.#parts;
    this.#idle = false;
    if (env.monotonicMillis - this.#rearmedMillis < REARM_MILLIS) return;
    this.#rearmedMillis = env.monotonicMillis;
    let next = Number.POSITIVE_INFINITY;
    for (const link of this.#links()) if (link.owedFrames > 0 && link.established && link.acknowledgeMillis < next) next = link.acknowledgeMillis;
    if (next <= this.#dueMillis) return;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    if (next === Number.POSITIVE_INFINITY) env.cancelTimer('link-acknowledge', '');
    else this.#wakeAt(next);
  }

  #delayMillis(link: Link, calm: boolean): number {
    const { options } = this.#parts;
    if (calm) return options.acknowledgeCalmMillis;
    const short = link.roundTripMillis === null || link.roundTripMillis >= options.resendMillis;
    return short ? options.acknowledgeDelayMillis : options.acknowledgeDelayMillisMax;
  }

  #wakeAt(dueMillis: number): void {
    if (dueMillis >= this.#dueMillis) return;
    this.#dueMillis = dueMillis;
    this.#parts.env.setTimer('link-acknowledge', '', dueMillis - this.#parts.env.monotonicMillis);
  }

  /** The timer has fired: those of the links that are to hear of us now. The timer is set anew for the others. */
  due(): Link[] {
    const now = this.#parts.env.monotonicMillis;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    const due: Link[] = [];
    for (const link of this.#links()) {
      if (link.owedFrames === 0 || !link.established) continue;
      if (link.acknowledgeMillis <= now) due.push(link);
      else this.#wakeAt(link.acknowledgeMillis);
    }
    return due;
  }

  /** An acknowledgement went by itself. Where a frame is missing, this is what tells the peer so, and it may be lost in its turn. */
  sent(link: Link): void {
    if (link.early.size === 0) return;
    link.owedFrames = 1;
    link.acknowledgeMillis = this.#parts.env.monotonicMillis + this.#parts.options.resendMillis;
    this.#wakeAt(link.acknowledgeMillis);
  }
}
