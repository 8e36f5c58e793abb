import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, locateNode, type NodePointer, nodeFolder, readNodePointer } from '../control/locate.ts';
import { ConfabError } from '../core/errors.ts';
import { sayShared } from '../engine/hosts.ts';
import { askKeeper, type RestartOrder } from '../engine/keeper.ts';
import { logTail } from '../engine/log-tail.ts';
import { MEMORY_ENVIRONMENT, NODE_EXEC_ARGS } from '../engine/spawn.ts';
import { isOurs, signal, waitForExit } from './processes.ts';

const KILL_MILLIS = 5_000;
const READY_MILLIS = 30_000;
const LOOK_MILLIS = 50;
const LOG_LINES = 3;

/**
 * kept: by whoever started it, who holds its lifeline as before. background: nobody does; `confab stop` ends it.
 */
export type Restarted = 'kept' | 'background';

/**
 * kill -9 of a node's process, if it lives, and another one in its place: on its disk or an empty one, honest or with a conduct.
 * Throws `no-node` when no node of that name was killed or runs here, `bad-arguments` where it shares its process, `not-started`.
 */
export async function restartNode(root: string, order: RestartOrder): Promise<Restarted> {
  if (await askKeeper(root, order)) return 'kept';
  const { node } = order;
  const pointer = await readNodePointer(nodeFolder(root, node));
  if (pointer?.shares === true) throw new ConfabError('bad-arguments', { command: 'fault', reason: sayShared(node) });
  if (pointer?.start === undefined) throw new ConfabError('no-node', { name: node, folder: root });
  await kill(node, pointer);
  if (order.emptyDisk) await rm(nodeFolder(root, node), { recursive: true, force: true });
  await startInBackground(root, node, order.conduct === null ? pointer.start : [...pointer.start, '--conduct', order.conduct]);
  return 'background';
}

/** Only a process that bears the node's title is signalled: ids are given out again. */
async function kill(node: string, { pid }: NodePointer): Promise<void> {
  if (!isAlive(pid) || !(await isOurs(pid, `confab node ${node}`))) return;
  signal(pid, 'SIGKILL');
  if (!(await waitForExit(pid, KILL_MILLIS))) throw new ConfabError('unavailable', { what: `The process of ${node}` });
}

/** Its shell is not ours to write to, so it says nothing; what keeps it from starting stands in its log. */
async function startInBackground(root: string, node: string, args: readonly string[]): Promise<void> {
  const mainPath = fileURLToPath(new URL('./main.js', import.meta.url));
  const child = spawn(process.execPath, [...NODE_EXEC_ARGS, mainPath, ...args], {
    detached: true,
    stdio: 'ignore',
    env: { ...MEMORY_ENVIRONMENT, ...process.env },
  });
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (status, name) => {
    ended ??= name === null ? `it ended with exit status ${status ?? 'unknown'}` : `it ended with signal ${name}`;
  });
  child.unref();
  const deadline = performance.now() + READY_MILLIS;
  while (ended === null && performance.now() < deadline) {
    const { state, pointer } = await locateNode(root, node);
    if (state === 'running' && pointer?.pid === child.pid) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
  }
  const reason = [ended ?? `it was not ready after ${READY_MILLIS} ms`, ...(await logTail(nodeFolder(root, node), LOG_LINES))].join('; ');
  throw new ConfabError('not-started', { what: `The node of ${node}`, reason });
}
