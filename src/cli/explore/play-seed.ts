import { loadScenario, type Scenario } from '../../scenario/load.ts';
import { SILENT } from '../../scenario/narration.ts';
import type { RunReport, Verdict } from '../../scenario/report.ts';
import { runScenario } from '../../scenario/runner.ts';
import { concealed } from '../../scenario/words.ts';
import { makeSim, type SimRunOptions } from '../make-sim.ts';

/** One seed of a scenario, as a worker is told. */
export interface SeedTask {
  readonly text: string;
  readonly file: string;
  readonly seed: number;
  readonly crypto: SimRunOptions['crypto'];
}

export interface SeedOutcome {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly reason: string | null;
  /** Properties that were broken; empty where a step failed or something crashed. */
  readonly broken: readonly string[];
  readonly events: number;
  readonly virtualMillis: number;
}

/** Plays a scenario in the simulator without a word. Throws `bad-scenario` for a file that cannot be played. */
export async function playSeed(task: SeedTask): Promise<SeedOutcome> {
  const scenario = loadScenario(task.text, task.file, task.seed);
  const report = await playScenario(scenario, task.seed, task.crypto);
  return {
    seed: task.seed,
    verdict: report.verdict,
    reason: report.reason === null ? null : concealed(report.reason),
    broken: report.checks.filter((check) => !check.ok && check.number === 'trace').map((check) => check.check),
    events: report.trace.events,
    virtualMillis: report.virtualMillis,
  };
}

async function playScenario(scenario: Scenario, seed: number, crypto: SimRunOptions['crypto']): Promise<RunReport> {
  return runScenario(scenario, makeSim(scenario, { seed, crypto, traced: 'states' }), { seed, wallMillis: () => performance.now(), listener: SILENT });
}
