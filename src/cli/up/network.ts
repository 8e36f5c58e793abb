import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ensureFolder } from '../../adapters/files.ts';
import { type FolderLock, lockFolder } from '../../adapters/sqlite/folder-lock.ts';
import { runtimeFolder, socketPath } from '../../adapters/system/runtime-folder.ts';
import type { SocketControlClient } from '../../control/client.ts';
import { attachNode, locateNode, nodeFolder, nodesFolder, readSeedPointer, seedAddress } from '../../control/locate.ts';
import { ConfabError } from '../../core/errors.ts';
import type { CoreOptions } from '../../core/options.ts';
import { Gate } from '../../engine/gate.ts';
import { Hosts, sayShared } from '../../engine/hosts.ts';
import { JoinPace } from '../../engine/join-pace.ts';
import { keepNodes, type RestartOrder } from '../../engine/keeper.ts';
import { type LifelineProcess, NODE_EXEC_ARGS, type NodeProcess, type ProcessExit, spawnReady } from '../../engine/spawn.ts';
import { networkOf } from '../context.ts';

export interface NetworkOptions {
  readonly root: string;
  readonly users: readonly string[];
  /** Of the seed server; 0 for a free one. */
  readonly port: number;
  readonly mainPath: string;
  /** The nodes also find others nearby by beacons. Default true. */
  readonly beacon?: boolean;
  /** IPv4 address at which the nodes are reached. Default the loopback. */
  readonly interfaceAddress?: string;
  /** Nodes that share a process; default 1: each has its own. */
  readonly perProcess?: number;
  /** Options of the core that the nodes get where they share processes. */
  readonly coreOptions?: Partial<CoreOptions>;
  /** What has come up, as it comes up. */
  readonly progress: (upNow: readonly string[]) => void;
  /** Everything that this network started was ended in order by somebody else. */
  readonly endedOutside: () => void;
}

interface OwnNode {
  readonly process: NodeProcess;
  exit: ProcessExit | null;
}

const READY_MILLIS = 20_000;
const STOP_MILLIS = 4_000;
/** Nodes that are started at the same time: more would only make each of them late. */
const STARTS_AT_ONCE = 8;
const SETTLE_MILLIS = 300;
const RETRY_MILLIS = 250;
const RETRIES_MAX = 20;
const HEALTH_MILLIS = 1_500;
/** Its name is none of a node. */
const LOCK_FOLDER = '.up';
const SEED_SERVER = 'seed server';
const NO_FILES = { recordFile: null, program: null, faultsFile: null };

/**
 * A seed server and a node process for each user, started by this process.
 *
 * Invariants
 * 1. What this network starts holds a lifeline to this process, so it cannot outlive it.
 * 2. What ran before is used and never ended.
 * 3. One such network at a time in a data root.
 */
export class UpNetwork {
  readonly #options: NetworkOptions;
  readonly #nodes = new Map<string, OwnNode>();
  readonly #up: string[] = [];
  readonly #starts = new Gate(STARTS_AT_ONCE);
  readonly #pace = new JoinPace(async () => (await this.#hosts?.busy()) ?? 0);
  /** Nodes that are started again by order, or were: nobody else starts them meanwhile. */
  readonly #restarting = new Map<string, Promise<void>>();
  #lock: FolderLock | null = null;
  #endKeeping: (() => Promise<void>) | null = null;
  #seedServer: LifelineProcess | null = null;
  #seedUrl = '';
  #stopping = false;
  /** Null: each node has a process of its own. */
  readonly #hosts: Hosts | null;

  constructor(options: NetworkOptions) {
    this.#options = options;
    const { root, mainPath, perProcess = 1 } = options;
    this.#hosts = perProcess > 1 ? new Hosts({ root, mainPath, perProcess, ownGroup: true }) : null;
  }

  get seedUrl(): string {
    return this.#seedUrl.split('#')[0] as string;
  }

