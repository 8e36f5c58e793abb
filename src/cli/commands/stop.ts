import type { Command } from 'commander';
import type { LocatedNode, NodePointer } from '../../control/locate.ts';
import { ConfabError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';

/** How a process ended. */
type Outcome = 'stopped' | 'terminated' | 'killed' | 'not running' | 'not ours' | 'still there';

interface Report {
  readonly name: string;
  readonly pid: number | null;
  readonly outcome: Outcome;
}

const ORDER_MILLIS = 6_000;
const TERMINATE_MILLIS = 4_000;
const KILL_MILLIS = 2_000;
const LOOK_MILLIS = 50;

/** Registers `confab stop`: ends nodes and the seed server of this root in order. */
export function register(program: Command, context: CliContext): void {
  program
    .command('stop')
    .description('end nodes of this root in order; without names everything, the seed server last')
    .argument('[names...]', 'nodes to end')
    .addHelpText(
      'after',
      `
Examples:
  $ confab stop            ends all nodes and the seed server of this root
  $ confab stop bob carol  ends two nodes

Each is asked first, then sent SIGTERM, then SIGKILL; nobody else's process is ever signalled.`,
    )
    .action(async (names: readonly string[]) => {
      const reports = await stopAll(context.root, names);
      for (const report of reports) if (report.outcome === 'not ours' || report.outcome === 'still there') context.exitStatus = 1;
      if (context.json) return context.printJson({ stopped: reports });
      if (reports.length === 0) return context.print(`Nothing runs under ${context.root}.`);
      for (const { name, pid, outcome } of reports) context.print(`${name}${pid === null ? '' : ` (pid ${pid})`}: ${outcome}`);
    });
}

/** Ends the named nodes, or everything under the root. Throws `bad-name` and `no-node`. */
export async function stopAll(root: string, names: readonly string[]): Promise<readonly Report[]> {
  const { listNodes, locateNode } = await import('../../control/locate.ts');
  const { parseNodeName } = await import('../../control/node-name.ts');
  if (names.length > 0) {
    const nodes = await Promise.all(names.map((name) => locateNode(root, parseNodeName(name).node)));
    const missing = nodes.find((node) => node.state === 'stopped');
    if (missing !== undefined) throw new ConfabError('no-node', { name: missing.node, folder: root });
    return await Promise.all(nodes.map(stopNode));
  }
  const nodes = (await listNodes(root)).filter((node) => node.state !== 'stopped');
  const reports = await Promise.all(nodes.map(stopNode));
  const seed = await stopSeedServer(root);
  return seed === null ? reports : [...reports, seed];
}

async function stopNode(located: LocatedNode): Promise<Report> {
  const { node: name, folder, pointer } = located;
  if (pointer === null || located.state === 'stale') {
    const { removePointer } = await import('../../control/locate.ts');
    if (pointer !== null) await removePointer(folder, pointer.pid);
    return { name, pid: null, outcome: 'not running' };
  }
  const { waitForExit } = await import('../processes.ts');
  if (pointer.shares === true) return await stopShared(located, pointer);
  if (located.state === 'running' && (await askToStop(pointer.socket)) && (await waitForExit(pointer.pid, ORDER_MILLIS))) {
    return { name, pid: pointer.pid, outcome: 'stopped' };
  }
  return { name, pid: pointer.pid, outcome: await endProcess(pointer.pid, `confab node ${name}`) };
}

/** A node that shares its process with others is asked, and never signalled: a signal would end the others. */
async function stopShared({ node: name, folder }: LocatedNode, pointer: NodePointer): Promise<Report> {
  const { readNodePointer } = await import('../../control/locate.ts');
  const asked = await askToStop(pointer.socket);
  const deadline = performance.now() + ORDER_MILLIS;
  while (asked && performance.now() < deadline) {
    if ((await readNodePointer(folder)) === null) return { name, pid: pointer.pid, outcome: 'stopped' };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
  }
  return { name, pid: pointer.pid, outcome: 'still there' };
}

async function askToStop(socket: string): Promise<boolean> {
  const { connectControl } = await import('../../control/client.ts');
  try {
    const client = await connectControl(socket, { timeoutMillis: 2_000 });
    await client.call('stop');
    client.close();
    return true;
  } catch {
    return false;
  }
}

/** SIGTERM, then SIGKILL, to a process that bears our title. */
async function endProcess(pid: number, title: string): Promise<Outcome> {
  const { isOurs, signal, waitForExit } = await import('../processes.ts');
  if (!(await isOurs(pid, title))) return (await waitForExit(pid, 0)) ? 'stopped' : 'not ours';
  signal(pid, 'SIGTERM');
  if (await waitForExit(pid, TERMINATE_MILLIS)) return 'terminated';
  if (!(await isOurs(pid, title))) return 'terminated';
  signal(pid, 'SIGKILL');
  return (await waitForExit(pid, KILL_MILLIS)) ? 'killed' : 'still there';
}

async function stopSeedServer(root: string): Promise<Report | null> {
  const { readSeedPointer } = await import('../../control/locate.ts');
  const pointer = await readSeedPointer(root);
  if (pointer === null) return null;
  const outcome = await endProcess(pointer.pid, 'confab seed');
  return { name: 'seed server', pid: pointer.pid, outcome: outcome === 'terminated' ? 'stopped' : outcome };
}
