import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { ConfabError } from '../../core/errors.ts';
import { loadScenario } from '../../scenario/load.ts';
import { countSteps, type RawScenario, shrink, writtenOut } from '../../scenario/shrink.ts';
import { storyOf } from '../../scenario/story.ts';
import { counted } from '../../scenario/words.ts';
import type { CliContext } from '../context.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import type { Failure } from './explore.ts';
import { playSeed, type SeedOutcome } from './play-seed.ts';

/** A failing run made small. */
export interface Smaller {
  readonly seed: number;
  readonly steps: number;
  readonly reason: string | null;
  /** Where it was written; null: nowhere. */
  readonly file: string | null;
  /** The scenario as YAML. */
  readonly text: string;
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
  { file, text, save }: { readonly file: string; readonly text: string; readonly save: string | null },
  failure: Failure,
): Promise<Smaller> {
  const crypto = failure.command.includes('--stand-in-crypto') ? 'stand-in' : 'real';
  const { seed } = failure;
  const wanted = kindOf(failure);
  const until = performance.now() + SHRINK_MILLIS_MAX;
  let last: SeedOutcome = failure;
  let attempts = 0;
  const fails = async (smaller: RawScenario): Promise<boolean> => {
    if (performance.now() > until || smaller.steps.length === 0) return false;
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
  const { program } = small as { readonly program?: string };
  // The smaller file may lie elsewhere than the one it came from.
  const moved = program === undefined || save === null ? {} : { program: relative(dirname(resolve(save)), resolve(dirname(file), program)) };
  const yaml = stringify(
    { ...small, ...moved, about: `Made smaller from seed ${seed} of ${file}. It ends with: ${last.reason ?? ''}`.slice(0, 2_000) },
    { lineWidth: 160 },
  );
  if (save !== null) await write(save, yaml);
  if (!context.json)
    tellStory(context, { yaml, file: save ?? file, seed, reason: last.reason, steps: countSteps(small.steps), attempts, saved: save !== null });
  return { seed, steps: countSteps(small.steps), reason: last.reason, file: save, text: yaml };
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
    throw new ConfabError('folder-unwritable', { folder: file, reason: (error as NodeJS.ErrnoException).code ?? 'unknown reason' });
  }
}

interface Told {
  readonly yaml: string;
  readonly file: string;
  readonly seed: number;
  readonly reason: string | null;
  readonly steps: number;
  readonly attempts: number;
  readonly saved: boolean;
}

function tellStory(context: CliContext, { yaml, file, seed, reason, steps, attempts, saved }: Told): void {
  context.print('');
  context.print(`The same failure in ${counted(steps, 'step')} (after ${counted(attempts, 'smaller run')}):`);
  for (const line of storyOf(loadScenario(yaml, file, seed))) context.print(`  ${line}`);
  context.print(`  Then: ${reason ?? ''}`);
  context.print(saved ? `It lies in ${file}; play it: confab run ${file} --engine sim` : 'With --save FILE it is written to a file that confab run plays.');
}
