/** Failures of the program within the window that are answered by a reload; one more ends the node (as the live driver does). */
const CRASHES_MAX = 5;
const CRASH_WINDOW_MILLIS = 60_000;
/** Pause before a failed commit is tried again, ms; doubled up to the maximum. */
const RETRY_MILLIS = 100;
const RETRY_MILLIS_MAX = 5_000;

/** What went wrong at a hosted node lately, and so what it may still do. */
export class Setbacks {
  #failedCommits = 0;
  #crashedAtMillis: number[] = [];

  committed(): void {
    this.#failedCommits = 0;
  }

  /** A commit failed. How long to wait before the next: a full disk stays full for a while. */
  retryMillis(): number {
    this.#failedCommits += 1;
    return Math.min(RETRY_MILLIS_MAX, RETRY_MILLIS * 2 ** Math.min(10, this.#failedCommits - 1));
  }

  /** The program threw. False: it has done so too often. */
  mayGoOn(nowMillis: number): boolean {
    this.#crashedAtMillis = this.#crashedAtMillis.filter((at) => at > nowMillis - CRASH_WINDOW_MILLIS);
    this.#crashedAtMillis.push(nowMillis);
    return this.#crashedAtMillis.length <= CRASHES_MAX;
  }

  forget(): void {
    this.#failedCommits = 0;
    this.#crashedAtMillis = [];
  }
}
