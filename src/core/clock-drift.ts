/** What a clock that runs too fast or too slow has gained since that began. */
export class ClockDrift {
  #perSecond = 0;
  #sinceMillis = 0;

  set(driftMillisPerSecond: number, nowMillis: number): void {
    if (driftMillisPerSecond === this.#perSecond) return;
    this.#perSecond = driftMillisPerSecond;
    this.#sinceMillis = nowMillis;
  }

  /** ms, at a moment of the clock that only measures differences. */
  gainedMillis(nowMillis: number): number {
    return (this.#perSecond * (nowMillis - this.#sinceMillis)) / 1_000;
  }
}
