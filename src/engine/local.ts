import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectControl, type SocketControlClient } from '../control/client.ts';
import { ConfabError } from '../core/errors.ts';
import { type FaultKind, faultsInForce, machineFaultsOf, NO_FAULTS, type NodeFaults } from '../core/faults.ts';
import type { CoreOptions } from '../core/options.ts';
import type { Rule } from '../core/rules.ts';
import type { TraceDetail, TraceEvent } from '../core/trace.ts';
import type { Engine, SeedServerState, StartNodeOptions } from './engine.ts';
import { Gate } from './gate.ts';
import { writeGivenFaults } from './given-faults-file.ts';
import { Hosts, SHARED_COMMAND_MILLIS } from './hosts.ts';
import { JoinPace } from './join-pace.ts';
import { LocalClock } from './local-clock.ts';
import { Brake } from './local-faults.ts';
import { LocalSeedServer } from './local-seed-server.ts';
import { logTail } from './log-tail.ts';
import { mergeTraces } from './merge-trace.ts';
import type { NodeOrder } from './node-order.ts';
import { LocalPeopleFiles } from './people-files.ts';
import { nextRecording, RECORDED_STOP_MILLIS } from './recordings.ts';
import { Search, type SearchFor, type SearchResult, type Secret, searchFolder } from './search.ts';
import { type NodeProcess, type ProcessExit, sayExit, wasAborted } from './spawn.ts';
import { startNodeProcess } from './start-node-process.ts';
import { summarizeTrace } from './trace-summary.ts';
import { Unnamed } from './unnamed.ts';

export interface LocalEngineOptions {
  /** Data root of the run: nodes/, server_data/ and trace/ come to lie in it. It is there already; whoever made it removes it. */
  readonly root: string;
  /** Name of the network, different for each run on one machine. */
  readonly network: string;
  /** Options of the core that the nodes get. */
  readonly coreOptions?: Partial<CoreOptions>;
  /** True: nodes find each other by beacons on the loopback. Default false. */
  readonly beacon?: boolean;
  /** False: nodes write no trace. Default true. */
  readonly traced?: boolean | 'states';
  /** Folder in which every node writes down all that reaches it, a file for each start. */
  readonly recordFolder?: string;
  /** Module of the program that nodes run in place of the chat node. */
  readonly programPath?: string;
  /** Nodes that share a process; default 1: each has its own. */
  readonly perProcess?: number;
  /** The private keys that lie under the data root, for a search that must not find them anywhere else; without it none are looked for. */
  readonly privateKeys?: (root: string, passwords: SearchFor['passwords']) => Promise<readonly Secret[]>;
  /** Main module of the command line; the one beside this file by default. */
  readonly mainPath?: string;
}

interface RunningNode {
  readonly process: NodeProcess;
  readonly client: SocketControlClient;
  readonly brake: Brake;
  /** Somebody asked for its end. */
  ending: boolean;
}

const STOP_MILLIS = 3_000;
const COMMAND_MILLIS = 15_000;
const SPAWNS_AT_ONCE = 8;
const LOG_LINES_SHOWN = 5;
const LOOPBACK = '127.0.0.1';

/**
 * Runs every node as a process of its own, over real sockets and real files.
 *
 * Invariants
 * 1. Every process is a child that holds a lifeline to this one (spawn.ts): none outlives it.
 * 2. After `stop` has resolved, every process that this engine started is gone.
 * 3. A process that ends unasked, other than in order, is reported by `onCrash`.
 */
