import { type Command, Option } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import { type CliContext, PER_PROCESS_MAX, wholeNumber } from '../context.ts';

/** More than this would hide a network that stands still. */
const PATIENCE_MAX = 20;

interface RunCommandOptions {
  readonly engine: 'local' | 'sim';
  readonly seed?: string;
  readonly trace?: string;
  readonly keep?: string;
  readonly report?: string;
  readonly record?: string;
  readonly twoWorlds?: boolean;
  readonly perProcess: string;
  readonly patience: string;
  readonly list?: boolean;
  readonly standInCrypto?: boolean;
}

const EXAMPLES = `
Examples:
  $ confab run tour
  $ confab run scenarios/kill-and-recover.yaml --engine sim --seed 7
  $ confab run my-lesson.yaml --trace lesson.ndjson && confab trace lesson.ndjson
  $ confab run tour --keep my-run && confab inspect alice --root my-run
  $ confab run tour offline-outbox --engine sim --json
  $ confab run fault-loss --engine sim --report reports    then open reports/latest/index.html
  $ confab run fifty-users --two-worlds                    50 processes; in the simulator each ends in the same state

Exit status: 0 everything came out as written, 1 something did not, 2 bad usage or a mistake in the file
(nothing was started), 3 a node, the engine or the runner broke. With --json: one JSON object for each scenario.`;

/** Registers `confab run`: plays scenarios. */
export function register(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('play a scenario on real processes or in the simulator, and say whether it came out as written')
    .argument('[files...]', 'scenario files (YAML), or names of scenarios that come with Confab')
    .addOption(new Option('--engine <name>', 'local: real processes; sim: the same nodes in virtual time').choices(['local', 'sim']).default('local'))
    .option('--seed <n>', 'seed of the simulator (default: that of the file, else 1); the same seed gives the same trace')
    .option('--trace <file>', 'write the trace of the run to a file (see: confab trace)')
    .option('--record <folder>', 'on real processes: write down all that reaches each node, to be fed to the simulator (see: confab replay)')
    .option('--two-worlds', 'on real processes: feed all that reached each node to the same nodes in the simulator afterwards, and compare where they end')
    .option('--keep <folder>', 'put the data root of the run into this folder, and leave it there')
    .option('--report <folder>', 'write a report of each run into a folder of its own in here (HTML, JUnit, Mermaid, Perfetto, CSV); latest points at the last')
    .option(
      '--per-process <n>',
      'with real nodes: let so many share a process, for hundreds of them; no step may kill or pause one, and frames are traced only for --trace, --keep or --report',
      '1',
    )
    .option('--patience <factor>', 'stretch every deadline so many times, on a machine that is slow or busy', '1')
    .option('--stand-in-crypto', 'in the simulator: the cheap stand-in that explore uses, to repeat its runs')
    .option('--list', 'list the scenarios that come with Confab')
    .addHelpText('after', EXAMPLES)
    .action(async (files: readonly string[], options: RunCommandOptions) => {
      const seed = options.seed === undefined ? null : wholeNumber('run', '--seed', options.seed, { min: 0, max: Number.MAX_SAFE_INTEGER });
      const perProcess = wholeNumber('run', '--per-process', options.perProcess, { min: 1, max: PER_PROCESS_MAX });
      const patience = wholeNumber('run', '--patience', options.patience, { min: 1, max: PATIENCE_MAX });
      const { requireRoomFor } = await import('../process-limits.ts');
      await requireRoomFor('run', perProcess);
      if (perProcess > 1 && options.engine === 'sim') {
        throw new ConfabError('bad-arguments', {
          command: 'run',
          reason: '--per-process is for real nodes; in the simulator all nodes share one process anyway',
        });
      }
      if (options.list === true) {
        const { printScenarios } = await import('../scenario-files.ts');
        await printScenarios(context);
        return;
      }
      if (files.length === 0)
        throw new ConfabError('bad-arguments', { command: 'run', reason: 'name a scenario; confab run --list shows those that are here.' });
      const single = files.length > 1 ? (['trace', 'keep', 'record'] as const).find((name) => options[name] !== undefined) : undefined;
      if (single !== undefined) throw new ConfabError('bad-arguments', { command: 'run', reason: `--${single} goes with a single scenario` });
      const { runScenarios } = await import('../run-scenarios.ts');
      const { engine, trace, keep, record } = options;
      requireRealNodesFor(options);
      context.exitStatus = await runScenarios(context, files, {
        engine,
        seed,
        traceFile: trace ?? null,
        keep: keep ?? null,
        reportFolder: options.report ?? null,
        record: record ?? null,
        twoWorlds: options.twoWorlds === true,
        perProcess,
        patience,
        crypto: options.standInCrypto === true ? 'stand-in' : 'real',
      });
    });
}

/** In the simulator there is nothing to record. */
function requireRealNodesFor({ engine, record, twoWorlds }: RunCommandOptions): void {
  if (engine !== 'sim' || (record === undefined && twoWorlds !== true)) return;
  const option = record === undefined ? 'two-worlds' : 'record';
  throw new ConfabError('bad-arguments', { command: 'run', reason: `--${option} goes with real processes; runs of the simulator repeat by their seed` });
}
