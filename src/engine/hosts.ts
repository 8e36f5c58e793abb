import { connectControl, type SocketControlClient } from '../control/client.ts';
import { ConfabError } from '../core/errors.ts';
import { HOST_ORDERS, type NodeOrder } from './node-order.ts';
import { type LifelineProcess, type NodeProcess, type ProcessExit, spawnReady } from './spawn.ts';

/** How Node.js is started for a process of many nodes: it may use threads and memory as any server does, and what dies young has room. */
const HOST_EXEC_ARGS = ['--max-old-space-size=8192', '--max-semi-space-size=64'];
/**
 * Threads that wait for disks and hash passwords, four by default. Each node has its own files to sync, a file system writes many that
 * ask together at once, and passwords must not queue behind all of them. Few of the threads ever work at the same time.
 */
const HOST_ENVIRONMENT = Object.freeze({ UV_THREADPOOL_SIZE: '16' });
const READY_MILLIS = 30_000;
/** Starting is opening databases: one after the other, and many may be asked for at once. */
const START_MILLIS = 120_000;
const CONNECTION_MILLIS = 10_000;
/** A process that opens the files of a hundred nodes answers late, ms. */
export const SHARED_COMMAND_MILLIS = 120_000;
/** A node that hands over in a busy process takes longer than one by itself, and its folder is free only when it is gone. */
const END_PATIENCE = 8;
/** The same for a process, all of whose nodes hand over at once. */
const PROCESS_PATIENCE = 4;

export interface HostsOptions {
  readonly root: string;
  readonly mainPath: string;
  /** Nodes that one process takes. */
  readonly perProcess: number;
  /** A process group of its own: Ctrl-C in the terminal that this process has does not reach it. */
  readonly ownGroup?: boolean;
}

interface Host {
  readonly process: LifelineProcess;
  readonly client: SocketControlClient;
  readonly nodes: Map<string, PackedNode>;
}

/**
 * Processes that run many nodes each.
 *
 * Invariants
 * 1. A process takes at most `perProcess` names, and a name stays where it first was, so that its neighbours do.
 * 2. Every process holds a lifeline to this one.
 */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #hosts: Array<Promise<Host>> = [];
  readonly #placeOf = new Map<string, number>();

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  async start(order: NodeOrder): Promise<PackedNode> {
    const host = await this.#hostFor(order.node);
    const answer = await host.client.call(HOST_ORDERS.startNode, { ...order }, START_MILLIS);
    const node = new PackedNode(order.node, host.process, answer as Readonly<Record<string, unknown>>);
    host.nodes.set(order.node, node);
    return node;
  }

  /** Of the busiest process: for which share of the last moment it has worked, 0 to 1. Rejects when one does not answer. */
  async busy(): Promise<number> {
    const hosts = await Promise.all(this.#hosts);
    const answers = await Promise.all(hosts.map(({ client }) => client.call(HOST_ORDERS.busy, {}, SHARED_COMMAND_MILLIS)));
    return Math.max(0, ...answers.map((answer) => Number((answer as { readonly share?: unknown }).share)));
  }

  /** Ends every process, and what runs in it, in order. */
  async end(graceMillis: number): Promise<void> {
    const hosts = await Promise.allSettled(this.#hosts);
    await Promise.all(
      hosts.map(async (result) => {
        if (result.status === 'rejected') return;
        await result.value.process.end(PROCESS_PATIENCE * graceMillis);
        result.value.client.close();
      }),
    );
  }

  #hostFor(node: string): Promise<Host> {
    let place = this.#placeOf.get(node);
    if (place === undefined) {
      place = Math.floor(this.#placeOf.size / this.#options.perProcess);
      this.#placeOf.set(node, place);
    }
    const host = this.#hosts[place] ?? this.#spawn();
    this.#hosts[place] = host;
    return host;
  }

  async #spawn(): Promise<Host> {
    const { root, mainPath, ownGroup = false } = this.#options;
    const args = ['--root', root, '--json', 'host', '--lifeline'];
    const started = { args, mainPath, what: 'A process for nodes', readyMillis: READY_MILLIS, execArgs: HOST_EXEC_ARGS, ownGroup };
    const process = await spawnReady({ ...started, environment: HOST_ENVIRONMENT });
    const client = await connectControl(String(process.ready['socket']), { connectMillis: CONNECTION_MILLIS });
    const nodes = new Map<string, PackedNode>();
    client.onEvent((event) => {
      const { type, node, end } = event as { readonly type?: unknown; readonly node?: unknown; readonly end?: unknown };
      if (type !== HOST_ORDERS.nodeEnded) return;
      nodes.get(String(node))?.ended({ status: end === 'crashed' ? 3 : 0, signal: null });
    });
    void process.exited.then((exit) => {
      for (const node of nodes.values()) node.ended(exit);
    });
    return { process, client, nodes };
  }
}

/** A node among others in a process, as far as it can be treated like a process of its own. */
export class PackedNode implements NodeProcess {
  readonly ready: Readonly<Record<string, unknown>>;
  readonly exited: Promise<ProcessExit>;
  readonly #name: string;
  readonly #host: LifelineProcess;
  #settle: (exit: ProcessExit) => void = () => {};
  #over = false;

  constructor(name: string, host: LifelineProcess, ready: Readonly<Record<string, unknown>>) {
    this.#name = name;
    this.#host = host;
    this.ready = ready;
    this.exited = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  /** That of the process. */
  get pid(): number {
    return this.#host.pid;
  }

  get running(): boolean {
    return !this.#over && this.#host.running;
  }

  lastLines(): readonly string[] {
    return this.#host.lastLines();
  }

  /** A signal reaches a whole process, and others live in this one; to go on is what it does anyway. */
  signal(name: NodeJS.Signals): boolean {
    if (name === 'SIGCONT') return this.running;
    throw new ConfabError('bad-arguments', { command: 'run', reason: sayShared(this.#name) });
  }

  /** It was asked to stop on its control socket; there is no harder way. Resolves when it is gone or the time is over. */
  async end(graceMillis: number): Promise<ProcessExit> {
    const late = new Promise<ProcessExit>((resolve) => setTimeout(() => resolve({ status: null, signal: null }), END_PATIENCE * graceMillis).unref());
    return await Promise.race([this.exited, late]);
  }

  ended(exit: ProcessExit): void {
    this.#over = true;
    this.#settle(exit);
  }
}

/** Why a node that shares its process cannot be killed or paused. */
export function sayShared(node: string): string {
  return `${node} shares its process with other nodes, so it cannot be killed or paused alone; play this without --per-process, or stop the node in order`;
}