export class LocalEngine implements Engine {
  readonly name = 'local';
  readonly #options: LocalEngineOptions;
  readonly #clock = new LocalClock();
  readonly #spawnGate = new Gate(SPAWNS_AT_ONCE);
  readonly #joins = new JoinPace(async () => (await this.#hosts?.busy()) ?? 0);
  readonly #nodes = new Map<string, RunningNode>();
  readonly #endpoints = new Map<string, string>();
  /** How each node was started last. */
  readonly #startedWith = new Map<string, StartNodeOptions>();
  /** How often each node was started. */
  readonly #starts = new Map<string, number>();
  readonly #eventListeners: Array<(node: string, event: unknown) => void> = [];
  readonly #crashListeners: Array<(reason: string) => void> = [];
  readonly #notes: TraceEvent[] = [];
  readonly #starting = new Set<Promise<unknown>>();
  readonly #seedServer: LocalSeedServer;
  readonly #faults = new Map<string, NodeFaults>();
  /** Null: each node has a process of its own. */
  readonly #hosts: Hosts | null;
  #rules: readonly Rule[] = [];
  readonly #unnamed = new Unnamed();
  readonly peopleFiles = new LocalPeopleFiles();
  #stopped = false;
  #merged: Promise<TraceEvent[]> | null = null;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    const crashed = (reason: string) => this.#reportCrash(reason);
    const { root, mainPath = ownMainPath(), perProcess = 1 } = options;
    this.#seedServer = new LocalSeedServer({ root, mainPath, crashed });
    this.#hosts = perProcess > 1 ? new Hosts({ root, mainPath, perProcess }) : null;
  }

  now(): number {
    return this.#clock.now();
  }

  async start(): Promise<void> {
    await mkdir(join(this.#options.root, 'trace'), { recursive: true, mode: 0o700 });
    await this.#seedServer.choosePort();
    this.#clock.restart();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clock.end();
    await Promise.allSettled(this.#starting);
    await Promise.allSettled([...this.#nodes.keys()].map((node) => this.#endNode(node)));
    await this.#hosts?.end(STOP_MILLIS);
    await this.#seedServer.stop();
    await this.peopleFiles.end();
  }

  // --- nodes ---

  async startNode(node: string, options: StartNodeOptions = {}): Promise<void> {
    if (this.isRunning(node)) throw new ConfabError('bad-arguments', { command: 'start', reason: `${node} runs already` });
    const spawn = () => this.#spawnNode(node, options);
    const started = this.#hosts === null ? this.#spawnGate.pass(spawn) : this.#joins.start(spawn);
    this.#starting.add(started);
    await started.finally(() => this.#starting.delete(started));
  }

  async #spawnNode(node: string, options: StartNodeOptions): Promise<void> {
    if (this.#stopped) throw new Error('the run is over');
    if (options.emptyDisk === true) {
      await rm(join(this.#options.root, 'nodes', node), { recursive: true, force: true });
      this.record({ type: 'state', subject: 'disk', id: node, to: 'empty' });
    }
    this.#unnamed.forget(node);
    const order = await this.#nodeOrder(node, options);
    const { root, mainPath = ownMainPath() } = this.#options;
    this.#startedWith.set(node, options);
    const process = await (this.#hosts?.start(order) ?? startNodeProcess(root, order, mainPath));
    try {
      const client = await connectControl(String(process.ready['socket']), { timeoutMillis: this.#hosts === null ? COMMAND_MILLIS : SHARED_COMMAND_MILLIS });
      this.#endpoints.set(node, String(process.ready['endpoint']));
      const brake = new Brake({ pid: process.pid, signal: (name) => process.signal(name) });
      this.#adopt(node, { process, client, brake, ending: false });
      // They may have changed while it started.
      await client.call('set-rules', { rules: this.#rules });
      brake.set(this.#faultsOf(node));
    } catch (error) {
      if (this.#hosts === null) process.signal('SIGKILL');
      await process.end(STOP_MILLIS);
      throw error;
    }
  }

  /** Null: this engine never started it. */
  startedWith(node: string): StartNodeOptions | null {
    return this.#startedWith.get(node) ?? null;
  }

  async #nodeOrder(node: string, options: StartNodeOptions): Promise<NodeOrder> {
    const { root, network, coreOptions = {}, traced, beacon, programPath = null, recordFolder } = this.#options;
    return {
      node,
      network,
      seedUrl: options.seedServer === false ? null : this.#seedServer.address,
      peers: options.peers ?? [],
      beacon: (options.beacon ?? beacon) === true,
      interfaceAddress: LOOPBACK,
      traceFile: traced === false ? null : join(root, 'trace', `${node}.ndjson`),
      traceFrames: traced !== 'states',
      recordFile: recordFolder === undefined ? null : nextRecording(recordFolder, node, this.#starts),
      coreOptions: JSON.stringify(coreOptions),
      program: programPath,
      conduct: options.conduct ?? null,
      // Faults hold from the first frame on, so they cannot wait until the node can be asked to suffer them.
      faultsFile: await writeGivenFaults(root, node, { rules: this.#rules, ...machineFaultsOf(this.#faultsOf(node)) }),
    };
  }

  #faultsOf(node: string): NodeFaults {
    return this.#faults.get(node) ?? NO_FAULTS;
  }

  #adopt(node: string, running: RunningNode): void {
    this.#nodes.set(node, running);
    running.client.onEvent((event) => {
      for (const listener of this.#eventListeners) listener(node, event);
      this.#clock.wake();
    });
    void running.process.exited.then((exit) => this.#ended(node, running, exit));
  }

  async #ended(node: string, running: RunningNode, exit: ProcessExit): Promise<void> {
    running.client.close();
    running.brake.release();
    if (this.#nodes.get(node) === running) this.#nodes.delete(node);
    this.#clock.wake();
    // A killed node cannot take its control socket away itself.
    await rm(String(running.process.ready['socket']), { force: true }).catch(() => {});
    // A node ends in order by itself when its account is deleted.
    if (exit.status === 0 || (running.ending && !wasAborted(exit))) return;
    const lines = [...running.process.lastLines(), ...(await logTail(join(this.#options.root, 'nodes', node), LOG_LINES_SHOWN))];
    const tail = lines.length === 0 ? '' : `\nThe last that it said:\n${lines.slice(-LOG_LINES_SHOWN).join('\n')}`;
    this.#reportCrash(`the process of ${node} ended by itself (${sayExit(exit)})${tail}`);
  }

  async stopNode(node: string): Promise<void> {
    this.#require(node);
    await this.#endNode(node);
  }

  async #endNode(node: string): Promise<void> {
    const running = this.#nodes.get(node);
    if (running === undefined) return;
    running.ending = true;
    running.brake.release();
    const graceMillis = this.#options.recordFolder === undefined ? STOP_MILLIS : RECORDED_STOP_MILLIS;
    await running.client.call('stop', {}, graceMillis).catch(() => {});
    await running.process.end(graceMillis);
    this.#nodes.delete(node);
  }

  async killNode(node: string): Promise<void> {
    const running = this.#require(node);
    this.#pauseEnds(node);
    running.process.signal('SIGKILL');
    running.ending = true;
    await running.process.exited;
    running.client.close();
    this.#nodes.delete(node);
    // Killed: it cannot write this itself.
    this.#record(node, { type: 'life', what: 'kill' });
  }

  async crashNode(node: string): Promise<void> {
    this.#require(node).process.signal('SIGKILL');
  }

  #reportCrash(reason: string): void {
    for (const listener of this.#crashListeners) listener(reason);
  }

  onCrash(listener: (reason: string) => void): void {
    this.#crashListeners.push(listener);
  }

  isRunning(node: string): boolean {
    return this.#nodes.get(node)?.process.running === true;
  }

  nodes(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  #require(node: string): RunningNode {
    const running = this.#nodes.get(node);
    if (running === undefined) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return running;
  }

  async command(node: string, name: string, args: Readonly<Record<string, unknown>>, deadlineMillis: number = COMMAND_MILLIS): Promise<unknown> {
    const { client } = this.#require(node);
    const call = () => client.call(name, args, Math.max(deadlineMillis, 1));
    return this.#hosts === null || !this.#joins.isJoin(name) ? call() : this.#joins.join(call);
  }

  onEvent(listener: (node: string, event: unknown) => void): void {
    this.#eventListeners.push(listener);
  }

  // --- seed server ---

  async startSeedServer(conduct: string | null = null): Promise<void> {
    if (this.#stopped) throw new Error('the run is over');
    await this.#seedServer.start(conduct);
  }

  async stopSeedServer(): Promise<void> {
    await this.#seedServer.stop();
  }

  async seedServerState(): Promise<SeedServerState | null> {
    return this.#seedServer.state();
  }

  // --- faults and addresses ---

  async setRules(rules: readonly Rule[]): Promise<void> {
    this.#rules = await this.#unnamed.widen(rules, this.#nodes);
    this.record({ type: 'rule', what: rules.length > 0 ? 'set' : 'cleared', rules: rules.map((rule) => rule.id) });
    await Promise.all([...this.#nodes.values()].map((running) => this.#tell(running, 'set-rules', { rules: this.#rules })));
  }

  refusal(kind: FaultKind): string | null {
    const bySignal = kind === 'pause' || kind === 'slow';
    if (this.#hosts !== null && (bySignal || kind === 'kill')) return 'a signal would reach all nodes that share a process; leave --per-process out';
    return bySignal && process.platform === 'win32' ? 'processes cannot be stopped and continued by signals on this system' : null;
  }

  async setFaults(node: string, faults: NodeFaults): Promise<void> {
    const before = this.#faultsOf(node);
    this.#faults.set(node, faults);
    const running = this.#nodes.get(node);
    if (running === undefined) return this.#pauseEnds(node);
    // It is told while it runs: before a pause begins, after one has ended.
    running.brake.set({ ...faults, paused: faults.paused && before.paused });
    const goesOn = before.paused && !faults.paused;
    const [was, is] = [machineFaultsOf(before), machineFaultsOf(faults)];
    if (goesOn) await running.client.call('set-rules', { rules: this.#rules });
    if (goesOn || JSON.stringify(is) !== JSON.stringify(was)) await this.#tell(running, 'set-faults', { ...is });
    running.brake.set(faults);
  }

  /** A paused node hears of it when it goes on, before anything else that comes then. */
  async #tell(running: RunningNode, command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const told = running.client.call(command, args);
    if (running.brake.paused) told.catch(() => {});
    else await told;
  }

  /** A process that is gone is not paused, nor is the next one. */
  #pauseEnds(node: string): void {
    const faults = this.#faultsOf(node);
    if (faultsInForce(faults).length > 0) this.#faults.set(node, { ...faults, paused: false });
  }

  async endpointOf(node: string): Promise<string> {
    const endpoint = this.#endpoints.get(node);
    if (endpoint === undefined) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return endpoint;
  }

  // --- time ---

  async wait(millis: number): Promise<void> {
    await this.#clock.pass(millis);
  }

  async until(check: () => Promise<string | null>, deadlineMillis: number): Promise<string | null> {
    return this.#clock.until(check, deadlineMillis);
  }

  async parallel(strands: ReadonlyArray<() => Promise<void>>): Promise<void> {
    const results = await Promise.allSettled(strands.map((strand) => strand()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  // --- trace ---

  note(text: string): void {
    this.record({ type: 'note', text });
  }

  record(detail: TraceDetail): void {
    this.#record('runner', detail);
  }

  #record(node: string, detail: TraceDetail): void {
    const count = this.#notes.length + 1;
    const times = { monotonicMillis: this.#clock.now(), wallMillis: this.#clock.wallMillis() };
    this.#notes.push({ id: `runner/1/${count}`, node, logical: count, ...times, detail });
  }

  /** Stores are encrypted also for whoever is logged in, so that no file may hold a text. */
  async search({ secrets, passwords }: SearchFor): Promise<SearchResult> {
    const { root, privateKeys } = this.#options;
    const keys = (await privateKeys?.(root, passwords)) ?? [];
    const search = new Search([...secrets, ...keys], keys.length);
    await searchFolder(root, search);
    return search;
  }

  /** Complete once `stop` has resolved; read once and kept from then on. */
  async trace(): Promise<readonly TraceEvent[]> {
    const merge = () => mergeTraces(join(this.#options.root, 'trace'), this.#notes);
    if (!this.#stopped) return merge();
    this.#merged ??= merge();
    return this.#merged;
  }

  async traceSummary(): Promise<{ readonly events: number; readonly sha256: string }> {
    return summarizeTrace(await this.trace());
  }
}

function ownMainPath(): string {
  return fileURLToPath(new URL('../cli/main.js', import.meta.url));
}
