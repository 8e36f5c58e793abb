import { createWriteStream, rmSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FOLDER_MODE, reasonOf } from '../adapters/files.ts';
import { makeFolders } from '../adapters/make-folders.ts';
import { runtimeFolder, socketPath } from '../adapters/system/runtime-folder.ts';
import { makeScratchFolder } from '../adapters/system/scratch-folder.ts';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { TraceEvent } from '../core/trace.ts';
import { AFTERMATH } from '../engine/aftermath.ts';
import type { Engine } from '../engine/engine.ts';
import { keepNodes } from '../engine/keeper.ts';
import { LocalEngine } from '../engine/local.ts';
import { keeperOf } from '../engine/restart-in-run.ts';
import { traceLine } from '../engine/trace-summary.ts';
import { type Scenario, SEED_DEFAULT } from '../scenario/load.ts';
import { Narration, SILENT } from '../scenario/narration.ts';
import { stepForOwnProcess } from '../scenario/own-process.ts';
import { EXIT_STATUS, reportJson } from '../scenario/report.ts';
import { runScenario } from '../scenario/runner.ts';
import { makeTools } from './compose-tools.ts';
import type { CliContext } from './context.ts';
import { printFailure } from './fail.ts';
import { type LabModule, loadProgram, programPath } from './load-program.ts';
import { makeSim } from './make-sim.ts';
import { privateKeysUnder } from './private-keys.ts';
import { readScenario } from './scenario-files.ts';
import type { ReportedRun } from './write-report.ts';

export interface RunScenariosOptions {
  readonly engine: 'local' | 'sim';
  /** Null: that of the file, else 1. */
  readonly seed: number | null;
  readonly traceFile: string | null;
  /** In the simulator. */
  readonly crypto: 'real' | 'stand-in';
  /** On real processes: where all that reaches each node is written down; null: nowhere. */
  readonly record: string | null;
  /** Feed the recording to the simulator afterwards. */
  readonly twoWorlds?: boolean;
  /** Null: a temporary folder that is removed. */
  readonly keep: string | null;
  /** A folder for reports; null: none is written. */
  readonly reportFolder: string | null;
  /** Real nodes that share a process; 1: each has its own. */
  readonly perProcess?: number;
  /** By how much every deadline is stretched; 1: as the files say. */
  readonly patience?: number;
}

/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED_STATUS = 130;

/** Plays scenarios one after the other; gives the exit status, the worst of all. Every file is read before the first one is played. */
export async function runScenarios(context: CliContext, files: readonly string[], options: RunScenariosOptions): Promise<number> {
  const scenarios: Scenario[] = [];
  for (const file of files) scenarios.push(await readScenario(file, options.seed));
  if ((options.perProcess ?? 1) > 1) for (const scenario of scenarios) refuseToShare(scenario);
  if (options.traceFile !== null) await writeTrace(options.traceFile, []);
  if (options.reportFolder !== null) await (await import('./write-report.ts')).requireFolder(options.reportFolder);
  const interruption = watchInterruption(context);
  let status = 0;
  try {
    for (const scenario of scenarios) {
      status = Math.max(status, await runOne(context, scenario, options, interruption.signal));
      if (interruption.signal.aborted) return INTERRUPTED_STATUS;
      if (!context.json && scenarios.length > 1) context.print('');
    }
  } finally {
    interruption.release();
  }
  return status;
}

/** A node that is killed or paused would take those with it that share its process: said before anything is started. */
function refuseToShare(scenario: Scenario): void {
  const step = stepForOwnProcess(scenario);
  if (step === null) return;
  const reason = `line ${step.line} of ${scenario.file} says "${step.verb.name}", which needs a process for each node; leave --per-process out, or use stop and start`;
  throw new ConfabError('bad-arguments', { command: 'run', reason });
}

