import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** Registers `confab up`: a network of three. */
export function register(program: Command, _context: CliContext): void {
  program
    .command('up')
    .description("start a seed server and nodes of alice, bob and carol, and open alice's menu")
    .action(async () => {
      throw new ConfabError('unavailable', { what: 'The network of three' });
    });
}
