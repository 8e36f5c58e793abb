import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectControl, type SocketControlClient } from '../control/client.ts';
import { isAlive, nodesFolder, readNodePointer, removePointer, writePointer } from '../control/locate.ts';
import { failureOf, startControlServer } from '../control/server.ts';
import { ConfabError } from '../core/errors.ts';
import { AFTERMATH } from './aftermath.ts';

/** How to run a node again whose process is killed first. */
export interface RestartOrder {
  readonly node: string;
  /** Throw its disk away before it starts. */
  readonly emptyDisk: boolean;
  /** A way to behave of src/lab/conducts.ts; null: an honest node. */
  readonly conduct: string | null;
}

/** False: somebody else started that node. Rejects with a ConfabError when it cannot be done. */
export type Restart = (order: RestartOrder) => Promise<boolean>;

/** What somebody does who holds the lifelines of nodes and is told from outside. */
export interface Keeper {
  readonly restart: Restart;
  /** Kills a node whose end would else be taken for an accident; false: somebody else started it, or its end surprises nobody here. */
  readonly kill?: (node: string) => Promise<boolean>;
}

const RESTART = 'restart-node';
const KILL = 'kill-node';
/** Its name is none of a node. */
const FOLDER = '.keeper';
/** A kill, a start and a few tries for the folder, ms. */
export const RESTART_MILLIS = 60_000;

/**
 * Nodes that hold a lifeline to a process (`up`, `run`) can be started again by that process alone: whatever else started them could
 * not hold their lifeline. So it listens here for orders of `confab fault`. Nodes themselves know nothing of this.
 *
 * Returns what ends it.
 */
export async function keepNodes(root: string, socketPath: string, { restart, kill }: Keeper): Promise<() => Promise<void>> {
  const folder = join(nodesFolder(root), FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const order = async (name: string, args: Readonly<Record<string, unknown>>) => {
    try {
      const wanted = readOrder(name, args);
      if (name === KILL) return { ok: true as const, value: { kept: (await kill?.(wanted.node)) ?? false } };
      if (name !== RESTART) throw new ConfabError('bad-arguments', { command: name, reason: 'whoever keeps nodes only kills them and starts them again' });
      return { ok: true as const, value: { kept: await restart(wanted) } };
    } catch (error) {
      return failureOf(error);
    }
  };
  const nobody = () => Promise.reject(new ConfabError('unavailable', { what: 'The node' }));
  const server = await startControlServer({ socketPath, handle: nobody, shared: { has: () => false, order } });
  AFTERMATH.remove(socketPath);
  await writePointer(folder, { socket: socketPath, pid: process.pid, endpoint: '', run: 0, startedMillis: Date.now() });
  return async () => {
    await removePointer(folder, process.pid);
    await server.stop();
  };
}

function readOrder(command: string, { node, emptyDisk, conduct }: Readonly<Record<string, unknown>>): RestartOrder {
  if (typeof node !== 'string') throw new ConfabError('bad-arguments', { command, reason: 'which node?' });
  return { node, emptyDisk: emptyDisk === true, conduct: typeof conduct === 'string' ? conduct : null };
}

/** Has a node of a data root started again by whoever holds its lifeline; false when nobody does. */
export async function askKeeper(root: string, order: RestartOrder): Promise<boolean> {
  return ask(root, RESTART, { ...order });
}

/** Has a node killed by whoever would else take its end for an accident; false when nobody would. */
export async function askKeeperToKill(root: string, node: string): Promise<boolean> {
  return ask(root, KILL, { node });
}

async function ask(root: string, command: string, args: Readonly<Record<string, unknown>>): Promise<boolean> {
  const pointer = await readNodePointer(join(nodesFolder(root), FOLDER));
  if (pointer === null || !isAlive(pointer.pid)) return false;
  let client: SocketControlClient;
  try {
    client = await connectControl(pointer.socket);
  } catch {
    // Killed, and its number given to another process.
    return false;
  }
  try {
    const answer = (await client.call(command, args, RESTART_MILLIS)) as { readonly kept: boolean };
    return answer.kept;
  } finally {
    client.close();
  }
}
