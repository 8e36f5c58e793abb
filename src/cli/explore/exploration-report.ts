import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolders } from '../../adapters/make-folders.ts';
import { ConfabError } from '../../core/errors.ts';
import { folderReason } from '../../core/system-reasons.ts';
import type { TraceEvent } from '../../core/trace.ts';
import { loadScenario } from '../../scenario/load.ts';
import { SILENT } from '../../scenario/narration.ts';
import { type ExplorationFacts, explorationHtml } from '../../scenario/reports/exploration-html.ts';
import { runScenario } from '../../scenario/runner.ts';
import { loadProgram } from '../load-program.ts';
import { makeSim } from '../make-sim.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import { simCommand } from '../repeat-command.ts';
import { pointLatest, writeReportFiles } from '../write-report.ts';
import type { Failure } from './explore.ts';
import type { SeedTask } from './play-seed.ts';
import { type Smaller, sayAttempts } from './shrink-failure.ts';

/** Failures that are played once more for a report of their own; the others have their command. */
const REPORTED_MAX = 10;
/** The small scenario, and the folder with its run. */
const SMALLEST = 'smallest';

export interface Explored {
  readonly file: string;
  readonly text: string;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly wallMillis: number;
  readonly jobs: number;
  /** In words. */
  readonly crypto: string;
  /** Why seeds were not played that were wanted; empty when all were. */
  readonly ending: string;
  readonly failures: readonly Failure[];
  readonly smaller: Smaller | null;
  readonly command: string;
}

/**
 * Writes what an exploration found into a folder of its own in `folder`, and lets `latest` point there: an HTML file, the first
 * failures played again with a full report each, the small scenario and its run. Gives the path of the HTML file.
 */
export async function writeExploration(folder: string, explored: Explored): Promise<string> {
  const { file, text, firstSeed, seeds, failures, smaller } = explored;
  const scenario = loadScenario(text, file, firstSeed, await loadOwnWorkloads(text, file));
  const target = join(resolve(folder), `${scenario.name}-explored-${firstSeed}-${firstSeed + seeds - 1}`);
  await inFolder(target, async () => makeFolders(target));
  const links = new Map<number, string>();
  for (const { seed, crypto } of failures.slice(0, REPORTED_MAX)) {
    await report(join(target, `seed-${seed}`), { text, file, seed, crypto });
    links.set(seed, `seed-${seed}/index.html`);
  }
  const { seeds: count, wallMillis, jobs, crypto, ending, command } = explored;
  const facts: ExplorationFacts = {
    scenario: scenario.name,
    about: scenario.about,
    seeds: count,
    firstSeed,
    wallMillis,
    jobs,
    crypto,
    ending,
    command,
    failures: failures.map((failure) => ({ ...failure, link: links.get(failure.seed) ?? null })),
    smallest: smaller === null ? null : await writeSmallest(target, smaller),
    machine: `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} processors`,
  };
  await inFolder(target, () => writeFile(join(target, 'index.html'), explorationHtml(facts)));
  await pointLatest(target);
  return join(target, 'index.html');
}

async function writeSmallest(target: string, smaller: Smaller): Promise<NonNullable<ExplorationFacts['smallest']>> {
  const { seed, steps, reason, story, crypto } = smaller;
  const name = `${SMALLEST}.yaml`;
  const path = join(target, name);
  const text = smaller.textAt(target);
  await inFolder(target, () => writeFile(path, text));
  const command = simCommand({ file: name, seed: null, crypto });
  await report(join(target, SMALLEST), { text, file: path, seed, crypto });
  return { seed, steps, attempts: sayAttempts(smaller), reason, story, file: name, command, link: `${SMALLEST}/index.html` };
}

/** Plays a seed once more, with everything in its trace. */
async function report(target: string, { text, file, seed, crypto }: Omit<SeedTask, 'again'>): Promise<void> {
  const scenario = loadScenario(text, file, seed, await loadOwnWorkloads(text, file));
  const module = scenario.program === null ? null : await loadProgram(file, scenario.program);
  const engine = makeSim(scenario, { seed, crypto, traced: true, module });
  let events: readonly TraceEvent[] = [];
  const played = await runScenario(scenario, engine, {
    seed,
    wallMillis: () => performance.now(),
    listener: SILENT,
    ownChecks: module?.checks ?? [],
    collect: async () => {
      events = await engine.trace();
    },
  });
  await writeReportFiles(target, { scenario, report: played, events, standInCrypto: crypto === 'stand-in', startedMillis: 0 });
}

async function inFolder(folder: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: folderReason(error) });
  }
}
