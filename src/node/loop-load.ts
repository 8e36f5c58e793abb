import { performance } from 'node:perf_hooks';

const WINDOW_MILLIS = 250;

/**
 * How busy the event loop of this process is. A loop that never waits has work left over, however quickly it turns: what peers have
 * sent lies in queues that nobody can count from here, and a question asked from outside is answered between two turns all the same.
 */
export class LoopLoad {
  readonly #timer: NodeJS.Timeout;
  #before = performance.eventLoopUtilization();
  #share = 0;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.eventLoopUtilization();
      this.#share = performance.eventLoopUtilization(now, this.#before).utilization;
      this.#before = now;
    }, WINDOW_MILLIS);
    this.#timer.unref();
  }

  /** For which share of the last window of a quarter of a second, or of the longer turn that it was, the loop has worked, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