async function runOne(context: CliContext, scenario: Scenario, options: RunScenariosOptions, signal: AbortSignal): Promise<number> {
  const root = await makeRoot(options);
  // Recordings hold keys and texts, so they lie outside of what is searched for them.
  const recordings = options.twoWorlds === true && options.record === null ? makeScratchFolder() : null;
  const record = options.record ?? recordings;
  if (options.keep === null) AFTERMATH.remove(root);
  if (recordings !== null) AFTERMATH.remove(recordings);
  const remove = () => {
    if (options.keep === null) rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    if (recordings !== null) rmSync(recordings, { recursive: true, force: true, maxRetries: 3 });
  };
  // Also when the process is left by a shorter way than the end of this function.
  process.once('exit', remove);
  let endKeeping: (() => Promise<void>) | null = null;
  try {
    if (record !== null) await requireEmpty(record);
    const { clock } = makeTools();
    const module = scenario.program === null ? null : await loadProgram(scenario.file, scenario.program);
    if (module?.common != null && (options.engine === 'sim' || (options.perProcess ?? 1) > 1)) context.warn(`confab: ${module.common}`);
    const wallMillis = () => clock.monotonicMillis();
    const output = {
      write: (text: string) => void process.stdout.write(text),
      terminal: process.stdout.isTTY === true && !context.plain && process.env['TERM'] !== 'dumb',
      colour: context.colour,
      columns: () => process.stdout.columns ?? 80,
      wallMillis,
    };
    const seed = options.seed ?? scenario.seed ?? SEED_DEFAULT;
    const startedMillis = clock.wallMillis();
    let events: readonly TraceEvent[] = [];
    const engine = makeEngine(scenario, { ...options, record, root, seed }, module);
    endKeeping = engine instanceof LocalEngine ? await keepNodes(root, socketPath(runtimeFolder(), `n${process.pid}`), keeperOf(engine)) : null;
    const report = await runScenario(scenario, engine, {
      ownChecks: module?.checks ?? [],
      seed,
      wallMillis,
      signal,
      patience: options.patience ?? 1,
      listener: context.json ? SILENT : new Narration(output),
      collect: async () => {
        if (options.traceFile !== null) await writeTrace(options.traceFile, await engine.trace());
        if (options.keep !== null) await writeTrace(join(root, 'trace.ndjson'), await engine.trace());
        if (options.reportFolder !== null || record !== null) events = await engine.trace();
      },
    });
    if (options.keep !== null) await writeFile(join(root, 'report.json'), `${reportJson(report)}\n`);
    if (context.json) context.print(reportJson(report));
    else if (options.keep !== null) context.print(`      kept in ${options.keep}`);
    if (options.reportFolder !== null) await writeRunReport(context, options, { scenario, report, events, startedMillis });
    const status = EXIT_STATUS[report.verdict];
    if (record !== null) await (await import('./replay/recorded-run.ts')).writeRecordedRun(resolve(record), report.scenario, events);
    if (options.twoWorlds !== true || record === null || report.verdict === 'crash') return status;
    const { replayFolder } = await import('./replay/replay-inputs.ts');
    return Math.max(status, await replayFolder(context, record));
  } finally {
    await endKeeping?.();
    process.removeListener('exit', remove);
    remove();
  }
}

function makeEngine(scenario: Scenario, options: RunScenariosOptions & { readonly root: string; readonly seed: number }, module: LabModule | null): Engine {
  if (options.engine === 'sim') return makeSim(scenario, { seed: options.seed, crypto: options.crypto, traced: true, module });
  const { random } = makeTools();
  return new LocalEngine({
    root: options.root,
    network: `run-${random.id()}`,
    coreOptions: scenario.options,
    beacon: scenario.network.beacon,
    ...(options.record === null ? {} : { recordFolder: resolve(options.record) }),
    perProcess: options.perProcess ?? 1,
    // Frames are most of a trace, and no checker reads them: hundreds of nodes do without where nobody wants to see the trace.
    traced: (options.perProcess ?? 1) > 1 && options.traceFile === null && options.keep === null && options.reportFolder === null ? 'states' : true,
    privateKeys: privateKeysUnder,
    ...(scenario.program === null ? {} : { programPath: programPath(scenario.file, scenario.program) }),
  });
}

async function writeRunReport(context: CliContext, options: RunScenariosOptions, run: Omit<ReportedRun, 'standInCrypto'>): Promise<void> {
  const { writeReport } = await import('./write-report.ts');
  const file = await writeReport(options.reportFolder ?? '.', { ...run, standInCrypto: options.crypto === 'stand-in' });
  if (!context.json) context.print(`      report: ${file}`);
}

/** The folder of recordings, made when missing, with nothing of another run in it. */
async function requireEmpty(record: string): Promise<void> {
  const folder = resolve(record);
  try {
    makeFolders(folder, FOLDER_MODE);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: record, reason: folderReason(error) });
  }
  (await import('./replay/recorded-run.ts')).refuseRecordings(folder);
}

async function makeRoot(options: RunScenariosOptions): Promise<string> {
  if (options.keep === null) return makeScratchFolder();
  const root = resolve(options.keep);
  try {
    makeFolders(root, FOLDER_MODE);
    const before = (await readdir(root)).filter((name) => ['nodes', 'server_data', 'trace'].includes(name));
    if (before.length === 0) return root;
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: options.keep, reason: folderReason(error) });
  }
  throw new ConfabError('bad-arguments', { command: 'run', reason: `${options.keep} holds the data of another run; name a new folder for --keep` });
}

async function writeTrace(file: string, events: readonly TraceEvent[]): Promise<void> {
  function* lines() {
    for (const event of events) yield traceLine(event);
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(file));
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: file, reason: reasonOf(error) });
  }
}

/** Ctrl-C and the like end the run in order; a second one ends it at once, and the lifelines end the nodes. */
function watchInterruption(context: CliContext): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_STATUS);
    controller.abort();
  };
  const broken = (error: unknown) => process.exit(Math.max(printFailure(error, context), EXIT_STATUS.crash));
  process.on('uncaughtException', broken);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.removeListener(signal, interrupt);
      process.removeListener('uncaughtException', broken);
    },
  };
}
