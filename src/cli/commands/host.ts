import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab host`, which `run` and `up` start for `--per-process`. */
export function register(program: Command, context: CliContext): void {
  program
    .command('host', { hidden: true })
    .description('a process that runs many nodes; whoever started it tells it which')
    .option('--lifeline', 'end when stdin closes')
    .action(async (options: { readonly lifeline?: boolean }) => {
      const { runHostProcess } = await import('../host-process.ts');
      context.exitStatus = await runHostProcess(context, { lifeline: options.lifeline === true });
    });
}
