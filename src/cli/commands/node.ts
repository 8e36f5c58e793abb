import { type Command, Option } from 'commander';
import { type CliContext, networkOf, networkOption, wholeNumber } from '../context.ts';

interface NodeOptions {
  readonly node?: string;
  readonly seed?: string | false;
  readonly network?: string;
  readonly peer: readonly string[];
  readonly port: string;
  readonly beacon: boolean;
  readonly interface: string;
  readonly trace?: string;
  readonly traceFrames: boolean;
  readonly record?: string;
  readonly coreOptions?: string;
  readonly faults?: string;
  readonly conduct?: string;
  readonly lifeline?: boolean;
  readonly program?: string;
  readonly login?: boolean;
  readonly passwordStdin?: boolean;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Registers `confab node`: one node, in this process. */
export function register(program: Command, context: CliContext): void {
  program
    .command('node')
    .description("run a user's node in this process; its data lies in nodes/<user>/")
    .argument('<user>', 'name of the user, or user@label')
    .option('--node <label>', 'label of a further node of the same user: its folder is nodes/<user>@<label>/')
    .option('--seed <url>', 'seed server (default: the one of this root, or http://127.0.0.1:5555)')
    .option('--no-seed', 'live without a seed server')
    .addOption(networkOption('frames and beacons of networks with another name are dropped'))
    .option('--peer <endpoint>', 'a peer known by hand, tcp://127.0.0.1:PORT#KEY; may be repeated', collect, [])
    .option('--port <n>', 'port of the inbox, 0 for a free one', '0')
    .option('--beacon', 'say to nodes nearby that this one is here, and listen for them', true)
    .option('--no-beacon', 'neither say nor listen')
    .option('--interface <address>', 'IPv4 address at which this node is reached, and whose network its beacons go to', '127.0.0.1')
    .option('--trace <file>', 'append the trace of this node to a file')
    .option('--lifeline', 'end when stdin closes, for whoever starts this from a program')
    .addOption(new Option('--no-trace-frames', 'leave frames out of the trace, for checkers').hideHelp())
    .addOption(new Option('--core-options <json>', 'options of the protocol that differ from the defaults, for scenarios').hideHelp())
    .addOption(new Option('--record <file>', 'write down all that reaches this node, keys and passwords included, for a replay in the lab').hideHelp())
    .addOption(new Option('--program <module>', 'a program to run in place of the chat node, for scenarios').hideHelp())
    .addOption(new Option('--faults <file>', 'faults that the node suffers from the start, for scenarios').hideHelp())
    .addOption(new Option('--conduct <name>', 'a node that does not play by the rules, for scenarios').hideHelp())
    .option('--login', 'log in at once, registering the name if it is new here')
    .option('--password-stdin', 'read the password for --login from the first line of stdin')
    .addHelpText(
      'after',
      `
Examples:
  $ confab node alice
  $ confab node alice --login
  $ printf '%s\\n' "$PASSWORD" | confab node alice --login --password-stdin
  $ confab node bob --no-seed --peer 'tcp://127.0.0.1:40123#KEY'
  $ confab node carol --no-seed            finds alice and bob nearby by their beacons
  $ confab node alice --node desk          a second node of alice

Talk to it with: confab tui <user>, or confab call <user> <command>.`,
    )
    .action(async (user: string, options: NodeOptions) => {
      const { parseNodeName } = await import('../../control/node-name.ts');
      const name = parseNodeName(user, options.node);
      const port = wholeNumber('node', '--port', options.port, { min: 0, max: 65_535 });
      const { seedUrlOf } = await import('../seed-url.ts');
      const { runNodeProcess } = await import('../node-process.ts');
      context.exitStatus = await runNodeProcess(context, {
        name,
        seedUrl: await seedUrlOf(context.root, options.seed),
        network: networkOf(context.root, options.network),
        peers: options.peer,
        port,
        beacon: options.beacon,
        interfaceAddress: options.interface,
        traceFile: options.trace ?? null,
        traceFrames: options.traceFrames,
        recordFile: options.record ?? null,
        coreOptions: options.coreOptions ?? '{}',
        faultsFile: options.faults ?? null,
        conduct: options.conduct ?? null,
        lifeline: options.lifeline === true,
        program: options.program ?? null,
        login: options.login === true,
        passwordStdin: options.passwordStdin === true,
      });
    });
}
