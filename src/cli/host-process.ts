import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Argon2Deriver } from '../adapters/crypto/argon2.ts';
import { SharedCrypto } from '../adapters/crypto/shared-crypto.ts';
import { ensureFolder } from '../adapters/files.ts';
import { Neighbourhood } from '../adapters/zeromq/neighbourhood.ts';
import { nodeFolder, nodesFolder } from '../control/locate.ts';
import { parseNodeName } from '../control/node-name.ts';
import { failureOf } from '../control/server.ts';
import type { CommandResult } from '../core/env.ts';
import { HOST_ORDERS, type NodeOrder } from '../engine/node-order.ts';
import { watchLife } from '../node/life.ts';
import { openSharedLog } from '../node/log.ts';
import { LoopLoad } from '../node/loop-load.ts';
import { SharedControl } from '../node/shared-control.ts';
import { type LiveNode, makeSocketPath, type SharedParts, startLiveNode } from './compose-node.ts';
import type { CliContext } from './context.ts';
import { printFailure } from './fail.ts';
import { readGivenFaults } from './given-faults.ts';
import { loadConduct } from './load-conduct.ts';
import { loadProgram } from './load-program.ts';
import { parseCoreOptions, requireEndpoint } from './node-process.ts';

/** Passwords that wait for their hash: everybody of the process may log in at once. */
const PASSWORDS_WAITING_MAX = 4_096;
/** All nodes of the process hand over at once; on a machine that is busy with other things that takes long, but not for ever, ms. */
const ENDING_MILLIS_MAX = 60_000;
/** What a shell sees of a process that ended by a failure of its own. */
const INTERNAL_STATUS = 3;
/** Logs of such processes lie here; the name is none of a node. */
const LOG_FOLDER = '.hosts';

/**
 * A process that runs many nodes: one log, one control socket, small caches, short ways between them. Nodes are started by
 * orders on the control socket; the process ends with its lifeline, in order.
 */
export async function runHostProcess(context: CliContext, { lifeline }: { readonly lifeline: boolean }): Promise<number> {
  process.title = 'confab nodes';
  const folder = join(nodesFolder(context.root), LOG_FOLDER);
  ensureFolder(folder);
  const host = new Host(context, join(folder, `${process.pid}.log`));
  const socket = makeSocketPath();
  await host.open(socket);
  watchLife({
    stop: (reason) => host.stop(reason),
    failed: (error) => {
      host.log.error({ reason: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack : undefined }, 'uncaught');
      printFailure(error, context);
    },
    lifeline: lifeline ? process.stdin : null,
  });
  context.printJson({ ready: true, pid: process.pid, socket });
  await host.ended;
  if (lifeline) process.stdin.destroy();
  return 0;
}

class Host {
  readonly ended: Promise<void>;
  readonly #context: CliContext;
  readonly #sharedLog: ReturnType<typeof openSharedLog>;
  readonly #nodes = new Map<string, LiveNode>();
  readonly #load = new LoopLoad();
  readonly #parts: Omit<SharedParts, 'control'>;
  #control: SharedControl | null = null;
  #starting = 0;
  #stopping = false;
  #settle: () => void = () => {};

  constructor(context: CliContext, logFile: string) {
    this.#context = context;
    this.#sharedLog = openSharedLog(logFile);
    this.#parts = { crypto: new SharedCrypto(), log: this.#sharedLog, keyDeriver: new Argon2Deriver(PASSWORDS_WAITING_MAX), neighbours: new Neighbourhood() };
    this.ended = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  get log() {
    return this.#sharedLog.of('');
  }

  async open(socketPath: string): Promise<void> {
    const onDropped = (reason: string) => this.log.warn({ reason }, 'a client of the control interface was dropped');
    this.#control = await SharedControl.open({ socketPath, onDropped, order: (order, args) => this.#order(order, args) });
  }

  stop(reason: string): void {
    this.log.info({ reason }, 'asked to end');
    this.#stopping = true;
    // Whoever started this process may be gone, and nobody else would end it. What is durable is as safe as after a kill.
    setTimeout(() => {
      this.log.error({ nodes: this.#nodes.size }, 'nodes did not end in time');
      process.exit(INTERNAL_STATUS);
    }, ENDING_MILLIS_MAX).unref();
    for (const live of this.#nodes.values()) void live.driver.stop();
    void this.#endIfIdle();
  }

  async #order(order: string, args: Readonly<Record<string, unknown>>): Promise<CommandResult> {
    if (order === HOST_ORDERS.busy) return { ok: true, value: { share: this.#load.share } };
    if (order !== HOST_ORDERS.startNode) return { ok: false, code: 'bad-arguments', details: { command: order, reason: 'this process only starts nodes' } };
    try {
      return { ok: true, value: await this.#startNode(args as unknown as NodeOrder) };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #startNode(order: NodeOrder): Promise<{ readonly socket: string; readonly endpoint: string }> {
    const name = parseNodeName(order.node);
    this.#starting += 1;
    try {
      const module = order.program === null ? null : await loadProgram(order.program, order.program);
      const live = await startLiveNode({
        name,
        ...(module === null ? {} : { program: module.program }),
        folder: nodeFolder(this.#context.root, name.node),
        settings: {
          network: order.network,
          user: name.user,
          label: name.label,
          peers: order.peers.map(requireEndpoint),
          seedServer: order.seedUrl !== null,
          beacon: order.beacon,
          options: parseCoreOptions(order.coreOptions),
        },
        interfaceAddress: order.interfaceAddress,
        seedUrl: order.seedUrl,
        port: 0,
        traceFrames: order.traceFrames,
        traceFile: order.traceFile === null ? null : resolve(order.traceFile),
        recordFile: order.recordFile === null ? null : resolve(order.recordFile),
        runs: { program: order.program === null ? null : resolve(order.program), conduct: order.conduct },
        faults: order.faultsFile === null ? null : readGivenFaults(order.faultsFile),
        conduct: order.conduct === null ? null : await loadConduct(order.conduct),
        ...(order.conduct === null ? {} : { started: { conduct: order.conduct } }),
        shared: { ...this.#parts, control: this.#control as SharedControl },
      });
      this.#nodes.set(name.node, live);
      void live.ended.then((end) => this.#nodeEnded(name.node, live, end));
      if (this.#stopping) void live.driver.stop();
      return { socket: live.socket, endpoint: live.endpoint };
    } finally {
      this.#starting -= 1;
    }
  }

  /** An account that is gone leaves nothing behind, the folder included. */
  async #nodeEnded(node: string, live: LiveNode, end: string): Promise<void> {
    if (end === 'retired') await rm(nodeFolder(this.#context.root, node), { recursive: true, force: true });
    if (this.#nodes.get(node) === live) this.#nodes.delete(node);
    this.#control?.tell({ type: HOST_ORDERS.nodeEnded, node, end });
    await this.#endIfIdle();
  }

  /** A process whose starter waits for orders goes on without nodes; one that was asked to end goes with the last. */
  async #endIfIdle(): Promise<void> {
    if (!this.#stopping || this.#nodes.size > 0 || this.#starting > 0) return;
    await this.#control?.stop();
    this.#load.end();
    this.#sharedLog.close();
    this.#settle();
  }
}
