/** Lets at most `width` actions run at the same time; the others wait in order. */
export class Gate {
  readonly #width: number;
  readonly #waiting: Array<() => void> = [];
  #inside = 0;

  constructor(width: number) {
    this.#width = width;
  }

  async pass<Value>(act: () => Promise<Value>): Promise<Value> {
    if (this.#inside >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
