import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { broadcastAddressOf, listAddresses } from '../adapters/beacon/interfaces.ts';
import { type NodePointer, nodeFolder } from '../control/locate.ts';
import type { NodeNameParts } from '../control/node-name.ts';
import type { NodeInfo } from '../core/commands.ts';
import { isSeedKey } from '../core/directory/seed-proof.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import { ConfabError, isErrorCode } from '../core/errors.ts';
import { CORE_OPTIONS, type CoreOptions } from '../core/options.ts';
import type { Endpoint } from '../core/types.ts';
import { argsOf } from '../engine/node-order.ts';
import type { DriverEnd, NodeDriver } from '../node/driver.ts';
import { watchLife } from '../node/life.ts';
import { startLiveNode } from './compose-node.ts';
import type { CliContext } from './context.ts';
import { printFailure } from './fail.ts';
import { loadConduct } from './load-conduct.ts';

export interface NodeProcessOptions {
  readonly name: NodeNameParts;
  /** Null: no seed server. */
  readonly seedUrl: string | null;
  readonly network: string;
  readonly peers: readonly string[];
  readonly port: number;
  readonly beacon: boolean;
  /** IPv4 address of this machine. */
  readonly interfaceAddress: string;
  readonly traceFile: string | null;
  readonly traceFrames: boolean;
  readonly recordFile: string | null;
  /** JSON object: options of the core that differ from the defaults. */
  readonly coreOptions: string;
  /** JSON file: what is wrong from the start on. */
  readonly faultsFile: string | null;
  /** How a node behaves that does not play by the rules; null: it does. */
  readonly conduct: string | null;
  /** Module of a program that runs in place of the chat node; null: the chat node. */
  readonly program: string | null;
  readonly lifeline: boolean;
  readonly login: boolean;
  readonly passwordStdin: boolean;
}

/** Runs a node until it is told to end; gives the exit status. Everything that can be wrong with the options is said before a folder is made. */
export async function runNodeProcess(context: CliContext, options: NodeProcessOptions): Promise<number> {
  try {
    return await runNode(context, options);
  } finally {
    // An open stdin would keep a process alive that has nothing more to do.
    if (options.lifeline || options.passwordStdin) process.stdin.destroy();
  }
}

async function runNode(context: CliContext, options: NodeProcessOptions): Promise<number> {
  const { node, user, label } = options.name;
  process.title = `confab node ${node}`;
  const peers = options.peers.map(requireEndpoint);
  requireUrl(options.seedUrl);
  requireNetwork(options.network);
  requireInterface('node', options.interfaceAddress);
  const password = options.login ? await askPassword(user, options.passwordStdin) : null;
  const conduct = options.conduct === null ? null : await loadConduct(options.conduct);
  const faults = options.faultsFile === null ? null : (await import('./given-faults.ts')).readGivenFaults(options.faultsFile);
  const folder = nodeFolder(context.root, node);
  const module = options.program === null ? null : await (await import('./load-program.ts')).loadProgram(options.program, options.program);
  const live = await startLiveNode({
    faults,
    conduct,
    started: startedLike(context.root, options),
    name: options.name,
    ...(module === null ? {} : { program: module.program }),
    folder,
    settings: {
      network: options.network,
      user,
      label,
      peers,
      seedServer: options.seedUrl !== null,
      beacon: options.beacon,
      options: parseCoreOptions(options.coreOptions),
    },
    interfaceAddress: options.interfaceAddress,
    seedUrl: options.seedUrl,
    port: options.port,
    traceFrames: options.traceFrames,
    traceFile: options.traceFile === null ? null : resolve(options.traceFile),
    recordFile: options.recordFile === null ? null : resolve(options.recordFile),
    runs: { program: options.program === null ? null : resolve(options.program), conduct: options.conduct },
  });
  watchLife({
    stop: (reason) => {
      live.log.info({ reason }, 'asked to end');
      void live.driver.stop();
    },
    failed: (error) => {
      live.log.error({ reason: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack : undefined }, 'uncaught');
      printFailure(error, context);
    },
    lifeline: options.lifeline ? process.stdin : null,
  });
  try {
    if (password !== null) await logIn(live.driver, password);
    announce(context, node, live);
  } catch (error) {
    await live.driver.stop();
    await live.ended;
    throw error;
  }
  const end = await live.ended;
  return await finish(end, folder);
}

