import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** Registers `confab run`: plays a scenario. */
export function register(program: Command, _context: CliContext): void {
  program
    .command('run')
    .description('play a scenario file on real processes or in the simulator')
    .argument('<file>', 'a scenario, YAML')
    .option('--engine <name>', 'local (real processes) or sim (virtual time)', 'local')
    .option('--seed <n>', 'seed of the simulator')
    .option('--trace <file>', 'write the trace to a file')
    .option('--keep <folder>', 'keep the data root of the run in this folder')
    .action(async () => {
      throw new ConfabError('unavailable', { what: 'The scenario runner' });
    });
}
