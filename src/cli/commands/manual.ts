import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab manual`: the tables that the programs obey, for reading. */
export function register(program: Command, context: CliContext): void {
  program
    .command('manual')
    .description('print the tables of the protocol: messages, records, stores, options, commands, errors')
    .addArgument(new Argument('[section]', 'one section; all when left out').choices(['messages', 'records', 'tables', 'options', 'commands', 'errors']))
    .option('--update <file>', 'bring the tables between the markers of a Markdown file up to date')
    .addHelpText(
      'after',
      `
Examples:
  $ confab manual errors
  $ confab manual --update docs/PROTOCOL.md`,
    )
    .action(async (section: string | undefined, options: { update?: string }) => {
      const { MANUAL_SECTIONS, manualRows, manualSection, withCurrentTables } = await import('../manual.ts');
      if (options.update !== undefined) {
        const { readFileSync, writeFileSync } = await import('node:fs');
        writeFileSync(options.update, withCurrentTables(readFileSync(options.update, 'utf8')));
        return;
      }
      const wanted = MANUAL_SECTIONS.filter((each) => section === undefined || section === each);
      if (context.json) return context.printJson(Object.fromEntries(wanted.map((each) => [each, manualRows(each)])));
      for (const each of wanted) {
        context.print(`## ${each}`);
        context.print('');
        context.print(manualSection(each));
        context.print('');
      }
    });
}
