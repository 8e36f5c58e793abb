/**
 * How many chunks may be under way to one receiver. It grows while answers come as quickly as they can and shrinks as soon as they
 * have to queue, so that a transfer takes what others leave: the idea of LEDBAT (RFC 6817), with the time from question to answer in
 * place of the one-way delay. What else a link carries then waits for `targetMillis` at most, however slow the link is.
 */
export class FetchWindow {
  readonly #targetMillis: number;
  readonly #max: number;
  #size: number;
  #baseMillis = Number.POSITIVE_INFINITY;
  #slowStart = true;

  constructor(options: { readonly targetMillis: number; readonly first: number; readonly max: number }) {
    this.#targetMillis = options.targetMillis;
    this.#max = options.max;
    this.#size = options.first;
  }

  /** At least one. */
  get size(): number {
    return Math.max(1, Math.floor(this.#size));
  }

  /** An answer came so long after its question. */
  answered(delayMillis: number): void {
    this.#baseMillis = Math.min(this.#baseMillis, delayMillis);
    const spare = (this.#targetMillis - (delayMillis - this.#baseMillis)) / this.#targetMillis;
    if (spare <= 0) this.#slowStart = false;
    const step = this.#slowStart ? 1 : Math.max(-1, spare) / this.#size;
    this.#size = Math.min(this.#max, Math.max(1, this.#size + step));
  }

  /** An answer did not come. */
  lost(): void {
    this.#slowStart = false;
    this.#size = Math.max(1, this.#size / 2);
  }
}
