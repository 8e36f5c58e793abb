import { access, constants, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { SOCKETS_MAX } from '../adapters/zeromq/limits.ts';
import { listNodes, readSeedPointer } from '../control/locate.ts';
import { errorAdvice } from '../core/errors.ts';
import { DESCRIPTORS_PER_NODE, nodesPerProcessMax, openFilesLimit } from './process-limits.ts';
import { bytesText } from './table.ts';

export interface Finding {
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly seen: string;
  /** What to do about it; null when nothing needs to be done. */
  readonly advice: string | null;
}

const SEED_PORT = 5555;
const FREE_BYTES_MIN = 200 * 1_048_576;
const FILES_WANTED = 4_096;
const FILES_MIN = 256;
const NODES_SHARING_WANTED = 100;

/** Everything that a network needs of this machine, one finding each. Makes no more than the runtime folder that a node would make. */
export async function examine(root: string): Promise<readonly Finding[]> {
  const checks = [
    nodeVersion,
    sqliteBinding,
    zeromqBinding,
    passwordHash,
    seedPort,
    openFiles,
    sharedProcesses,
    rootFolder,
    runtime,
    stalePointers,
    processors,
    terminal,
  ];
  return await Promise.all(
    checks.map(async (check) => {
      try {
        return await check(root);
      } catch (error) {
        return { verdict: 'fail' as const, what: check.name, seen: error instanceof Error ? error.message : String(error), advice: null };
      }
    }),
  );
}

const ok = (what: string, seen: string): Finding => ({ verdict: 'ok', what, seen, advice: null });

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  if (fits) return ok('Node.js', process.versions.node);
  return { verdict: 'fail', what: 'Node.js', seen: process.versions.node, advice: 'Install Node.js 20.19 or newer.' };
}

async function sqliteBinding(): Promise<Finding> {
  const what = 'SQLite with encryption';
  try {
    const { Database } = await import('../adapters/sqlite/binding.ts');
    const database = new Database(':memory:');
    const row = database.prepare('select sqlite_version() as version').get() as { version: string };
    database.close();
    return ok(what, row.version);
  } catch (error) {
    return { verdict: 'fail', what, seen: firstLine(error), advice: errorAdvice('no-sqlite') };
  }
}

async function zeromqBinding(): Promise<Finding> {
  try {
    const zeromq = await import('zeromq');
    const secure = zeromq.capability.curve === true;
    if (secure) return ok('ZeroMQ', `${zeromq.version} with CURVE`);
    return { verdict: 'fail', what: 'ZeroMQ', seen: `${zeromq.version} without CURVE`, advice: 'Run: npm rebuild zeromq' };
  } catch (error) {
    return { verdict: 'fail', what: 'ZeroMQ', seen: firstLine(error), advice: 'Run: npm rebuild zeromq' };
  }
}

async function passwordHash(): Promise<Finding> {
  try {
    await import('@node-rs/argon2');
    return ok('argon2id', 'loads');
  } catch (error) {
    return { verdict: 'fail', what: 'argon2id', seen: firstLine(error), advice: 'Run: npm ci' };
  }
}

async function seedPort(root: string): Promise<Finding> {
  const what = `port ${SEED_PORT} (seed server)`;
  const pointer = await readSeedPointer(root);
  if (pointer !== null) return ok(what, `the seed server of this root runs at ${pointer.url}`);
  const free = await portIsFree(SEED_PORT);
  if (free) return ok(what, 'free');
  return { verdict: 'warn', what, seen: 'taken by another program', advice: 'Use another one: confab seed --port <n>; scenarios take free ports anyway.' };
}

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function openFiles(): Promise<Finding> {
  const what = 'open files (ulimit -n)';
  const limit = await openFilesLimit();
  const text = limit === Number.POSITIVE_INFINITY ? 'unlimited' : String(limit);
  if (limit >= FILES_WANTED) return ok(what, text);
  const advice = `Raise it with: ulimit -n ${FILES_WANTED}; each link of a node takes a few.`;
  return { verdict: limit >= FILES_MIN ? 'warn' : 'fail', what, seen: text, advice };
}

