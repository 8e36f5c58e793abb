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
import { besideScenario } from '../load-program.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import { simCommand } from '../repeat-command.ts';
import type { Failure } from './explore.ts';
import type { SeedTask } from './play-seed.ts';
import { withoutPlace } from './same-failure.ts';
import { Trials, type TrialsOptions } from './trials.ts';

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
  /** The time was over, or it was interrupted: more could perhaps be left out. */
  readonly isCutShort: boolean;
  /** Its steps as numbered sentences. */
  readonly story: readonly string[];
  readonly crypto: SeedTask['crypto'];
}

export interface ShrinkJob extends TrialsOptions {
  /** Where it is to be written; null: nowhere. */
  readonly save: string | null;
}

/** Of terminals that do not say how wide they are. */
const COLUMNS = 80;
/** What the file may say about itself, characters. */
const ABOUT_MAX = 2_000;

/** Makes the failure of one seed smaller, tells it as a story, and writes it where it was wanted. */
export async function shrinkFailure(context: CliContext, job: ShrinkJob, failure: Failure): Promise<Smaller> {
  const { file, text, save, pool } = job;
  const { seed, crypto } = failure;
  const trials = new Trials(job, failure);
  const raw = parse(text, { merge: true }) as RawScenario;
  const whole = writtenOut(raw, seed, await loadOwnWorkloads(text, file));
  const isTerminal = process.stdout.isTTY === true && !context.json && !context.plain && process.env['TERM'] !== 'dumb';
  const told = (left: number) => {
    const line = `making it smaller: ${counted(left, 'step')} left, ${counted(trials.count, 'run')}; Ctrl-C: small enough`;
    if (isTerminal) process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns || COLUMNS) - 1)}`);
  };
  told(countSteps(whole.steps));
  await trials.begin(whole);
  const small = (await trials.fails(whole)) ? await shrink(whole, { fails: trials.fails, width: pool.size, told }) : raw;
  if (isTerminal) process.stdout.write('\r\u001b[2K');
  const about = `Made smaller from seed ${seed} of ${file}. It ends with: ${withoutPlace(trials.reasonOf(small) ?? '')}`.slice(0, ABOUT_MAX);
  const textAt = (folder: string) => movedTo(folder, { ...small, about }, file);
  const target = save ?? file;
  const yaml = textAt(dirname(target));
  if (save !== null) await write(save, yaml);
  // Once more as it is written: its lines and events are those that whoever plays it will see.
  const last = await pool.play({ text: yaml, file: target, seed, crypto, again: true });
  const reason = 'verdict' in last && last.verdict !== 'pass' ? last.reason : failure.reason;
  const story = storyOf(loadScenario(yaml, target, seed, await loadOwnWorkloads(yaml, target)));
  const { count: attempts, isCutShort } = trials;
  const smaller = { seed, steps: countSteps(small.steps), reason, file: save, text: yaml, textAt, attempts, isCutShort, story, crypto };
  if (!context.json) tellStory(context, smaller);
  return smaller;
}

/** The scenario in YAML for a file in that folder: modules that it names are named from there. */
function movedTo(folder: string, scenario: RawScenario, file: string): string {
  const { program, workloads } = scenario as { readonly program?: string; readonly workloads?: readonly string[] };
  const named = (written: string): string => relative(resolve(folder), besideScenario(file, written)) || written;
  const moved = {
    ...(program === undefined ? {} : { program: named(program) }),
    ...(workloads === undefined ? {} : { workloads: workloads.map(named) }),
  };
  return stringify({ ...scenario, ...moved }, { lineWidth: 160 });
}

async function write(file: string, yaml: string): Promise<void> {
  try {
    await writeFile(file, yaml);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: file, reason: reasonOf(error) });
  }
}

/** `after 12 smaller runs`, and whether there could have been more. */
export function sayAttempts({ attempts, isCutShort }: Pick<Smaller, 'attempts' | 'isCutShort'>): string {
  return `after ${counted(attempts, 'smaller run')}${isCutShort ? '; it was ended before all were tried, so more may be left out' : ''}`;
}

function tellStory(context: CliContext, smaller: Smaller): void {
  const { steps, story, reason, file: saved, crypto } = smaller;
  context.print('');
  context.print(`The same failure in ${counted(steps, 'step')} (${sayAttempts(smaller)}):`);
  for (const line of story) context.print(`  ${line}`);
  context.print(`  Then: ${reason ?? ''}`);
  context.print(
    saved === null
      ? 'With --save FILE it is written to a file that confab run plays.'
      : `It lies in ${saved}; play it: ${simCommand({ file: saved, seed: null, crypto })}`,
  );
}
