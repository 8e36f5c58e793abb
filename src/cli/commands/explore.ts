import { type Command, Option } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import { parseDuration } from '../../scenario/durations.ts';
import { type CliContext, wholeNumber } from '../context.ts';

interface ExploreCommandOptions {
  readonly seeds: string;
  readonly first: string;
  readonly jobs?: string;
  readonly crypto: 'mixed' | 'real' | 'stand-in';
  readonly shrink: boolean;
  readonly shrinkFor: string;
  readonly failures: string;
  readonly save?: string;
  readonly report?: string;
}

/** Registers `confab explore`: one scenario with many seeds. */
export function register(program: Command, context: CliContext): void {
  program
    .command('explore')
    .description('play one scenario with many seeds in the simulator, and make the first failure small')
    .argument('<scenario>', 'a scenario file (YAML), or the name of one that comes with Confab')
    .option('--seeds <n>', 'how many seeds', '100')
    .option('--first <n>', 'the first seed', '1')
    .option('--jobs <n>', 'threads (default: one for each core)')
    .addOption(
      new Option('--crypto <kind>', 'stand-in: cheap and deterministic, hides nothing; mixed: stand-in, every 20th seed the real one')
        .choices(['mixed', 'real', 'stand-in'])
        .default('mixed'),
    )
    .option('--no-shrink', 'do not make the first failure smaller')
    .option('--shrink-for <time>', 'make it smaller for so long at most; Ctrl-C ends that too, and keeps what is smallest by then', '2m')
    .option('--failures <n>', 'end after so many failures', '5')
    .option('--save <file>', 'write the smaller scenario to a file')
    .option('--report <folder>', 'write what was found into a folder of its own in here: the failures, each with a report, and the story of the small one')
    .addHelpText(
      'after',
      `
Examples:
  $ confab explore chaos-chat --seeds 1000
  $ confab explore examples/chord-2001/scenario.yaml --seeds 5000 --save broken-ring.yaml
  $ confab explore my-lesson.yaml --seeds 200 --json
  $ confab explore chaos-chat --seeds 200 --report reports      then open reports/latest/index.html

A seed changes whatever is drawn: latencies, losses, the steps of random. Each failure comes with the command that repeats it.
Exit status: as of run.`,
    )
    .action(async (scenario: string, options: ExploreCommandOptions) => {
      const number = (option: string, written: string, min: number, max: number) => wholeNumber('explore', option, written, { min, max });
      const seeds = number('--seeds', options.seeds, 1, 100_000_000);
      const first = number('--first', options.first, 0, 1_000_000_000_000);
      const jobs = options.jobs === undefined ? null : number('--jobs', options.jobs, 1, 256);
      const failuresMax = number('--failures', options.failures, 1, 1_000_000);
      const shrinkMillis = parseDuration(options.shrinkFor);
      if (shrinkMillis === null) throw new ConfabError('bad-arguments', { command: 'explore', reason: '--shrink-for must be a time such as 90s or 5m' });
      const { explore } = await import('../explore/explore.ts');
      const { crypto, shrink, save } = options;
      context.exitStatus = await explore(context, scenario, {
        seeds,
        first,
        jobs,
        crypto,
        shrink,
        shrinkMillis,
        failuresMax,
        save: save ?? null,
        reportFolder: options.report ?? null,
      });
    });
}
