import type { Command } from 'commander';
import { type CliContext, networkOf, networkOption } from '../context.ts';

interface TuiOptions {
  readonly node?: string;
  readonly seed?: string | false;
  readonly network?: string;
  readonly peer: readonly string[];
  readonly beacon: boolean;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Registers `confab tui`: a terminal for a user. */
export function register(program: Command, context: CliContext): void {
  program
    .command('tui')
    .description("a user's terminal; attaches to the running node or starts one that ends with the terminal")
    .argument('<user>', 'name of the user, or user@label')
    .option('--node <label>', 'label of a further node of the same user')
    .option('--seed <url>', 'seed server of a node that is started (default: the one of this root, or http://127.0.0.1:5555)')
    .option('--no-seed', 'start the node without a seed server')
    .addOption(networkOption('network of a node that is started'))
    .option('--peer <endpoint>', 'a peer known by hand, tcp://127.0.0.1:PORT#KEY; may be repeated', collect, [])
    .option('--beacon', 'a node that is started says to nodes nearby that it is here, and listens for them', true)
    .option('--no-beacon', 'it neither says nor listens')
    .addHelpText(
      'after',
      `
Examples:
  $ confab tui alice                       numbered menus, live chat; F1 is help
  $ confab tui alice --plain               lines instead of a screen, for screen readers
  $ printf '2\\nmy password\\n/msg bob hello\\n' | confab tui alice
  $ confab tui bob --no-seed --peer 'tcp://127.0.0.1:40123#KEY'

Open one terminal for each user, in as many windows as you like.`,
    )
    .action(async (user: string, options: TuiOptions) => {
      const { parseNodeName } = await import('../../control/node-name.ts');
      const { seedUrlOf } = await import('../seed-url.ts');
      const { TerminalNode } = await import('../terminal-node.ts');
      const { runTerminal } = await import('../../tui/main.ts');
      const { fileURLToPath } = await import('node:url');
      const name = parseNodeName(user, options.node);
      process.title = `confab tui ${name.node}`;
      const node = new TerminalNode({
        root: context.root,
        name,
        seedUrl: await seedUrlOf(context.root, options.seed),
        network: networkOf(context.root, options.network),
        peers: options.peer,
        beacon: options.beacon,
        mainPath: fileURLToPath(new URL('../main.js', import.meta.url)),
      });
      try {
        context.exitStatus = await runTerminal({
          connect: () => node.connect(),
          user: name.user,
          input: process.stdin,
          output: process.stdout,
          plain: context.plain,
          env: process.env,
        });
      } finally {
        await node.stop();
      }
    });
}
