import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { reasonOf } from '../../adapters/files.ts';
import { ConfabError } from '../../core/errors.ts';
import { loadScenario } from '../../scenario/load.ts';
import { countSteps, type RawScenario, shrink, writtenOut } from '../../scenario/shrink.ts';
import { storyOf } from '../../scenario/story.ts';
import { counted } from '../../scenario/words.ts';
import type { CliContext } from '../context.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import type { Failure } from './explore.ts';
import { playSeed, type SeedOutcome, type SeedTask } from './play-seed.ts';

/** A failing run made small. */
export interface Smaller {
  readonly seed: number;
  readonly steps: number;
  readonly reason: string | null;
  /** Where it was written; null: nowhere. */
  readonly file: string | null;
  /** The scenario as YAML. */
  readonly text: string;
  /** The same, as it must be written when it lies in that folder: what it names lies elsewhere then. */
  readonly textAt: (folder: string) => string;
  /** Smaller runs that were tried. */
  readonly attempts: number;
  /** Its steps as numbered sentences. */
  readonly story: readonly string[];
  readonly crypto: SeedTask['crypto'];
}

/** Attempts after which a failure is small enough, ms of real time. */
const SHRINK_MILLIS_MAX = 60_000;

/** Two failures are the same when the same property broke, or the same step failed for the same reason but for numbers. */
function kindOf({ verdict, broken, reason }: SeedOutcome): string {
  if (broken[0] !== undefined) return broken[0];
  return `${verdict}: ${(reason ?? '').replace(/^step [0-9.]+ \(line [0-9]+\), /, '').replace(/[0-9.]+/g, '#')}`;
}

/** Makes the failure of one seed smaller, tells it as a story, and writes it where it was wanted. */
export async function shrinkFailure(
  context: CliContext,
  { file, text, save, signal }: { readonly file: string; readonly text: string; readonly save: string | null; readonly signal: AbortSignal },
  failure: Failure,
): Promise<Smaller> {
  const { seed, crypto } = failure;
  const wanted = kindOf(failure);
  const until = performance.now() + SHRINK_MILLIS_MAX;
  let last: SeedOutcome = failure;
  let attempts = 0;
  const fails = async (smaller: RawScenario): Promise<boolean> => {
    if (signal.aborted || performance.now() > until || smaller.steps.length === 0) return false;
    attempts += 1;
    const outcome = await tried({ text: stringify(smaller), file, seed, crypto });
    if (outcome === null || outcome.verdict === 'pass' || kindOf(outcome) !== wanted) return false;
    last = outcome;
    return true;
  };
  const whole = writtenOut(parse(text, { merge: true }) as RawScenario, seed, await loadOwnWorkloads(text, file));
  const tell = (left: number) => {
    if (process.stdout.isTTY === true && !context.json && !context.plain)
      process.stdout.write(`\r\u001b[2Kmaking it smaller: ${counted(left, 'step')} left, ${attempts} tries`);
  };
  const small = (await fails(whole)) ? await shrink(whole, fails, tell) : (parse(text, { merge: true }) as RawScenario);
  if (process.stdout.isTTY === true && !context.json && !context.plain) process.stdout.write('\r\u001b[2K');
  const about = `Made smaller from seed ${seed} of ${file}. It ends with: ${last.reason ?? ''}`.slice(0, 2_000);
  const textAt = (folder: string) => movedTo(folder, { ...small, about }, file);
  const yaml = textAt(save === null ? dirname(file) : dirname(save));
  if (save !== null) await write(save, yaml);
  const steps = countSteps(small.steps);
  const story = storyOf(loadScenario(yaml, save ?? file, seed, await loadOwnWorkloads(yaml, save ?? file)));
  const smaller = { seed, steps, reason: last.reason, file: save, text: yaml, textAt, attempts, story, crypto };
  if (!context.json) tellStory(context, smaller);
  return smaller;
}

/** The scenario in YAML for a file in that folder: modules that it names are named from there. */
function movedTo(folder: string, scenario: RawScenario, file: string): string {
  const { program, workloads } = scenario as { readonly program?: string; readonly workloads?: readonly string[] };
  const named = (written: string): string => relative(resolve(folder), resolve(dirname(file), written)) || written;
  const moved = {
    ...(program === undefined ? {} : { program: named(program) }),
    ...(workloads === undefined ? {} : { workloads: workloads.map(named) }),
  };
  return stringify({ ...scenario, ...moved }, { lineWidth: 160 });
}

async function tried(task: Parameters<typeof playSeed>[0]): Promise<SeedOutcome | null> {
  try {
    return await playSeed(task);
  } catch (error) {
    // A scenario that lost a step which others need cannot be played, so it does not fail either.
    if (error instanceof ConfabError && error.code === 'bad-scenario') return null;
    throw error;
  }
}

async function write(file: string, yaml: string): Promise<void> {
  try {
    await writeFile(file, yaml);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: file, reason: reasonOf(error) });
  }
}

function tellStory(context: CliContext, { steps, attempts, story, reason, file: saved }: Smaller): void {
  context.print('');
  context.print(`The same failure in ${counted(steps, 'step')} (after ${counted(attempts, 'smaller run')}):`);
  for (const line of story) context.print(`  ${line}`);
  context.print(`  Then: ${reason ?? ''}`);
  context.print(
    saved === null ? 'With --save FILE it is written to a file that confab run plays.' : `It lies in ${saved}; play it: confab run ${saved} --engine sim`,
  );
}
