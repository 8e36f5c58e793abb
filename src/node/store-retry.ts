import type { NodeLog } from './log.ts';

export interface StoreRetryBounds {
  /** Pause before the store is tried again, ms; doubled up to the maximum. */
  readonly retryMillis: number;
  readonly retryMillisMax: number;
}

/** Doublings that are counted; the maximum is reached long before. */
const DOUBLINGS_MAX = 10;

/** After a commit that failed the next turn waits, since a full disk stays full for a while, and longer each time. */
export class StoreRetry {
  readonly #bounds: StoreRetryBounds;
  readonly #log: NodeLog;
  #timer: NodeJS.Timeout | null = null;
  #times = 0;

  constructor(bounds: StoreRetryBounds, log: NodeLog) {
    this.#bounds = bounds;
    this.#log = log;
  }

  /** The store cannot commit now, and will be tried again. */
  get waiting(): boolean {
    return this.#timer !== null;
  }

  /** A commit has failed and the program was loaded again; `again` is called when the next one may be tried. */
  failed(again: () => void): void {
    this.#times += 1;
    const powerOfTwo = (this.#times & (this.#times - 1)) === 0;
    if (powerOfTwo) this.#log.error({ times: this.#times }, 'the store could not commit; the node was reloaded from what is stored');
    const pause = Math.min(this.#bounds.retryMillisMax, this.#bounds.retryMillis * 2 ** Math.min(DOUBLINGS_MAX, this.#times - 1));
    this.cancel();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      again();
    }, pause);
  }

  succeeded(): void {
    if (this.#times > 0) this.#log.warn({ times: this.#times }, 'the store can write again');
    this.#times = 0;
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
