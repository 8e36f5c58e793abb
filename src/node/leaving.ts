/** The end of a node in order: what is handed over to others before, once and for a bounded time. */
export class Leaving {
  readonly #limitMillis: number;
  #promise: Promise<void> | null = null;
  #over: () => void = () => {};

  constructor(limitMillis: number) {
    this.#limitMillis = limitMillis;
  }

  /** `begin` is called the first time; resolves once `over` was called or the time is up. */
  wait(begin: () => void): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#limitMillis);
      this.#over = () => {
        clearTimeout(timer);
        resolve();
      };
      begin();
    });
    return this.#promise;
  }

  over(): void {
    this.#over();
  }
}
