import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** Registers `confab tui`: a terminal for a user. */
export function register(program: Command, _context: CliContext): void {
  program
    .command('tui')
    .description('a terminal for a user; attaches to a running node or starts one')
    .argument('<user>', 'name of the user')
    .action(async () => {
      throw new ConfabError('unavailable', { what: 'The terminal' });
    });
}
