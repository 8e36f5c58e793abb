import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import { type CliContext, PER_PROCESS_MAX, wholeNumber } from '../context.ts';

interface UpCommandOptions {
  readonly users: string;
  readonly bots?: string | false;
  readonly me?: string;
  readonly port: string;
  readonly seed?: string;
  readonly beacon: boolean;
  readonly interface: string;
  readonly perProcess: string;
}

/** Registers `confab up`: a whole network in one command. */
export function register(program: Command, context: CliContext): void {
  program
    .command('up')
    .description("start a seed server and nodes of alice, bob and carol, and open alice's menu; bob and carol are lively bots")
    .option('--users <names>', 'who gets a node; user1..200 stands for two hundred', 'alice,bob,carol')
    .option('--bots <names>', 'which of them are bots (default: all but yourself)')
    .option('--no-bots', 'nobody is a bot: open a terminal for each with confab tui <name>')
    .option('--me <name>', 'whose terminal opens here (default: the first user who is no bot)')
    .option('--port <n>', 'port of the seed server, 0 for a free one', '5555')
    .option('--beacon', 'the nodes also find others nearby by beacons', true)
    .option('--no-beacon', 'they know each other by the seed server alone')
    .option('--interface <address>', 'IPv4 address at which the nodes are reached, and whose network their beacons go to', '127.0.0.1')
    .option('--per-process <n>', 'let so many nodes share a process: for networks of hundreds', '1')
    .option('--seed <n>', 'seed of what the bots say and do (default: another one each time)')
    .addHelpText(
      'after',
      `
Examples:
  $ confab up                                   alice's menu; bob and carol are bots
  $ confab up --root my-network --port 0        data in another folder, a free port
  $ confab up --users alice,bob --no-bots       then, in another window: confab tui bob
  $ confab up --plain                           lines instead of a screen
  $ confab up --users alice,user1..200 --bots user1..8 --per-process 50
                                                a crowd, eight of them bots; who is dead is known after 40 s

Where stdin or stdout is no terminal it plays the scenario tour instead (confab run tour).
Everything ends when you leave the menu, close the window or press Ctrl-C; what was said is kept under the root.`,
    )
    .action(async (options: UpCommandOptions) => {
      const port = wholeNumber('up', '--port', options.port, { min: 0, max: 65_535 });
      const perProcess = wholeNumber('up', '--per-process', options.perProcess, { min: 1, max: PER_PROCESS_MAX });
      const { requireRoomFor } = await import('../process-limits.ts');
      await requireRoomFor('up', perProcess);
      const people = await peopleOf(options);
      if (!context.interactive) {
        const { runScenarios } = await import('../run-scenarios.ts');
        context.exitStatus = await runScenarios(context, ['tour'], {
          engine: 'local',
          seed: null,
          traceFile: null,
          keep: null,
          reportFolder: null,
          record: null,
          crypto: 'real',
        });
        return;
      }
      const { requireInterface } = await import('../node-process.ts');
      requireInterface('up', options.interface);
      const { runUp } = await import('../up/up-process.ts');
      const nearby = { beacon: options.beacon, interfaceAddress: options.interface };
      context.exitStatus = await runUp(context, { ...people, ...nearby, perProcess, port, seed: options.seed ?? Date.now() });
    });
}

/** Who is who; throws `bad-name` and `bad-arguments` before anything is started. */
export async function peopleOf(options: Pick<UpCommandOptions, 'users' | 'bots' | 'me'>): Promise<{ users: string[]; bots: string[]; me: string }> {
  const { parseNodeName } = await import('../../control/node-name.ts');
  const { expandNames, misfitOfNames } = await import('../../scenario/names.ts');
  const refuse = (reason: string) => new ConfabError('bad-arguments', { command: 'up', reason });
  const written = (name: string): string[] => {
    const misfit = name.includes('..') && !name.includes('/') ? misfitOfNames(name) : null;
    if (misfit !== null) throw refuse(misfit);
    return expandNames(name);
  };
  const names = (text: string) => [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .flatMap(written)
        .map((name) => parseNodeName(name).node as string),
    ),
  ];
  const users = names(options.users);
  if (users.length === 0) throw refuse('--users names nobody');
  const named = typeof options.bots === 'string' ? names(options.bots) : null;
  const me = options.me ?? users.find((user) => named?.includes(user) !== true);
  if (me === undefined) throw refuse('all users are bots; leave one to yourself');
  if (!users.includes(me)) throw refuse(`--me ${JSON.stringify(me)} is none of --users`);
  const bots = options.bots === false ? [] : (named ?? users.filter((user) => user !== me));
  const stranger = bots.find((bot) => !users.includes(bot));
  if (stranger !== undefined) throw refuse(`--bots ${stranger} is none of --users`);
  if (bots.includes(me)) throw refuse(`${me} cannot be a bot and sit at this terminal`);
  return { users, bots, me };
}
