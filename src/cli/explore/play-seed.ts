import { NOTHING_THROWN } from '../../scenario/checks/nothing-thrown.ts';
import { loadScenario } from '../../scenario/load.ts';
import { SILENT } from '../../scenario/narration.ts';
import type { RunReport, Verdict } from '../../scenario/report.ts';
import { runScenario } from '../../scenario/runner.ts';
import { concealed } from '../../scenario/words.ts';
import { loadProgram } from '../load-program.ts';
import { makeSim, type SimRunOptions } from '../make-sim.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import { isSameFailure } from './same-failure.ts';

/** One seed of a scenario, as a worker is told. */
export interface SeedTask {
  readonly text: string;
  readonly file: string;
  readonly seed: number;
  readonly crypto: SimRunOptions['crypto'];
  /** Failures are played once more, with everything in their trace, as the command does that repeats them. */
  readonly again: boolean;
}

export interface SeedOutcome {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly reason: string | null;
  /** Properties that were broken; empty where a step failed or something crashed. */
  readonly broken: readonly string[];
  readonly events: number;
  readonly virtualMillis: number;
  /** Whether it failed in the same way when it was played once more; null: it was not. */
  readonly repeats: boolean | null;
}

/** Plays a scenario in the simulator without a word. Throws `bad-scenario` for a file that cannot be played. */
export async function playSeed(task: SeedTask): Promise<SeedOutcome> {
  const outcome = await playOnce(task, 'states');
  if (outcome.verdict === 'pass' || !task.again) return outcome;
  const second = await playOnce(task, true);
  // Of the second one are the events that the evidence names: they are found in the trace of whoever repeats it.
  return isSameFailure(outcome, second) ? { ...second, repeats: true } : { ...outcome, repeats: false };
}

async function playOnce(task: SeedTask, traced: SimRunOptions['traced']): Promise<SeedOutcome> {
  const scenario = loadScenario(task.text, task.file, task.seed, await loadOwnWorkloads(task.text, task.file));
  const module = scenario.program === null ? null : await loadProgram(task.file, scenario.program);
  const engine = makeSim(scenario, { seed: task.seed, crypto: task.crypto, traced, module });
  const ownChecks = module?.checks ?? [];
  const report = await runScenario(scenario, engine, { seed: task.seed, wallMillis: () => performance.now(), listener: SILENT, ownChecks, hashed: false });
  return {
    seed: task.seed,
    verdict: report.verdict,
    reason: report.reason === null ? null : concealed(withThrown(report)),
    broken: report.checks.filter((check) => !check.ok && check.number === 'trace').map((check) => check.check),
    events: report.trace.events,
    virtualMillis: report.virtualMillis,
    repeats: null,
  };
}

/** Where a program threw, its mistake explains the step that failed for it. */
function withThrown({ reason, checks }: RunReport): string {
  const thrown = checks.find(({ check, ok }) => check === NOTHING_THROWN.name && !ok)?.evidence ?? '';
  const said = reason ?? '';
  return thrown === '' || said.startsWith(NOTHING_THROWN.name) || said.includes(thrown.slice(thrown.indexOf(': ') + 2)) ? said : `${said}; ${thrown}`;
}
