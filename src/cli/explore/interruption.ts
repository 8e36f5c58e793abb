/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED_STATUS = 130;

/** Ctrl-C ends what is being done, in order; the next one ends the program at once. */
export class Interruption {
  #controller = new AbortController();
  #wasInterrupted = false;
  readonly #interrupt = () => {
    if (this.#controller.signal.aborted) process.exit(INTERRUPTED_STATUS);
    this.#wasInterrupted = true;
    this.#controller.abort();
  };

  constructor() {
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#interrupt);
  }

  /** Of what is being done now. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something else begins, which can be ended by itself; unless all was ended before. */
  next(): AbortSignal {
    if (!this.#wasInterrupted) this.#controller = new AbortController();
    return this.signal;
  }

  release(): void {
    process.removeListener('SIGINT', this.#interrupt);
    process.removeListener('SIGTERM', this.#interrupt);
  }
}
