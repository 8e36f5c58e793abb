import { availableParallelism } from 'node:os';
import { ConfabError } from '../../core/errors.ts';
import { sayMillis } from '../../scenario/durations.ts';
import { loadScenario } from '../../scenario/load.ts';
import { EXIT_STATUS } from '../../scenario/report.ts';
import { counted } from '../../scenario/words.ts';
import type { CliContext } from '../context.ts';
import { loadProgram } from '../load-program.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import { shellWord, simCommand } from '../repeat-command.ts';
import { findScenario } from '../scenario-files.ts';
import { requireFolder, requireWritable } from '../write-report.ts';
import { type Explored, writeExploration } from './exploration-report.ts';
import { Interruption } from './interruption.ts';
import type { SeedOutcome, SeedTask } from './play-seed.ts';
import { Pool } from './pool.ts';
import { Progress, type Surface } from './progress.ts';
import { type Smaller, shrinkFailure } from './shrink-failure.ts';

export interface ExploreOptions {
  readonly seeds: number;
  readonly first: number;
  /** Null: one for each core. */
  readonly jobs: number | null;
  readonly crypto: 'mixed' | 'real' | 'stand-in';
  readonly shrink: boolean;
  /** How long the first failure is made smaller at most, ms of real time. */
  readonly shrinkMillis: number;
  /** Ends after so many failures. */
  readonly failuresMax: number;
  /** Where the smaller scenario is written; null: beside nothing, it is only printed. */
  readonly save: string | null;
  /** A folder for a report of all that was found; null: none is written. */
  readonly reportFolder: string | null;
}

/** Without --failures; the command says the same. */
const FAILURES_DEFAULT = 5;
/** Of mixed runs every twentieth seed has the real cryptography. */
const REAL_EVERY = 20;
const FAILURES_SHOWN = 10;

/** Of a shell that was told to end: what Ctrl-C is expected to give. */
const INTERRUPTED_STATUS = 130;
const NOT_REPEATED =
  'played again it came out otherwise: something in it does not come from the seed (what it keeps on globalThis, what it imports from packages or from Node.js)';

/** Why not all seeds were played; null: all were. */
type Ending = 'interrupted' | 'failures' | null;

export interface Failure extends SeedOutcome {
  readonly command: string;
  readonly crypto: SeedTask['crypto'];
}

/** Plays a scenario with many seeds; gives the exit status: 0 all came out as written, 1 some did not, 3 some crashed. */
export async function explore(context: CliContext, written: string, options: ExploreOptions): Promise<number> {
  const { file, text } = await findScenario(written, 'explore');
  const { program } = loadScenario(text, file, options.first, await loadOwnWorkloads(text, file));
  // Threads load it for themselves; what is wrong with it is told once, and before.
  const module = program === null ? null : await loadProgram(file, program);
  if (module?.common != null) context.warn(`confab: ${module.common}`);
  if (options.reportFolder !== null) await requireFolder(options.reportFolder);
  if (options.save !== null) await requireWritable(options.save);
  const startedMillis = performance.now();
  const jobs = Math.min(options.jobs ?? availableParallelism(), options.seeds);
  const pool = new Pool(jobs);
  const progress = new Progress({ total: options.seeds, surface: surfaceOf(context), nowMillis: startedMillis, longest: (now) => pool.longest(now) });
  const failures: Failure[] = [];
  const interruption = new Interruption();
  try {
    if (!context.json)
      context.print(`${file}: ${counted(options.seeds, 'seed')} from ${options.first}, ${counted(jobs, 'thread')}, ${sayCrypto(options.crypto)}`);
    progress.start();
    const { signal } = interruption;
    await playAll(pool, { file, text, options, jobs, progress, signal }, (failure) => {
      failures.push(failure);
      progress.clear();
      if (!context.json && failures.length <= FAILURES_SHOWN) context.print(sayFailure(failure));
    });
    progress.end();
    const wallMillis = performance.now() - startedMillis;
    failures.sort((one, other) => one.seed - other.seed);
    const ending = signal.aborted ? 'interrupted' : progress.done < options.seeds ? 'failures' : null;
    if (!context.json) context.print(sayTally(progress, options.seeds, { wallMillis, ending }));
    const worst = failures.find(({ repeats }) => repeats !== false);
    const isShrunk = worst !== undefined && options.shrink && ending !== 'interrupted';
    const job = { file, text, save: options.save, withinMillis: options.shrinkMillis, pool };
    const smaller = isShrunk ? await shrinkFailure(context, { ...job, signal: interruption.next() }, worst) : null;
    const found: Explored = {
      file,
      text,
      seeds: progress.done,
      firstSeed: options.first,
      wallMillis,
      jobs,
      crypto: sayCrypto(options.crypto),
      ending: sayEnding(ending, options.seeds - progress.done),
      failures,
      smaller,
      command: commandOf(file, options),
    };
    const report = options.reportFolder === null ? null : await writeExploration(options.reportFolder, found);
    if (context.json) context.printJson(summary(found, { options, ending, report }));
    else if (report !== null) context.print(`report: ${report}`);
    if (ending === 'interrupted') return INTERRUPTED_STATUS;
  } finally {
    interruption.release();
    progress.end();
    await pool.end();
  }
  return failures.reduce((status, { verdict }) => Math.max(status, EXIT_STATUS[verdict]), 0);
}

