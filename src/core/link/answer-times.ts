/** Weights of a new sample, and how many deviations above the mean an answer may still take (RFC 6298, 2). */
const MEAN_WEIGHT = 1 / 8;
const DEVIATION_WEIGHT = 1 / 4;
const DEVIATIONS = 4;
/** No answer counts as longer than what was patience enough until it came, which is taken for between these, ms. */
const SAMPLE_MILLIS = 500;
const SAMPLE_MILLIS_MAX = 8_000;

/**
 * How long answers take here, whoever gives them, estimated as TCP does (RFC 6298; Jacobson, "Congestion Avoidance and Control", 1988).
 *
 * Of a machine on which every process waits for its turn all answers are late, those of peers never asked before as well. A fixed
 * time-out would then take everybody for dead: what is given up is asked of somebody else, links are closed and opened again, and that
 * work makes all answers later still. Where answers are quick this never comes to more than the fixed time-out.
 *
 * One peer is not everybody: who is slow on purpose, or answers after it stood still for an hour, must not make all others be waited for.
 * So patience grows step by step, which half a dozen late answers in a row bring to the most there is, and one among eight nearly nowhere.
 */
export class AnswerTimes {
  #meanMillis = 0;
  #deviationMillis = 0;
  #count = 0;

  /** An answer has come so long after its question was sent, the first time if it was sent more than once and that may be told apart. */
  took(millis: number): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.#meanMillis = Math.min(millis, SAMPLE_MILLIS_MAX);
      this.#deviationMillis = this.#meanMillis / 2;
      return;
    }
    const sampleMillis = Math.min(millis, this.patienceMillis(SAMPLE_MILLIS, SAMPLE_MILLIS_MAX));
    this.#deviationMillis += DEVIATION_WEIGHT * (Math.abs(sampleMillis - this.#meanMillis) - this.#deviationMillis);
    this.#meanMillis += MEAN_WEIGHT * (sampleMillis - this.#meanMillis);
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
