import type { Command } from 'commander';
import type { CliContext } from './context.ts';

interface CommandFile {
  /** Describes options and help only; what the command does is imported when it is run. */
  register(program: Command, context: CliContext): void;
}

/** Every command in the order in which help lists them: what people start with first, what scripts need last. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandFile>>> = {
  up: () => import('./commands/up.ts'),
  tui: () => import('./commands/tui.ts'),
  run: () => import('./commands/run.ts'),
  explore: () => import('./commands/explore.ts'),
  new: () => import('./commands/new.ts'),
  node: () => import('./commands/node.ts'),
  seed: () => import('./commands/seed.ts'),
  ps: () => import('./commands/ps.ts'),
  ring: () => import('./commands/ring.ts'),
  stop: () => import('./commands/stop.ts'),
  users: () => import('./commands/users.ts'),
  fault: () => import('./commands/fault.ts'),
  call: () => import('./commands/call.ts'),
  inspect: () => import('./commands/inspect.ts'),
  trace: () => import('./commands/trace.ts'),
  replay: () => import('./commands/replay.ts'),
  doctor: () => import('./commands/doctor.ts'),
  bench: () => import('./commands/bench.ts'),
  manual: () => import('./commands/manual.ts'),
  host: () => import('./commands/host.ts'),
};

/** Global options that may stand before a command (program.ts). */
const WITH_VALUE = '--root';
const FLAGS: ReadonlySet<string> = new Set(['--json', '--plain', '--verbose']);

/** The command that the command line names, also behind global options, as whoever starts nodes writes them; undefined: none. */
function commandIn(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === WITH_VALUE) at += 1;
    else if (!FLAGS.has(word) && !word.startsWith(`${WITH_VALUE}=`)) return Object.hasOwn(COMMANDS, word) ? word : undefined;
  }
  return undefined;
}

/**
 * Registers the command that the command line names; and all of them where it names none: help lists them, and a slip is answered by the
 * nearest. A node keeps what it has loaded for as long as it runs.
 */
export async function registerCommands(program: Command, context: CliContext, args: readonly string[]): Promise<void> {
  const named = commandIn(args);
  const wanted = named === undefined ? undefined : COMMANDS[named];
  const files = await Promise.all((wanted === undefined ? Object.values(COMMANDS) : [wanted]).map((load) => load()));
  for (const file of files) file.register(program, context);
}