function surfaceOf(context: CliContext): Surface {
  if (context.json) return 'none';
  return process.stdout.isTTY === true && !context.plain && process.env['TERM'] !== 'dumb' ? 'terminal' : 'log';
}

interface Plan {
  readonly file: string;
  readonly text: string;
  readonly options: ExploreOptions;
  readonly jobs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function playAll(pool: Pool, plan: Plan, failed: (failure: Failure) => void): Promise<void> {
  const { file, text, options, jobs, progress, signal } = plan;
  let next = options.first;
  const end = options.first + options.seeds;
  const work = async (): Promise<void> => {
    while (next < end && !signal.aborted && progress.failed < options.failuresMax) {
      const seed = next;
      next += 1;
      const crypto = cryptoOf(seed, options.crypto);
      const outcome = await pool.play({ text, file, seed, crypto, again: true } satisfies SeedTask);
      if ('unplayable' in outcome) {
        const { line, reason } = outcome.unplayable;
        throw new ConfabError('bad-scenario', { file, line: line ?? `seed ${seed}`, reason });
      }
      progress.done += 1;
      if (outcome.verdict !== 'pass') {
        progress.failed += 1;
        failed({ ...outcome, crypto, command: simCommand({ file, seed, crypto }) });
      }
      progress.draw(performance.now());
    }
  };
  // Seeds that are being played when it is interrupted may take long yet, and nobody waits for them.
  const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([Promise.all(Array.from({ length: jobs }, work)), interrupted]);
}

function cryptoOf(seed: number, crypto: ExploreOptions['crypto']): 'real' | 'stand-in' {
  return crypto === 'mixed' ? (seed % REAL_EVERY === 0 ? 'real' : 'stand-in') : crypto;
}

function sayCrypto(crypto: ExploreOptions['crypto']): string {
  switch (crypto) {
    case 'mixed':
      return `stand-in cryptography, every ${REAL_EVERY}th seed the real one`;
    case 'stand-in':
      return 'stand-in cryptography';
    case 'real':
      return 'real cryptography';
  }
}

function sayFailure({ seed, verdict, reason, command, repeats }: Failure): string {
  const repeat = repeats === false ? `      ${NOT_REPEATED}\n` : '';
  return `seed ${seed}: ${verdict === 'crash' ? 'CRASH' : 'FAIL'}  ${reason ?? ''}\n${repeat}      repeat it: ${command}`;
}

function sayTally(progress: Progress, wanted: number, how: { readonly wallMillis: number; readonly ending: Ending }): string {
  const { wallMillis, ending } = how;
  const { done, failed } = progress;
  const rate = (done / Math.max(wallMillis, 1)) * 1_000;
  const played = `${counted(done, 'seed')} in ${sayMillis(wallMillis)} (${rate.toFixed(rate < 1 ? 2 : 1)} a second), ${failed === 0 ? 'none' : failed} failed`;
  const verdict = ending === 'interrupted' ? 'ENDED EARLY' : failed === 0 ? 'PASS' : 'FAIL';
  return `${verdict}  ${played}${sayEnding(ending, wanted - done)}`;
}

/** Why seeds were not played that were wanted; empty when all were. */
function sayEnding(ending: Ending, left: number): string {
  switch (ending) {
    case 'interrupted':
      return `; the others (${left}) were not played`;
    case 'failures':
      return `; the others (${left}) were not played, since that is enough (--failures)`;
    case null:
      return '';
  }
}

function commandOf(file: string, { seeds, first, crypto, failuresMax }: ExploreOptions): string {
  const failures = failuresMax === FAILURES_DEFAULT ? '' : ` --failures ${failuresMax}`;
  return `confab explore ${shellWord(file)} --seeds ${seeds}${first === 1 ? '' : ` --first ${first}`}${failures}${crypto === 'mixed' ? '' : ` --crypto ${crypto}`}`;
}

function summary(explored: Explored, how: { readonly options: ExploreOptions; readonly ending: Ending; readonly report: string | null }): object {
  const { file, seeds, firstSeed, failures, jobs, wallMillis, smaller } = explored;
  const { options, ending, report } = how;
  return {
    scenario: file,
    seeds,
    wantedSeeds: options.seeds,
    ending,
    firstSeed,
    failures: failures.length,
    firstFailures: failures.slice(0, FAILURES_SHOWN),
    jobs,
    crypto: options.crypto,
    wallMillis: Math.round(wallMillis),
    report,
    smallest: smaller === null ? null : smallestOf(smaller),
  };
}

function smallestOf({ seed, steps, reason, file, text, attempts, isCutShort, crypto }: Smaller): object {
  const command = file === null ? null : simCommand({ file, seed: null, crypto });
  return { seed, steps, reason, file, command, attempts, isCutShort, scenario: text };
}
