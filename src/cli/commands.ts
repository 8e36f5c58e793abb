import type { Command } from 'commander';
import * as bench from './commands/bench.ts';
import * as call from './commands/call.ts';
import * as doctor from './commands/doctor.ts';
import * as explore from './commands/explore.ts';
import * as fault from './commands/fault.ts';
import * as host from './commands/host.ts';
import * as inspect from './commands/inspect.ts';
import * as manual from './commands/manual.ts';
import * as fresh from './commands/new.ts';
import * as node from './commands/node.ts';
import * as ps from './commands/ps.ts';
import * as replay from './commands/replay.ts';
import * as ring from './commands/ring.ts';
import * as run from './commands/run.ts';
import * as seed from './commands/seed.ts';
import * as stop from './commands/stop.ts';
import * as trace from './commands/trace.ts';
import * as tui from './commands/tui.ts';
import * as up from './commands/up.ts';
import * as users from './commands/users.ts';
import type { CliContext } from './context.ts';

/** Every command in the order in which help lists them: what people start with first, what scripts need last. */
const COMMANDS = [up, tui, run, explore, fresh, node, seed, ps, ring, stop, users, fault, call, inspect, trace, replay, doctor, bench, manual, host];

/** Each file registers options and help only; what a command does is imported when it is run, so that help is quick. */
export function registerCommands(program: Command, context: CliContext): void {
  for (const command of COMMANDS) command.register(program, context);
}
