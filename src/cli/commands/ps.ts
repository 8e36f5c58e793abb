import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { NodeFacts, Survey } from '../survey.ts';

/** Registers `confab ps`: what runs under this root. */
export function register(program: Command, context: CliContext): void {
  program
    .command('ps')
    .description('list the seed server and the nodes of this root')
    .option('--all', 'list nodes that do not run, too')
    .addHelpText(
      'after',
      `
Examples:
  $ confab ps
  $ confab ps --all
  $ confab --root /var/tmp/net ps --json`,
    )
    .action(async (options: { readonly all?: boolean }) => {
      const { survey } = await import('../survey.ts');
      const seen = await survey(context.root);
      if (context.json) context.printJson(toJson(seen));
      else await printSurvey(context, seen, options.all === true);
    });
}

function toJson(seen: Survey): unknown {
  return {
    seedServer: seen.seed,
    nodes: seen.nodes.map(({ located, info, ...facts }) => ({
      node: located.node,
      state: located.state,
      pid: located.pointer?.pid ?? null,
      endpoint: located.pointer?.endpoint ?? null,
      user: info?.user ?? null,
      loggedIn: info?.loggedIn ?? null,
      presence: info?.presence ?? null,
      peers: info?.peers ?? null,
      ...facts,
    })),
  };
}

async function printSurvey(context: CliContext, seen: Survey, all: boolean): Promise<void> {
  const { bytesText, durationText } = await import('../table.ts');
  const shown = seen.nodes.filter((node) => all || node.located.state !== 'stopped');
  const rows: (string | number)[][] = shown.map((node) => rowOf(node, { bytesText, durationText }));
  if (seen.seed !== null)
    rows.unshift(['seed server', seen.seed.pid, 'running', '-', '-', '-', '-', durationText(Date.now() - seen.seed.startedMillis), seen.seed.url]);
  if (rows.length === 0) return context.print(`Nothing runs under ${context.root}. Start a network with: confab up`);
  context.printTable({
    columns: [
      { title: 'NAME' },
      { title: 'PID', align: 'right' },
      { title: 'STATE' },
      { title: 'LOGGED IN' },
      { title: 'PEERS', align: 'right' },
      { title: 'MEMORY', align: 'right' },
      { title: 'CPU', align: 'right' },
      { title: 'UP', align: 'right' },
      { title: 'ENDPOINT' },
    ],
    rows,
  });
  if (shown.some((node) => node.located.state === 'stale')) context.print('\nstale: the process was killed; its node starts again with confab node <name>.');
}

interface Words {
  readonly bytesText: (bytes: number) => string;
  readonly durationText: (millis: number) => string;
}

function rowOf(node: NodeFacts, { bytesText, durationText }: Words): (string | number)[] {
  const { located, info } = node;
  return [
    located.node,
    located.state === 'stopped' ? '-' : (located.pointer?.pid ?? '-'),
    located.state,
    info === null ? '-' : info.loggedIn ? `yes (${info.presence})` : 'no',
    info?.peers ?? '-',
    node.residentBytes === null ? '-' : bytesText(node.residentBytes),
    node.processorShare === null ? '-' : `${(node.processorShare * 100).toFixed(1)} %`,
    node.uptimeMillis === null ? '-' : durationText(node.uptimeMillis),
    info?.endpoint ?? located.pointer?.endpoint ?? '-',
  ];
}
