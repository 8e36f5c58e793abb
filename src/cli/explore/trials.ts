import { stringify } from 'yaml';
import type { RawScenario } from '../../scenario/shrink.ts';
import { withoutFaults } from '../../scenario/without-faults.ts';
import type { Failure } from './explore.ts';
import type { SeedOutcome } from './play-seed.ts';
import type { Pool } from './pool.ts';
import { isSameFailure } from './same-failure.ts';

export interface TrialsOptions {
  readonly file: string;
  /** The whole scenario. */
  readonly text: string;
  /** Ends the trials: what is smallest by then is the result. */
  readonly signal: AbortSignal;
  /** Smaller runs are tried for so long, ms of real time. */
  readonly withinMillis: number;
  readonly pool: Pool;
}

/** Smaller runs that are tried, and whether they fail as the whole one does. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #failure: Failure;
  readonly #untilMillis: number;
  readonly #ended: Promise<null>;
  /** Why those failed that did. */
  readonly #reasons = new WeakMap<RawScenario, string | null>();
  #restsOnFaults = false;
  count = 0;
  /** Some were not tried, because the time was over or somebody interrupted it. */
  isCutShort = false;

  constructor(options: TrialsOptions, failure: Failure) {
    this.#options = options;
    this.#failure = failure;
    this.#untilMillis = performance.now() + options.withinMillis;
    this.#ended = new Promise((resolve) => options.signal.addEventListener('abort', () => resolve(null)));
  }

  /**
   * Where a step failed that comes true as long as nothing is broken, the same is asked of smaller scenarios: else they would
   * fail because nobody wrote what the step expects.
   */
  async begin(whole: RawScenario): Promise<void> {
    if (this.#failure.verdict !== 'fail' || this.#failure.broken.length > 0) return;
    this.#restsOnFaults = (await this.#play(withoutFaults(whole)))?.verdict === 'pass';
  }

  readonly fails = async (smaller: RawScenario): Promise<boolean> => {
    if (smaller.steps.length === 0) return false;
    if (this.#options.signal.aborted || performance.now() > this.#untilMillis) {
      this.isCutShort = true;
      return false;
    }
    this.count += 1;
    const outcome = await this.#play(smaller);
    if (outcome === null || !isSameFailure(this.#failure, outcome)) return false;
    this.#reasons.set(smaller, outcome.reason);
    return !this.#restsOnFaults || (await this.#play(withoutFaults(smaller)))?.verdict === 'pass';
  };

  /** Why a scenario that was tried failed. */
  reasonOf(scenario: RawScenario): string | null {
    return this.#reasons.get(scenario) ?? this.#failure.reason;
  }

  /** Null for one that cannot be played: it has lost a step that others need, so it does not fail either. */
  async #play(scenario: RawScenario): Promise<SeedOutcome | null> {
    const { file, pool } = this.#options;
    const { seed, crypto } = this.#failure;
    const outcome = await Promise.race([pool.play({ text: stringify(scenario), file, seed, crypto, again: false }), this.#ended]);
    return outcome === null || 'unplayable' in outcome ? null : outcome;
  }
}
