import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfabError } from '../core/errors.ts';
import { connectControl, type SocketControlClient } from './client.ts';
import { parseNodeName } from './node-name.ts';

/** What a running process leaves in its folder, so that others find it. */
export interface NodePointer {
  readonly socket: string;
  readonly pid: number;
  /** `tcp://127.0.0.1:40123#KEY` */
  readonly endpoint: string;
  readonly run: number;
  readonly startedMillis: number;
  /** Its process runs other nodes, too: no signal may go there for the sake of this one. */
  readonly shares?: boolean;
  /** Arguments of the command line that run a node like this one; no secret is among them. */
  readonly start?: readonly string[];
  /** It does not play by the rules, and how. */
  readonly conduct?: string;
}

/** The same of a seed server, in server_data/. */
export interface SeedPointer {
  readonly url: string;
  /** The key that it signs its answers by. */
  readonly key?: string;
  readonly pid: number;
  readonly startedMillis: number;
}

/**
 * running: its control interface answers with its own pid. silent: the process is there and does not answer.
 * stale: the pointer of a process that was killed. stopped: a folder without a pointer.
 */
export type NodeState = 'running' | 'silent' | 'stale' | 'stopped';

export interface LocatedNode {
  readonly node: string;
  readonly folder: string;
  readonly state: NodeState;
  readonly pointer: NodePointer | null;
}

const POINTER_FILE = 'control.json';
const PROBE_MILLIS = 1_500;

export function nodesFolder(root: string): string {
  return join(root, 'nodes');
}

export function nodeFolder(root: string, node: string): string {
  return join(root, 'nodes', node);
}

export function seedFolder(root: string): string {
  return join(root, 'server_data');
}

/** Puts the pointer in its place in one step, mode 0600: a reader sees the old one or the new one. */
export async function writePointer(folder: string, pointer: NodePointer | SeedPointer): Promise<void> {
  const path = join(folder, POINTER_FILE);
  const fresh = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(fresh, `${JSON.stringify(pointer)}\n`, { mode: 0o600 });
  await rename(fresh, path);
}

/** Takes the pointer away if it is still that of `pid`. */
export async function removePointer(folder: string, pid: number): Promise<void> {
  const pointer = await readJson(folder);
  if (pointer === null || pointer.pid === pid) await rm(join(folder, POINTER_FILE), { force: true });
}

async function readJson(folder: string): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, POINTER_FILE), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Null when there is none or it is damaged. */
export async function readNodePointer(folder: string): Promise<NodePointer | null> {
  const value = await readJson(folder);
  if (value === null || typeof value['socket'] !== 'string' || !isPid(value['pid'])) return null;
  return value as unknown as NodePointer;
}

/** The URL with the key behind it, as nodes are given it. */
export function seedAddress({ url, key }: Pick<SeedPointer, 'url' | 'key'>): string {
  return typeof key === 'string' ? `${url}#${key}` : url;
}

/** Null when there is none, it is damaged, or its process is gone. */
export async function readSeedPointer(root: string): Promise<SeedPointer | null> {
  const value = await readJson(seedFolder(root));
  if (value === null || typeof value['url'] !== 'string' || !isPid(value['pid'])) return null;
  return isAlive(value['pid']) ? (value as unknown as SeedPointer) : null;
}

function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 1;
}

/** Whether a process with that id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Every node folder of a data root, in order of name, with what runs on it. A root without nodes gives none. */
export async function listNodes(root: string): Promise<readonly LocatedNode[]> {
  const names = await readdir(nodesFolder(root)).catch(() => []);
  const nodes = names.filter(isNodeName).sort();
  return await Promise.all(nodes.map((node) => locateNode(root, node)));
}

function isNodeName(name: string): boolean {
  try {
    return parseNodeName(name).node === name;
  } catch {
    return false;
  }
}

/** What runs on one node's folder. */
export async function locateNode(root: string, node: string): Promise<LocatedNode> {
  const folder = nodeFolder(root, node);
  const pointer = await readNodePointer(folder);
  if (pointer === null) return { node, folder, state: 'stopped', pointer: null };
  const state = (await answers(pointer)) ? 'running' : isAlive(pointer.pid) ? 'silent' : 'stale';
  return { node, folder, state, pointer };
}

/** The pid alone proves nothing, since the system gives it out again: the process must answer with it. */
async function answers(pointer: NodePointer): Promise<boolean> {
  if (!isAlive(pointer.pid)) return false;
  let client: SocketControlClient | null = null;
  try {
    client = await connectControl(pointer.socket, { connectMillis: PROBE_MILLIS, timeoutMillis: PROBE_MILLIS });
    const pong = (await client.call('ping')) as { readonly pid?: unknown };
    return pong.pid === pointer.pid;
  } catch {
    return false;
  } finally {
    client?.close();
  }
}

/** Attaches to the node of that name in a data root. Throws `bad-name`, or `no-node` when none runs. */
export async function attachNode(root: string, name: string, timeoutMillis?: number): Promise<SocketControlClient> {
  const { node } = parseNodeName(name);
  const pointer = await readNodePointer(nodeFolder(root, node));
  if (pointer === null || !isAlive(pointer.pid)) throw new ConfabError('no-node', { name: node, folder: root });
  try {
    return await connectControl(pointer.socket, timeoutMillis === undefined ? {} : { timeoutMillis });
  } catch {
    throw new ConfabError('no-node', { name: node, folder: root });
  }
}