/** What brings a node like this one back once its process is gone; it holds no lifeline, and no recording goes on where this one ends. */
function startedLike(root: string, options: NodeProcessOptions): Pick<NodePointer, 'start' | 'conduct'> {
  const { name, conduct, traceFile, port } = options;
  const files = { traceFile: traceFile === null ? null : resolve(traceFile), recordFile: null, faultsFile: null, conduct: null };
  const args = argsOf(root, { ...options, node: name.node, ...files }).filter((each) => each !== '--lifeline');
  return { start: port === 0 ? args : [...args, '--port', String(port)], ...(conduct === null ? {} : { conduct }) };
}

async function askPassword(user: string, fromStdin: boolean): Promise<string> {
  const { obtainPassword } = await import('./stdin.ts');
  return await obtainPassword({ command: 'node', fromStdin, prompt: `Password of ${user}: ` });
}

function announce(context: CliContext, node: string, live: { readonly socket: string; readonly endpoint: string }): void {
  if (context.json) context.printJson({ ready: true, node, pid: process.pid, socket: live.socket, endpoint: live.endpoint });
  else context.print(`${node} listens at ${live.endpoint} (pid ${process.pid}). Ctrl-C ends it.`);
}

/** An account that is gone leaves nothing behind, the folder included. */
async function finish(end: DriverEnd, folder: string): Promise<number> {
  switch (end) {
    case 'stopped':
      return 0;
    case 'retired':
      await rm(folder, { recursive: true, force: true });
      return 0;
    case 'crashed':
      throw new ConfabError('internal', { reason: `the node failed again and again; ${folder}/node.log says why` });
  }
}

/** Logs in where the folder holds an account, else registers; a name that is taken may be this person's on another node. */
async function logIn(driver: NodeDriver, password: string): Promise<void> {
  const info = await driver.command('info', {});
  const known = info.ok && (info.value as NodeInfo).registered;
  const first = known ? null : await driver.command('register', { password });
  if (first?.ok === true) return;
  const result = first === null || first.code === 'name-taken' || first.code === 'already-registered' ? await driver.command('login', { password }) : first;
  if (!result.ok) throw new ConfabError(isErrorCode(result.code) ? result.code : 'internal', result.details);
}

export function requireEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint === null) throw new ConfabError('bad-endpoint', { endpoint: JSON.stringify(text.slice(0, 200)) });
  return endpoint;
}

/** Numbers of known options only; whatever else is written there is a slip of whoever starts this node. */
export function parseCoreOptions(text: string): Partial<CoreOptions> {
  const refuse = () => new ConfabError('bad-arguments', { command: 'node', reason: '--core-options takes a JSON object of known options and numbers' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse();
  }
  if (typeof value !== 'object' || value === null) throw refuse();
  for (const [name, each] of Object.entries(value)) {
    if (!Object.hasOwn(CORE_OPTIONS, name) || typeof each !== 'number') throw refuse();
  }
  return value as Partial<CoreOptions>;
}

function requireUrl(text: string | null): void {
  if (text === null) return;
  if (!URL.canParse(text) || !['http:', 'https:'].includes(new URL(text).protocol)) {
    throw new ConfabError('bad-arguments', { command: 'node', reason: `--seed must be a URL such as http://127.0.0.1:5555` });
  }
  // A mistyped key must not mean that any key will do.
  const [, key] = text.split('#');
  if (key !== undefined && !isSeedKey(key)) {
    throw new ConfabError('bad-arguments', { command: 'node', reason: `what stands behind the # of --seed must be the key that confab seed prints` });
  }
}

/** An address that is none of this machine would only fail later, in words that nobody understands. */
export function requireInterface(command: string, address: string): void {
  if (broadcastAddressOf(address) !== null) return;
  throw new ConfabError('bad-arguments', { command, reason: `--interface must be an IPv4 address of this machine, such as ${listAddresses()}` });
}

function requireNetwork(name: string): void {
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new ConfabError('bad-arguments', { command: 'node', reason: '--network takes 1 to 64 letters, digits, dots, dashes and underscores' });
}
