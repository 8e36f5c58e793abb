import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab users`: the administrator's view of who is registered. */
export function register(program: Command, context: CliContext): void {
  program
    .command('users')
    .description('list registered users, or the details of one')
    .argument('[name]', 'a user to look at')
    .option('--node <name>', 'ask this node (default: any running one, else the seed server)')
    .option('--online', 'list only users who are on line')
    .addHelpText(
      'after',
      `
Examples:
  $ confab users
  $ confab users bob
  $ confab users --online --json
  $ confab users --node alice`,
    )
    .action(async (name: string | undefined, options: { readonly node?: string; readonly online?: boolean }) => {
      const { readUsers } = await import('../users.ts');
      const { showUsers, showUser } = await import('../users-print.ts');
      const directory = await readUsers(context.root, options.node);
      if (name === undefined) showUsers(context, directory, options.online === true);
      else showUser(context, directory, name);
    });
}
