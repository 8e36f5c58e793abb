import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../adapters/files.ts';
import { nodeFolder } from '../control/locate.ts';
import { ConfabError } from '../core/errors.ts';
import { NO_FAULTS } from '../core/faults.ts';
import { sayShared } from '../engine/hosts.ts';
import { Brake } from '../engine/local-faults.ts';
import { sayMillis } from '../scenario/durations.ts';
import { nodeDetail, traceFaults } from './fault-trace.ts';
import type { FaultOrder } from './fault-words.ts';
import { isOurs, signal, waitForExit } from './processes.ts';

type SlowOrder = Extract<FaultOrder, { readonly type: 'slow' }>;

/** The process of a node. */
interface Runner {
  readonly node: string;
  readonly pid: number;
  readonly shares: boolean;
}

/** Lies in a node's folder while it is slowed down: the process that does it, which ends it when it is told to end. */
interface SlowNote {
  readonly pid: number;
  readonly factor: number;
}

const FILE = 'slow.json';
const TITLE = 'confab fault slow';
const LOOK_MILLIS = 500;
const BEGIN_LOOK_MILLIS = 50;
const BEGIN_MILLIS = 10_000;
const END_MILLIS = 5_000;

/** How many times slower a node is made by order; 1: it is not. */
export async function slowFactorOf(root: string, node: string): Promise<number> {
  return (await noteOf(root, node))?.factor ?? 1;
}

/** Null when nobody slows it down: a process that was killed leaves its note behind. */
async function noteOf(root: string, node: string): Promise<SlowNote | null> {
  try {
    const note = JSON.parse(await readFile(join(nodeFolder(root, node), FILE), 'utf8')) as SlowNote;
    return (await isOurs(note.pid, TITLE)) ? note : null;
  } catch {
    return null;
  }
}

/** Makes a node as fast as usual again. False when nobody slows it down. Throws `unavailable`. */
export async function endSlowness(root: string, node: string): Promise<boolean> {
  const note = await noteOf(root, node);
  if (note === null) return false;
  signal(note.pid, 'SIGTERM');
  if (await waitForExit(note.pid, END_MILLIS)) return true;
  throw new ConfabError('unavailable', { what: `The process that slows ${node} down` });
}

/** Lets processes run and stand still in turns, until the time is over, somebody ends it, or none of them is there any more. */
export async function slowDown(root: string, chosen: readonly Runner[], { factor, forMillis }: SlowOrder): Promise<void> {
  await requireOwnProcesses(chosen);
  // Who is slowed down already is so by the last order alone.
  for (const { node } of chosen) await endSlowness(root, node);
  process.title = TITLE;
  const brakes = chosen.map(({ pid }) => new Brake({ pid, signal: (name) => signal(pid, name) }));
  const details = (to: 'set' | 'healed') => chosen.map(({ node }) => nodeDetail(node, 'slow', to, factor));
  await traceFaults(root, details('set'));
  for (const brake of brakes) brake.set({ ...NO_FAULTS, slowFactor: factor });
  const note = Buffer.from(JSON.stringify({ pid: process.pid, factor } satisfies SlowNote));
  for (const { node } of chosen) replaceFile(join(nodeFolder(root, node), FILE), note);
  await untilOver(chosen, forMillis);
  for (const brake of brakes) brake.release();
  for (const { node } of chosen) await rm(join(nodeFolder(root, node), FILE), { force: true });
  await traceFaults(root, details('healed'));
}

function untilOver(chosen: readonly Runner[], forMillis: number): Promise<void> {
  return new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      clearInterval(look);
      for (const name of SIGNALS) process.removeListener(name, end);
      resolve();
    };
    const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const timer = setTimeout(end, forMillis);
    const look = setInterval(() => {
      void Promise.all(chosen.map(isThere)).then((there) => {
        if (!there.includes(true)) end();
      });
    }, LOOK_MILLIS);
    for (const name of SIGNALS) process.once(name, end);
  });
}

async function requireOwnProcesses(chosen: readonly Runner[]): Promise<void> {
  for (const each of chosen) if (each.shares) throw new ConfabError('bad-arguments', { command: 'fault', reason: sayShared(each.node) });
  for (const each of chosen) if (!(await isThere(each))) throw new ConfabError('unavailable', { what: `The process of ${each.node}` });
}

/** Only a process that bears the node's title is signalled: ids are given out again. */
function isThere({ node, pid }: Runner): Promise<boolean> {
  return isOurs(pid, `confab node ${node}`);
}

/**
 * The same by a process of its own, which a node can order for itself as well; gives a sentence once it has begun. Throws what
 * `slowDown` throws before it begins, and `not-started`.
 */
export async function slowInBackground(root: string, chosen: readonly Runner[], order: SlowOrder): Promise<string> {
  await requireOwnProcesses(chosen);
  return (await Promise.all(chosen.map(({ node }) => slowOneInBackground(root, node, order)))).join('\n');
}

async function slowOneInBackground(root: string, node: string, { factor, forMillis }: SlowOrder): Promise<string> {
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const words = ['slow', String(factor), node, 'for', `${forMillis}ms`];
  const child = spawn(process.execPath, [main, '--root', root, 'fault', ...words], { detached: true, stdio: 'ignore' });
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (status) => {
    ended ??= `it ended with exit status ${status ?? 'unknown'}`;
  });
  child.unref();
  const deadline = performance.now() + BEGIN_MILLIS;
  while (ended === null && performance.now() < deadline) {
    const note = await noteOf(root, node);
    if (note !== null && note.pid === child.pid) return `${node}: ${factor} times slower for ${sayMillis(forMillis)}, or until: confab fault heal ${node}`;
    await new Promise((resolve) => setTimeout(resolve, BEGIN_LOOK_MILLIS));
  }
  if (ended === null && child.pid !== undefined) signal(child.pid, 'SIGTERM');
  throw new ConfabError('not-started', { what: `What slows ${node} down`, reason: ended ?? `it had not begun after ${BEGIN_MILLIS} ms` });
}
