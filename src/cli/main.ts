#!/usr/bin/env node
import { makeContext } from './context.ts';
import { printFailure } from './fail.ts';
import { makeProgram } from './program.ts';

/** The composition root: parses argv, runs one command, maps what happened to an exit status. */
async function main(): Promise<number> {
  process.title = 'confab';
  const program = makeProgram();
  const context = makeContext(program);
  try {
    const { registerCommands } = await import('./commands.ts');
    await registerCommands(program, context, process.argv.slice(2));
    await program.parseAsync(process.argv);
    return context.exitStatus;
  } catch (error) {
    const usage = usageStatus(error);
    return usage ?? printFailure(error, context);
  }
}

/** Commander has printed help or its own sentence already; null when the error is none of commander's. */
function usageStatus(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('commander.')) return null;
  return 'exitCode' in error && error.exitCode === 0 ? 0 : 2;
}

// A reader that closes early (`confab ps | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

// Whoever read our complaints is gone; that is no reason to end in another way.
process.stderr.on('error', () => {});

const status = await main();
process.exitCode = status;
