import { loadScenario } from '../../scenario/load.ts';
import { SILENT } from '../../scenario/narration.ts';
import type { Verdict } from '../../scenario/report.ts';
import { runScenario } from '../../scenario/runner.ts';
import { concealed } from '../../scenario/words.ts';
import { loadProgram } from '../load-program.ts';
import { makeSim, type SimRunOptions } from '../make-sim.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';

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
  const scenario = loadScenario(task.text, task.file, task.seed, await loadOwnWorkloads(task.text, task.file));
  const module = scenario.program === null ? null : await loadProgram(task.file, scenario.program);
  const engine = makeSim(scenario, { seed: task.seed, crypto: task.crypto, traced: 'states', module });
  const ownChecks = module?.checks ?? [];
  const report = await runScenario(scenario, engine, { seed: task.seed, wallMillis: () => performance.now(), listener: SILENT, ownChecks, hashed: false });
  return {
    seed: task.seed,
    verdict: report.verdict,
    reason: report.reason === null ? null : concealed(report.reason),
    broken: report.checks.filter((check) => !check.ok && check.number === 'trace').map((check) => check.check),
    events: report.trace.events,
    virtualMillis: report.virtualMillis,
  };
}
