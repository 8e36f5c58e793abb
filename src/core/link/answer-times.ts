/** Weights of a new sample, and how many deviations above the mean an answer may still take (RFC 6298, 2). */
const MEAN_WEIGHT = 1 / 8;
const DEVIATION_WEIGHT = 1 / 4;
const DEVIATIONS = 4;

/**
 * How long answers take here, whoever gives them, estimated as TCP does (RFC 6298; Jacobson, "Congestion Avoidance and Control", 1988).
 *
 * Of a machine on which every process waits for its turn all answers are late, those of peers never asked before as well. A fixed
 * time-out would then take everybody for dead: what is given up is asked of somebody else, links are closed and opened again, and that
 * work makes all answers later still. Where answers are quick this never comes to more than the fixed time-out.
 */
export class AnswerTimes {
  #meanMillis = 0;
  #deviationMillis = 0;
  #count = 0;

  /** An answer has come so long after its question was sent, the first time if it was sent more than once and that may be told apart. */
  took(millis: number): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.#meanMillis = millis;
      this.#deviationMillis = millis / 2;
      return;
    }
    this.#deviationMillis += DEVIATION_WEIGHT * (Math.abs(millis - this.#meanMillis) - this.#deviationMillis);
    this.#meanMillis += MEAN_WEIGHT * (millis - this.#meanMillis);
  }

  /** Running mean, ms; 0 while nothing was answered yet. */
  get meanMillis(): number {
    return this.#meanMillis;
  }

  /** How long to wait for an answer before it counts as missing: `least` where answers are quick, never more than `most`, ms. */
  patienceMillis(least: number, most: number): number {
    return Math.min(most, Math.max(least, this.#meanMillis + DEVIATIONS * this.#deviationMillis));
  }
}
