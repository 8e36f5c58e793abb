/** Allows something so many times a second in all, and a share of that to each source; a hostile one cannot take the others' share. */
export class SourceBudget {
  readonly #allMax: number;
  readonly #eachMax: number;
  readonly #spent = new Map<string, number>();
  #all = 0;
  #windowMillis = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly perSecond: number; readonly perSourceAndSecond: number }) {
    this.#allMax = options.perSecond;
    this.#eachMax = options.perSourceAndSecond;
  }

  /** False: no more of that in this second. */
  take(source: string, nowMillis: number): boolean {
    if (nowMillis - this.#windowMillis >= 1_000) {
      this.#windowMillis = nowMillis;
      this.#all = 0;
      this.#spent.clear();
    }
    const spent = this.#spent.get(source) ?? 0;
    if (this.#all >= this.#allMax || spent >= this.#eachMax) return false;
    this.#all += 1;
    this.#spent.set(source, spent + 1);
    return true;
  }
}