/** A network of hundreds lives in few processes (--per-process), and each process has its limits. */
async function sharedProcesses(): Promise<Finding> {
  const what = 'nodes that can share a process';
  const limit = await openFilesLimit();
  const nodes = nodesPerProcessMax(limit);
  const seen = `${nodes}: ${limit === Number.POSITIVE_INFINITY ? 'any number of' : limit} open files, ${SOCKETS_MAX} ZeroMQ sockets`;
  if (nodes >= NODES_SHARING_WANTED) return ok(what, seen);
  return {
    verdict: 'warn',
    what,
    seen,
    advice: `For --per-process ${NODES_SHARING_WANTED} raise the hard limit: ulimit -Hn ${NODES_SHARING_WANTED * DESCRIPTORS_PER_NODE}`,
  };
}

async function rootFolder(root: string): Promise<Finding> {
  const what = 'data root';
  const folder = await nearestFolder(root);
  for (const each of [folder, join(root, 'nodes'), join(root, 'server_data')]) {
    if (await refuses(each))
      return { verdict: 'fail', what, seen: `${each} cannot be written`, advice: 'Check the permissions, or choose another folder with --root.' };
  }
  const space = await statfs(folder);
  const free = space.bavail * space.bsize;
  if (free >= FREE_BYTES_MIN) return ok(what, `${root} can be written, ${bytesText(free)} free`);
  return {
    verdict: free === 0 ? 'fail' : 'warn',
    what,
    seen: `${bytesText(free)} free in ${root}`,
    advice: 'Free some space; a node that cannot store stops acknowledging.',
  };
}

/** The folder itself, or the parent in which it would be made. */
async function nearestFolder(folder: string): Promise<string> {
  for (let each = folder; ; each = dirname(each)) {
    const there = await access(each).then(
      () => true,
      () => false,
    );
    if (there || each === dirname(each)) return each;
  }
}

async function refuses(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

async function runtime(): Promise<Finding> {
  const { runtimeFolder } = await import('../adapters/system/runtime-folder.ts');
  return ok('runtime folder for sockets', runtimeFolder());
}

async function stalePointers(root: string): Promise<Finding> {
  const nodes = await listNodes(root);
  const stale = nodes.filter((node) => node.state === 'stale').map((node) => node.node);
  const silent = nodes.filter((node) => node.state === 'silent').map((node) => node.node);
  if (silent.length > 0) return { verdict: 'warn', what: 'nodes', seen: `no answer from ${silent.join(', ')}`, advice: 'End them with: confab stop' };
  if (stale.length > 0)
    return {
      verdict: 'warn',
      what: 'nodes',
      seen: `killed and not started again: ${stale.join(', ')}`,
      advice: 'confab stop clears this away; confab node <name> starts one again.',
    };
  return ok('nodes', `${nodes.filter((node) => node.state === 'running').length} running, ${nodes.length} known`);
}

function processors(): Finding {
  const count = cpus().length;
  return ok('machine', `${count} processor${count === 1 ? '' : 's'}, ${bytesText(freemem())} memory free, ${process.platform} ${process.arch}`);
}

function terminal(): Finding {
  const what = 'terminal';
  const locale = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
  const unicode = /utf-?8/i.test(locale);
  if (process.stdout.isTTY !== true) return ok(what, 'not a terminal: plain output is used');
  const size = `${process.stdout.columns} x ${process.stdout.rows}, ${process.env['TERM'] ?? 'TERM is not set'}`;
  if (unicode) return ok(what, `${size}, Unicode`);
  return { verdict: 'warn', what, seen: `${size}, no UTF-8 locale`, advice: 'Set LANG to a UTF-8 locale for signs and other scripts; --plain works without.' };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
