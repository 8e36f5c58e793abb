import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';

const EXAMPLES = `
Examples:
  $ confab up                              a network of three, and alice's menu
  $ confab tui alice                       a terminal for alice; starts her node if need be
  $ confab run scenarios/tour.yaml         plays a scenario on real processes
  $ confab ps                              what runs here
  $ confab stop                            ends all of it

Data lies under the root folder: nodes/<name>/ for each user, server_data/ for the seed server.
Exit status: 0 ok, 1 failed, 2 bad usage, 3 crashed.`;

/** The program with its global options; commands are registered by commands.ts. */
export function makeProgram(): Command {
  const program = new Command('confab');
  program
    .description('A whole peer-to-peer chat network on one laptop.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .option('--root <folder>', 'data root that holds nodes/ and server_data/ (default: CONFAB_ROOT or the current folder)')
    .option('--json', 'print JSON, for scripts')
    .option('--plain', 'no full screen, no colour (NO_COLOR is respected too)')
    .addOption(new Option('--verbose', 'print the details of an error'))
    .showSuggestionAfterError(true)
    .showHelpAfterError('(confab --help lists the commands; confab <command> --help explains one)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  return program;
}

function ownVersion(): string {
  try {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
