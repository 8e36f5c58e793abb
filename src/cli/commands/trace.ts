import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

interface TraceOptions {
  readonly node?: string;
  readonly type?: string;
  readonly message?: string;
  readonly peer?: string;
}

/** Registers `confab trace`: prints a recorded run readably. */
export function register(program: Command, context: CliContext): void {
  program
    .command('trace')
    .description('print a trace file readably, and filter it')
    .argument('<file>', 'a trace, NDJSON; - for stdin')
    .option('--node <name>', 'only events of this node')
    .option('--type <type>', 'only events of this type: send, receive, drop, timer, state, shown, command, answer, life, rule, note')
    .option('--message <id>', 'only events that name this message')
    .option('--peer <name>', 'only events to, from or about this node or user')
    .addHelpText(
      'after',
      `
Examples:
  $ confab run scenarios/tour.yaml --trace tour.ndjson && confab trace tour.ndjson
  $ confab trace tour.ndjson --type drop
  $ confab trace tour.ndjson --message 0VbeEJnOztaEVhVNNDkeZ
  $ confab trace tour.ndjson --node alice --peer bob --json`,
    )
    .action(async (file: string, options: TraceOptions) => {
      const { printTrace } = await import('../trace-print.ts');
      await printTrace(context, file, options);
    });
}
