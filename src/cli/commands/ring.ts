import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

interface RingCommandOptions {
  readonly lookup?: string;
  readonly from?: string;
  readonly recursive?: boolean;
}

/** Registers `confab ring`: the ring of a running network, seen from outside. */
export function register(program: Command, context: CliContext): void {
  program
    .command('ring')
    .description('draw the ring of a running network and say whether it is right')
    .option('--lookup <name>', 'show the way over the ring to whoever keeps the key of this name')
    .option('--from <node>', 'the node that looks it up (default: the first that runs)')
    .option('--recursive', 'let each node pass the question on, instead of asking one after the other')
    .addHelpText(
      'after',
      `
Exit status: 0 when there is one valid ring (and the look-up ended), 1 when not.

Examples:
  $ confab ring
  $ confab ring --lookup bob
  $ confab ring --lookup bob --from carol --recursive
  $ confab ring --json`,
    )
    .action(async (options: RingCommandOptions) => {
      const { readRing, lookUp } = await import('../ring.ts');
      const { showRing, showLookup } = await import('../ring-print.ts');
      const ring = await readRing(context.root);
      if (options.lookup === undefined) {
        showRing(context, ring);
        if (ring.survey.verdict === 'broken') context.exitStatus = 1;
        return;
      }
      const found = await lookUp(context.root, ring, { name: options.lookup, from: options.from, recursive: options.recursive === true });
      showLookup(context, found);
      if (found.answer.owners.length === 0) context.exitStatus = 1;
    });
}