  /** Rejects with `folder-locked` (a network runs here), `port-taken` or `not-started`; what was started until then is ended. */
  async start(): Promise<void> {
    const { root, users } = this.#options;
    ensureFolder(nodesFolder(root));
    this.#lock = lockRoot(root);
    try {
      this.#seedUrl = await this.#obtainSeedServer();
      if (this.#stopping) return void (await this.#seedServer?.end(STOP_MILLIS));
      this.#came(SEED_SERVER);
      const started = await Promise.allSettled(users.map((user) => this.#inTurn(() => this.#obtainNode(user))));
      const failed = started.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      // Ended while it started: a socket that was opened now would keep this process.
      if (this.#stopping) return;
      const endKeeping = await keepNodes(root, socketPath(runtimeFolder(), `n${process.pid}`), { restart: (order) => this.#restartNode(order) });
      if (this.#stopping) await endKeeping();
      else this.#endKeeping = endKeeping;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #inTurn(start: () => Promise<void>): Promise<void> {
    await (this.#hosts === null ? this.#starts.pass(start) : this.#pace.start(start));
  }

  /** Lets somebody log in when the processes can take it. */
  async join(logIn: () => Promise<void>): Promise<void> {
    await (this.#hosts === null ? logIn() : this.#pace.join(logIn));
  }

  #came(what: string): void {
    this.#up.push(what);
    this.#options.progress(this.#up);
  }

  async #obtainSeedServer(): Promise<string> {
    const { root, port, mainPath } = this.#options;
    const running = await seedServerOf(root);
    if (running !== null) return running;
    if (port !== 0 && !(await isFree(port))) throw new ConfabError('port-taken', { port });
    const args = ['--root', root, '--json', 'seed', '--port', String(port), '--lifeline'];
    const server = await started('The seed server', () =>
      spawnReady({ args, mainPath, what: 'The seed server', readyMillis: READY_MILLIS, execArgs: NODE_EXEC_ARGS, ownGroup: true }),
    );
    this.#seedServer = server;
    void server.exited.then(() => this.#lookWhetherEnded());
    return seedAddress({ url: String(server.ready['url']), key: String(server.ready['key']) });
  }

  async #obtainNode(user: string): Promise<void> {
    if (this.#stopping) return;
    if (!(await runsFor(this.#options.root, user))) await this.#spawnNode(user);
    this.#came(user);
  }

  /** Tries again while the folder is held: the node of a network that has just ended lets go of it in a moment. */
  async #spawnNode(user: string, conduct: string | null = null): Promise<void> {
    const { root, mainPath, beacon = true, interfaceAddress = '127.0.0.1', coreOptions = {} } = this.#options;
    const what = `The node of ${user}`;
    const nearby = [beacon ? '--beacon' : '--no-beacon', '--interface', interfaceAddress];
    const args = ['--root', root, '--json', 'node', user, '--seed', this.#seedUrl, '--lifeline', ...nearby];
    if (conduct !== null) args.push('--conduct', conduct);
    const order = {
      node: user,
      conduct,
      network: networkOf(root, process.env['CONFAB_NETWORK']),
      seedUrl: this.#seedUrl,
      peers: [],
      beacon,
      interfaceAddress,
      traceFile: null,
      traceFrames: true,
      coreOptions: JSON.stringify(coreOptions),
      ...NO_FILES,
    };
    const spawn = (): Promise<NodeProcess> =>
      this.#hosts?.start(order) ?? spawnReady({ args, mainPath, what, readyMillis: READY_MILLIS, execArgs: NODE_EXEC_ARGS, ownGroup: true });
    for (let tried = 0; ; tried += 1) {
      if (this.#stopping) return;
      try {
        const process = await started(what, spawn);
        const node: OwnNode = { process, exit: null };
        this.#nodes.set(user, node);
        void process.exited.then((exit) => {
          node.exit = exit;
          this.#lookWhetherEnded();
        });
        if (this.#stopping && this.#hosts === null) await process.end(STOP_MILLIS);
        return;
      } catch (error) {
        if (tried >= RETRIES_MAX || !/is in use by process/.test(String(error))) throw error;
        await pause(RETRY_MILLIS);
      }
    }
  }

  /** False when this network did not start that node. Rejects with `bad-arguments` where it shares its process. */
  async #restartNode({ node, emptyDisk, conduct }: RestartOrder): Promise<boolean> {
    const own = this.#nodes.get(node);
    if (own === undefined || this.#stopping) return false;
    if (this.#hosts !== null) throw new ConfabError('bad-arguments', { command: 'fault', reason: sayShared(node) });
    const restarted = this.#killAndSpawn(own.process, { node, emptyDisk, conduct });
    this.#restarting.set(
      node,
      restarted.catch(() => {}),
    );
    await restarted;
    return true;
  }

  async #killAndSpawn(process: NodeProcess, { node, emptyDisk, conduct }: RestartOrder): Promise<void> {
    process.signal('SIGKILL');
    await process.exited;
    if (emptyDisk) await rm(nodeFolder(this.#options.root, node), { recursive: true, force: true });
    await this.#spawnNode(node, conduct);
  }

  /** Somebody said `confab stop` elsewhere: then there is nothing left to show here. */
  #lookWhetherEnded(): void {
    if (this.#stopping || this.#seedServer?.running === true || this.#nodes.size === 0) return;
    const nodes = [...this.#nodes.values()];
    if (nodes.every(({ exit }) => exit !== null && exit.status === 0)) this.#options.endedOutside();
  }

  /** Attaches to a node, whoever runs it. Rejects with `no-node` when none runs. */
  async attach(user: string): Promise<SocketControlClient> {
    return await attachNode(this.#options.root, user);
  }

  /**
   * The same, and starts the node again when it was killed or its account was deleted;
   * one that somebody stopped stays as it is until somebody starts it.
   */
  async attachOrStart(user: string): Promise<SocketControlClient> {
    const { root } = this.#options;
    await this.#restarting.get(user);
    const own = this.#nodes.get(user);
    const ended = own?.exit ?? null;
    const stoppedByChoice = ended !== null && ended.status === 0 && existsSync(nodeFolder(root, user));
    if (ended !== null && !stoppedByChoice && !this.#stopping && (await locateNode(root, user)).state !== 'running') await this.#spawnNode(user);
    return await this.attach(user);
  }

  /** Ends what this network started, the seed server last. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#restarting.values());
    await this.#endKeeping?.();
    if (this.#hosts === null) await Promise.all([...this.#nodes.values()].map(({ process }) => process.end(STOP_MILLIS)));
    await this.#hosts?.end(STOP_MILLIS);
    await this.#seedServer?.end(STOP_MILLIS);
    this.#lock?.release();
  }
}

function lockRoot(root: string): FolderLock {
  try {
    return lockFolder(join(nodesFolder(root), LOCK_FOLDER));
  } catch (error) {
    if (error instanceof ConfabError && error.code === 'folder-locked') throw new ConfabError('folder-locked', { ...error.details, folder: root });
    throw error;
  }
}

/** The URL of the seed server that serves this root, with its key, or null. It must still be there a moment later: it may be on its way out. */
async function seedServerOf(root: string): Promise<string | null> {
  const pointer = await readSeedPointer(root);
  if (pointer === null || !(await isHealthy(pointer.url))) return null;
  await pause(SETTLE_MILLIS);
  return (await isHealthy(pointer.url)) ? seedAddress(pointer) : null;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTH_MILLIS) })).ok;
  } catch {
    return false;
  }
}

async function runsFor(root: string, user: string): Promise<boolean> {
  if ((await locateNode(root, user)).state !== 'running') return false;
  await pause(SETTLE_MILLIS);
  return (await locateNode(root, user)).state === 'running';
}

/** What kept a process from starting, as an error with advice. */
async function started<Value>(what: string, start: () => Promise<Value>): Promise<Value> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof ConfabError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfabError('not-started', { what, reason: message.replace(/^.*? did not start: /, '') });
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
