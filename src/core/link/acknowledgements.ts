import type { Parts } from '../parts.ts';
import type { Link } from './link.ts';

/** So many frames of a peer are acknowledged at once: its window must not run dry while this end waits for something to say. */
const FRAMES_MAX = 32;

/**
 * When received frames are acknowledged that no frame of ours has acknowledged on the way (as TCP does, RFC 1122, 4.2.3.2).
 * A peer whose round trips are known and short has a patience that follows them: its frames may wait longer for company.
 */
export class Acknowledgements {
  readonly #parts: Parts;
  #dueMillis = Number.POSITIVE_INFINITY;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A numbered frame has come. True: it must be acknowledged in this very turn. */
  owe(link: Link): boolean {
    const { env, options } = this.#parts;
    link.owedFrames += 1;
    if (link.owedFrames >= FRAMES_MAX) return true;
    const short = link.roundTripMillis === null || link.roundTripMillis >= options.resendMillis;
    const delayMillis = short ? options.acknowledgeDelayMillis : options.acknowledgeDelayMillisMax;
    if (env.monotonicMillis + delayMillis >= this.#dueMillis) return false;
    this.#dueMillis = env.monotonicMillis + delayMillis;
    env.setTimer('link-acknowledge', '', delayMillis);
    return false;
  }

  /** The timer has fired: what is owed now is sent. */
  settle(): void {
    this.#dueMillis = Number.POSITIVE_INFINITY;
  }
}
