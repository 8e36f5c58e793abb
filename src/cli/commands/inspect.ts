import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

interface InspectOptions {
  readonly passwordStdin?: boolean;
  readonly table?: string;
  readonly limit: string;
}

/** Registers `confab inspect`: what is in a user's folder. */
export function register(program: Command, context: CliContext): void {
  program
    .command('inspect')
    .description("show what is in a user's folder: files, tables, rows; never secrets")
    .argument('<user>', 'name of the node, such as alice or alice@desk')
    .option('--table <name>', 'show the rows of this table')
    .option('--limit <n>', 'rows at most', '50')
    .option('--password-stdin', "open the user's own tables with the password on the first line of stdin")
    .addHelpText(
      'after',
      `
Examples:
  $ confab inspect alice
  $ confab inspect alice --table records
  $ printf '%s\\n' "$PASSWORD" | confab inspect alice --password-stdin --table messages`,
    )
    .action(async (user: string, options: InspectOptions) => {
      const { parseNodeName } = await import('../../control/node-name.ts');
      const { wholeNumber } = await import('../context.ts');
      const { node, user: owner } = parseNodeName(user);
      const limit = wholeNumber('inspect', '--limit', options.limit, { min: 1, max: 100_000 });
      const { inspect } = await import('../inspect.ts');
      await inspect(context, { node, user: owner, table: options.table ?? null, limit, passwordStdin: options.passwordStdin === true });
    });
}
