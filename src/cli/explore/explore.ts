import { availableParallelism } from 'node:os';
import { ConfabError } from '../../core/errors.ts';
import { sayMillis } from '../../scenario/durations.ts';
import { loadScenario } from '../../scenario/load.ts';
import { EXIT_STATUS } from '../../scenario/report.ts';
import { counted } from '../../scenario/words.ts';
import type { CliContext } from '../context.ts';
import { loadOwnWorkloads } from '../own-workloads.ts';
import { findScenario } from '../scenario-files.ts';
import { writeExploration } from './exploration-report.ts';
import type { SeedOutcome, SeedTask } from './play-seed.ts';
import { Pool } from './pool.ts';
import { Progress } from './progress.ts';
import { type Smaller, shrinkFailure } from './shrink-failure.ts';

export interface ExploreOptions {
  readonly seeds: number;
  readonly first: number;
  /** Null: one for each core. */
  readonly jobs: number | null;
  readonly crypto: 'mixed' | 'real' | 'stand-in';
  readonly shrink: boolean;
  /** Ends after so many failures. */
  readonly failuresMax: number;
  /** Where the smaller scenario is written; null: beside nothing, it is only printed. */
  readonly save: string | null;
  /** A folder for a report of all that was found; null: none is written. */
  readonly reportFolder: string | null;
}

/** Of mixed runs every twentieth seed has the real cryptography. */
const REAL_EVERY = 20;
const FAILURES_SHOWN = 10;

export interface Failure extends SeedOutcome {
  readonly command: string;
  readonly crypto: SeedTask['crypto'];
}

/** Plays a scenario with many seeds; gives the exit status: 0 all came out as written, 1 some did not, 3 some crashed. */
export async function explore(context: CliContext, written: string, options: ExploreOptions): Promise<number> {
  const { file, text } = await findScenario(written, 'explore');
  loadScenario(text, file, options.first, await loadOwnWorkloads(text, file));
  const startedMillis = performance.now();
  const jobs = Math.min(options.jobs ?? availableParallelism(), options.seeds);
  const pool = new Pool(jobs);
  const terminal = process.stdout.isTTY === true && !context.plain;
  const progress = new Progress(options.seeds, context.json ? 'none' : terminal ? 'terminal' : 'log', startedMillis);
  const failures: Failure[] = [];
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  try {
    if (!context.json)
      context.print(`${file}: ${counted(options.seeds, 'seed')} from ${options.first}, ${counted(jobs, 'thread')}, ${sayCrypto(options.crypto)}`);
    await playAll(pool, { file, text, options, jobs, progress, signal: interruption.signal }, (failure) => {
      failures.push(failure);
      progress.clear();
      if (!context.json && failures.length <= FAILURES_SHOWN) context.print(sayFailure(failure));
    });
    progress.clear();
    const wallMillis = performance.now() - startedMillis;
    failures.sort((one, other) => one.seed - other.seed);
    if (!context.json) context.print(sayTally(progress, failures.length, { wallMillis, isCutShort: interruption.signal.aborted }));
    const [worst] = failures;
    const smaller =
      worst === undefined || !options.shrink || interruption.signal.aborted
        ? null
        : await shrinkFailure(context, { file, text, save: options.save, signal: interruption.signal }, worst);
    const command = commandOf(file, options);
    const found = {
      file,
      text,
      seeds: progress.done,
      firstSeed: options.first,
      wallMillis,
      jobs,
      crypto: sayCrypto(options.crypto),
      failures,
      smaller,
      command,
    };
    const report = options.reportFolder === null ? null : await writeExploration(options.reportFolder, found);
    if (context.json) context.printJson(summary({ file, options, jobs, progress, failures, wallMillis, smaller, report }));
    else if (report !== null) context.print(`report: ${report}`);
  } finally {
    process.removeListener('SIGINT', interrupt);
    await pool.end();
  }
  if (interruption.signal.aborted) return 130;
  return failures.reduce((status, { verdict }) => Math.max(status, EXIT_STATUS[verdict]), 0);
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
      const outcome = await pool.play({ text, file, seed, crypto } satisfies SeedTask);
      if ('unplayable' in outcome) throw new ConfabError('bad-scenario', { file, line: `seed ${seed}`, reason: outcome.unplayable });
      progress.done += 1;
      if (outcome.verdict !== 'pass') {
        progress.failed += 1;
        failed({ ...outcome, crypto, command: `confab run ${file} --engine sim --seed ${seed}${crypto === 'stand-in' ? ' --stand-in-crypto' : ''}` });
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

function sayFailure({ seed, verdict, reason, command }: Failure): string {
  return `seed ${seed}: ${verdict === 'crash' ? 'CRASH' : 'FAIL'}  ${reason ?? ''}\n      repeat it: ${command}`;
}

function sayTally(progress: Progress, failures: number, how: { readonly wallMillis: number; readonly isCutShort: boolean }): string {
  const { wallMillis, isCutShort } = how;
  const rate = (progress.done / Math.max(wallMillis, 1)) * 1_000;
  const played = `${counted(progress.done, 'seed')} in ${sayMillis(wallMillis)} (${rate.toFixed(1)} a second), ${failures === 0 ? 'none' : failures} failed`;
  if (isCutShort) return `ENDED EARLY  ${played}; the others were not played`;
  return `${failures === 0 ? 'PASS' : 'FAIL'}  ${played}`;
}

function commandOf(file: string, { seeds, first, crypto }: ExploreOptions): string {
  return `confab explore ${file} --seeds ${seeds}${first === 1 ? '' : ` --first ${first}`}${crypto === 'mixed' ? '' : ` --crypto ${crypto}`}`;
}

function summary(all: {
  readonly file: string;
  readonly options: ExploreOptions;
  readonly jobs: number;
  readonly progress: Progress;
  readonly failures: readonly Failure[];
  readonly wallMillis: number;
  readonly smaller: Smaller | null;
  readonly report: string | null;
}): object {
  const { file, options, jobs, progress, failures, wallMillis, smaller, report } = all;
  return {
    scenario: file,
    seeds: progress.done,
    firstSeed: options.first,
    failures: failures.length,
    firstFailures: failures.slice(0, FAILURES_SHOWN),
    jobs,
    crypto: options.crypto,
    wallMillis: Math.round(wallMillis),
    report,
    smallest: smaller === null ? null : { seed: smaller.seed, steps: smaller.steps, reason: smaller.reason, file: smaller.file, scenario: smaller.text },
  };
}
