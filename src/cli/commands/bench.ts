import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** Registers `confab bench`: the measurements of bench/, which have options of their own. */
export function register(program: Command, context: CliContext): void {
  program
    .command('bench')
    .description('measure this machine; without names everything, which takes more than an hour')
    .argument('[names...]', 'benchmarks to run')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
  --list       the benchmarks and what each measures
  --runs <n>   how often each is measured; the median counts (default: 5)
  --quick      one run each, and smaller where that makes sense
  --write, --no-write
               keep the figures in bench/results/ (default: only when everything was measured)

Examples:
  $ confab bench --list
  $ confab bench --quick
  $ confab bench messages --runs 3
  $ confab bench w1 --nodes 10000 --engines confab,bare,simgrid

The workloads w1 and ring (bench/w1/W1.md) have options of their own: --nodes, --engines, --growth-seconds, --seconds, --seed, --traced.`,
    )
    .action(async (words: readonly string[]) => {
      const main = new URL('../../../bench/main.js', import.meta.url);
      if (!existsSync(main)) throw new ConfabError('not-found', { what: 'The compiled benchmark' });
      // It reads its own command line, of which the global options were taken already.
      process.argv.splice(2, process.argv.length, ...words, ...(context.json ? ['--json'] : []));
      await import(main.href);
      context.exitStatus = Number(process.exitCode ?? 0);
    });
}
