import { type Command, Option } from 'commander';
import { type CliContext, wholeNumber } from '../context.ts';

interface SeedOptions {
  readonly port: string;
  readonly host: string;
  readonly lifeline?: boolean;
  readonly conduct?: string;
}

/** Registers `confab seed`: the seed server, in this process. */
export function register(program: Command, context: CliContext): void {
  program
    .command('seed')
    .description('run the seed server: registers users, lists live nodes, keeps fallback state in server_data/')
    .option('--port <n>', 'port to listen on, 0 for a free one', '5555')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--lifeline', 'end when stdin closes, for whoever starts this from a program')
    .addOption(new Option('--conduct <name>', 'a seed server that does not play by the rules, for scenarios').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  $ confab seed
  $ confab seed --port 0 --json
  $ curl http://127.0.0.1:5555/healthz`,
    )
    .action(async (options: SeedOptions) => {
      const port = wholeNumber('seed', '--port', options.port, { min: 0, max: 65_535 });
      const { runSeedProcess } = await import('../seed-process.ts');
      context.exitStatus = await runSeedProcess(context, { port, host: options.host, lifeline: options.lifeline === true, conduct: options.conduct ?? null });
    });
}
