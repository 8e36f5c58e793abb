/** Looking again more often than this costs more than it tells, ms. */
const LOOK_PERIOD_MILLIS_MIN = 10;
/** A longer timer of Node.js fires at once, ms. */
export const TIMER_MILLIS_MAX = 2_147_483_647;
/** Not everything that a check looks at comes with an event, ms. */
const LOOK_PERIOD_MILLIS_MAX = 100;

/** The time of a run on real processes, and waiting in it. Ends all waits when the run is over. */
export class LocalClock {
  readonly #wakers = new Set<() => void>();
  #originMillis = performance.now();
  #over = false;

  restart(): void {
    this.#originMillis = performance.now();
  }

  now(): number {
    return performance.now() - this.#originMillis;
  }

  wallMillis(): number {
    return Date.now();
  }

  /** Something happened: whoever waits for a state looks again. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  /** Every wait from now on rejects. */
  end(): void {
    this.#over = true;
    this.wake();
  }

  async pass(millis: number): Promise<void> {
    const endMillis = this.now() + millis;
    while (this.now() < endMillis) await this.#wakeOr(endMillis - this.now());
    this.#refuseWhenOver();
  }

  /** See Engine.until. */
  async until(check: () => Promise<string | null>, deadlineMillis: number): Promise<string | null> {
    const endMillis = this.now() + deadlineMillis;
    for (;;) {
      this.#refuseWhenOver();
      const seen = await check();
      if (seen === null) return null;
      const leftMillis = endMillis - this.now();
      if (leftMillis <= 0) return seen;
      await this.#sleep(Math.min(leftMillis, LOOK_PERIOD_MILLIS_MIN));
      await this.#wakeOr(Math.min(Math.max(endMillis - this.now(), 0), LOOK_PERIOD_MILLIS_MAX));
    }
  }

  #refuseWhenOver(): void {
    if (this.#over) throw new Error('the run is over');
  }

  #sleep(millis: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, millis);
    });
  }

  #wakeOr(millis: number): Promise<void> {
    this.#refuseWhenOver();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(millis, TIMER_MILLIS_MAX));
      this.#wakers.add(done);
    });
  }
}
