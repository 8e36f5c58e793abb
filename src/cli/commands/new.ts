import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab new`: a protocol of one's own. */
export function register(program: Command, context: CliContext): void {
  program
    .command('new')
    .description('make a folder with a small program of your own (a flooding chat), a scenario and a test')
    .argument('<folder>', 'a folder that is not there yet, or empty')
    .addHelpText(
      'after',
      `
Examples:
  $ confab new my-protocol && confab run my-protocol/scenario.yaml --engine sim
  $ confab explore my-protocol/scenario.yaml --seeds 500`,
    )
    .action(async (folder: string) => {
      const { newProgram } = await import('../new-program.ts');
      await newProgram(context, folder);
    });
}
