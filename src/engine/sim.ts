import { parseNodeName } from '../control/node-name.ts';
import { validateCommand } from '../control/validate.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import { formatEndpoint } from '../core/endpoint.ts';
import type { CommandResult, Env, Program } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import { type MachineFaultSettings, machineFaultsOf, NO_FAULTS, type NodeFaults } from '../core/faults.ts';
import type { Frame } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import type { CoreOptions } from '../core/options.ts';
import type { Rule } from '../core/rules.ts';
import type { TraceDetail, TraceEvent } from '../core/trace.ts';
import { conductNamed } from '../lab/conducts.ts';
import { frameBytes } from '../lab/lab-node.ts';
import { seedConductNamed } from '../lab/lying-seed-server.ts';
import type { FrameCodec } from '../ports/ports.ts';
import { HostedNode } from '../sim/hosted-node.ts';
import { type HostedEnd, Hosting, type HostingWatcher } from '../sim/hosting.ts';
import type { Latency } from '../sim/network.ts';
import { Services } from '../sim/services.ts';
import { World } from '../sim/world.ts';
import type { Engine, SeedServerState, StartNodeOptions } from './engine.ts';
import { type PeopleFiles, SimulatedPeopleFiles } from './people-files.ts';
import { FrameLog, Search, type SearchFor, type SearchResult } from './search.ts';
import { requireEndpoint, valueOrError } from './sim-answers.ts';
import { searchSimulation } from './sim-search.ts';
import { summarizeTrace } from './trace-summary.ts';
import { VirtualWaiting, type Waiting } from './virtual-waiting.ts';

export interface SimEngineOptions {
  readonly seed: number | string;
  readonly capabilities: {
    readonly crypto: Crypto;
    readonly codec: Codec;
    /** Given: every frame is encoded and decoded, and stores keep bytes. Slower; proves the codec. */
    readonly frameCodec?: FrameCodec;
  };
  /** Default `sim`. */
  readonly network?: string;
  readonly coreOptions?: Partial<CoreOptions>;
  /** One way, ms; default 1 to 5. */
  readonly latency?: Latency;
  /** Share of frames that are lost; default 0. */
  readonly lossProbability?: number;
  /** True: nodes find each other by beacons. Default false. */
  readonly beacon?: boolean;
  /** Default true. Without a trace, large runs are faster and need less memory; `states` leaves out frames, which checkers do not need. */
  readonly traced?: boolean | 'states';
  /** True: what nodes send is kept for `search`, and users' stores are sealed as on a real disk. Default false. */
  readonly searchable?: boolean;
  /** The program of each node; default the chat node. */
  readonly program?: (env: Env<Frame>, settings: ChatNodeOptions) => Program<Frame>;
}

interface Entry {
  node: HostedNode<Frame>;
  settings: ChatNodeOptions;
  /** Grows when the disk is thrown away, since the node's keys go with it. */
  generation: number;
  /** The account was deleted: the folder is gone. */
  retired: boolean;
  /** How a chat node behaves that does not play by the rules; null: it does. */
  conduct: string | null;
}

interface OpenCommand {
  readonly node: string;
  readonly waiting: Waiting;
  result: CommandResult | null;
}

const COMMAND_MILLIS = 15_000;
const CHECK_MILLIS = 100;
/** What a process needs until its control interface answers; in the simulator a token, ms. */
const START_MILLIS = 1;
const STOP_MILLIS = 5_000;

/** Plays a network in virtual time: one thread, no sockets, no files; the same seed gives the same run. */
export function simEngine(options: SimEngineOptions): SimEngine {
  return new SimEngine(options);
}

export class SimEngine implements Engine, HostingWatcher {
  readonly name = 'sim';
  readonly world: World;
  readonly #options: SimEngineOptions;
  readonly #waiting: VirtualWaiting;
  readonly #services: Services;
  readonly peopleFiles: PeopleFiles;
  readonly #hosting: Hosting<Frame>;
  readonly #entries = new Map<string, Entry>();
  readonly #commands = new Map<string, OpenCommand>();
  readonly #stops = new Map<string, Waiting>();
  readonly #listeners: Array<(node: string, event: unknown) => void> = [];
  readonly #events: TraceEvent[] = [];
  readonly #frames: FrameLog | null;
  readonly #crashListeners: Array<(reason: string) => void> = [];
  /** What outlasts a process and a disk: the faults of the machine that a node runs on. */
  readonly #faults = new Map<string, NodeFaults>();
  #requestCount = 0;
  #eventCount = 0;
  #traceCount = 0;
  #stopped = false;

  constructor(options: SimEngineOptions) {
    const { seed, latency, lossProbability, capabilities } = options;
    const { crypto, codec, frameCodec } = capabilities;
    this.#options = options;
    this.#frames = options.searchable === true ? new FrameLog() : null;
    this.world = new World({
      seed,
      ...(latency === undefined ? {} : { latency }),
      ...(lossProbability === undefined ? {} : { lossProbability }),
      traceFrames: options.traced !== 'states',
      traceSink: options.traced === false ? null : (event) => this.#events.push(event),
    });
    this.#waiting = this.world.settle((index) => new VirtualWaiting(index, this.world));
    this.#services = this.world.settle((index) => new Services(index, { world: this.world, crypto, codec }));
    this.peopleFiles = new SimulatedPeopleFiles(this.#services.files);
    this.#hosting = new Hosting<Frame>({
      world: this.world,
      crypto,
      codec,
      services: this.#services,
      watcher: this,
      frameName: (frame) => `${frame.run}/f${frame.count}`,
      bytesOf: (frame) => frameBytes(frame, codec),
      ...(frameCodec === undefined ? {} : { messageCodec: frameCodec, storeCodec: codec }),
      ...(options.searchable === true ? { storeCodec: codec, storesSealed: true } : {}),
    });
  }

  now(): number {
    return this.world.now;
  }

  async start(): Promise<void> {
    // Nothing to wait for: the world begins with its first inhabitant.
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const { node } of this.#entries.values()) if (node.isRunning) node.kill();
    this.#services.stopSeedServer();
    this.#waiting.fail(new ConfabError('unavailable', { what: 'The simulation' }));
  }

  // --- nodes ---

  async startNode(node: string, options: StartNodeOptions = {}): Promise<void> {
    const { user, label } = parseNodeName(node);
    const peers = (options.peers ?? []).map(requireEndpoint);
    const beacon = options.beacon ?? this.#options.beacon ?? false;
    const settings: ChatNodeOptions = {
      network: this.#options.network ?? 'sim',
      user,
      label,
      peers,
      seedServer: options.seedServer ?? true,
      beacon,
      ...(this.#options.coreOptions === undefined ? {} : { options: this.#options.coreOptions }),
    };
    const known = this.#entries.get(node);
    if (known?.node.isRunning) throw new ConfabError('bad-arguments', { command: 'start', reason: `${node} runs already` });
    const fresh = known === undefined || known.retired || options.emptyDisk === true;
    if (fresh && known !== undefined) this.record({ type: 'state', subject: 'disk', id: node, to: 'empty' });
    const entry = fresh ? this.#build(node, settings, (known?.generation ?? -1) + 1) : known;
    entry.settings = settings;
    entry.node.datagrams = beacon ? 'shared' : 'own';
    entry.conduct = options.conduct ?? null;
    entry.node.setFaults(this.#faults.get(node) ?? NO_FAULTS);
    entry.node.start();
    await this.wait(START_MILLIS);
  }

  async stopNode(node: string): Promise<void> {
    const entry = this.#require(node);
    const waiting = this.#waiting.wait(this.now() + STOP_MILLIS);
    this.#stops.set(node, waiting);
    entry.node.stop();
    await waiting.promise;
    this.#stops.delete(node);
    if (entry.node.isRunning) throw new ConfabError('timeout', { what: node, millis: STOP_MILLIS });
  }

  /** Falls at a seeded instant of about the length of a commit: before, within or after what the node is doing. */
  async killNode(node: string): Promise<void> {
    const entry = this.#require(node);
    await this.wait(this.world.stream('kill', node, this.now()).fraction() * this.#hosting.commit.maxMillis);
    entry.node.kill();
  }

  isRunning(node: string): boolean {
    return this.#entries.get(node)?.node.isRunning ?? false;
  }

  nodes(): readonly string[] {
    return [...this.#entries].filter(([, entry]) => !entry.retired).map(([name]) => name);
  }

  async crashNode(node: string): Promise<void> {
    const entry = this.#require(node);
    entry.node.kill();
    this.#reportCrash(`The node of ${node} ended by itself.`);
  }

  onCrash(listener: (reason: string) => void): void {
    this.#crashListeners.push(listener);
  }

  #reportCrash(reason: string): void {
    for (const listener of this.#crashListeners) listener(reason);
  }

  /** A node for what the interface of engines does not have. */
  hosted(node: string): HostedNode<Frame> {
    return this.#require(node).node;
  }

  async endpointOf(node: string): Promise<string> {
    const entry = this.#entries.get(node);
    if (entry === undefined) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return formatEndpoint(entry.node.endpoint);
  }

  // --- commands and events ---

  async command(node: string, name: string, args: Readonly<Record<string, unknown>>, deadlineMillis = COMMAND_MILLIS): Promise<unknown> {
    validateCommand(name, args);
    const hosted = this.#require(node).node;
    switch (name) {
      case 'ping':
      case 'subscribe':
        return {};
      case 'fault':
        throw new ConfabError('bad-arguments', { command: 'fault', reason: 'scenarios have steps of their own for this' });
      case 'set-faults':
        await this.setFaults(node, { ...hosted.faults, ...(args as unknown as MachineFaultSettings) });
        return {};
      case 'faults':
        return { rules: hosted.rules ?? this.world.rules, ...machineFaultsOf(hosted.faults) };
      case 'set-rules':
        hosted.rules = (args as { rules: readonly Rule[] }).rules;
        return {};
      case 'stop':
        await this.stopNode(node);
        return {};
    }
    this.#requestCount += 1;
    const request = `c${this.#requestCount}`;
    const open: OpenCommand = { node, waiting: this.#waiting.wait(this.now() + deadlineMillis), result: null };
    this.#commands.set(request, open);
    hosted.command({ request, name, args });
    await open.waiting.promise;
    this.#commands.delete(request);
    return valueOrError(open.result ?? { ok: false, code: 'timeout', details: { what: node, millis: deadlineMillis } });
  }

  onEvent(listener: (node: string, event: unknown) => void): void {
    this.#listeners.push(listener);
  }

  emitted(node: string, event: unknown): void {
    this.#eventCount += 1;
    for (const listener of this.#listeners) listener(node, event);
    this.#waiting.news();
  }

  replied(_node: string, request: string, result: CommandResult): void {
    const open = this.#commands.get(request);
    if (open === undefined) return;
    open.result = result;
    open.waiting.wake();
  }

  ended(node: string, end: HostedEnd, reason: string): void {
    const entry = this.#entries.get(node);
    if (end === 'retired' && entry !== undefined) entry.retired = true;
    if (end === 'crashed') this.#reportCrash(`The node of ${node} ended by itself: ${reason}`);
    for (const open of this.#commands.values()) {
      if (open.node !== node || open.result !== null) continue;
      open.result = { ok: false, code: 'unavailable', details: { what: 'The node' } };
      open.waiting.wake();
    }
    this.#stops.get(node)?.wake();
    this.#eventCount += 1;
    this.#waiting.news();
  }

  // --- the seed server ---

  async startSeedServer(conduct: string | null = null): Promise<void> {
    const { crypto, codec } = this.#options.capabilities;
    const random = this.world.stream('seed server', conduct ?? '');
    this.#services.startSeedServer(conduct === null ? null : seedConductNamed(conduct, { crypto, codec, random }));
    this.#trace('seed-server', { type: 'life', what: 'start' });
  }

  async stopSeedServer(): Promise<void> {
    this.#services.stopSeedServer();
    this.#trace('seed-server', { type: 'life', what: 'stop' });
  }

  async seedServerState(): Promise<SeedServerState | null> {
    return this.#services.seedSummary();
  }

  async setFaults(node: string, faults: NodeFaults): Promise<void> {
    this.#faults.set(node, { ...faults, paused: false });
    const hosted = this.#entries.get(node)?.node;
    hosted?.setFaults(hosted.isRunning ? faults : { ...faults, paused: false });
  }

  async setRules(rules: readonly Rule[]): Promise<void> {
    this.world.rules = rules;
    for (const { node } of this.#entries.values()) node.rules = null;
    this.#trace('runner', { type: 'rule', what: rules.length > 0 ? 'set' : 'cleared', rules: rules.map((rule) => rule.id) });
  }

  // --- time ---

  async wait(millis: number): Promise<void> {
    await this.#waiting.wait(this.now() + millis).promise;
  }

  async until(check: () => Promise<string | null>, deadlineMillis: number): Promise<string | null> {
    const deadline = this.now() + deadlineMillis;
    for (;;) {
      const events = this.#eventCount;
      const seen = await check();
      if (seen === null || this.now() >= deadline) return seen;
      const waiting = this.#waiting.wait(Math.min(deadline, this.now() + CHECK_MILLIS), true);
      if (this.#eventCount !== events) this.#waiting.news();
      await waiting.promise;
    }
  }

  async parallel(strands: ReadonlyArray<() => Promise<void>>): Promise<void> {
    const results = await Promise.allSettled(strands.map((strand) => strand()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  // --- the trace ---

  sent(node: string, frame: unknown): void {
    this.#frames?.add(node, frame);
  }

  /** Through nothing at all unless the engine was made to be searchable: half a search would prove nothing. */
  async search(wanted: SearchFor): Promise<SearchResult> {
    if (this.#frames === null) return new Search([]);
    const nodes = [...this.#entries].map(([name, { node }]) => [name, node] as const);
    const { crypto, codec } = this.#options.capabilities;
    return searchSimulation({ crypto, codec, nodes, services: this.#services, events: this.#events, frames: this.#frames }, wanted);
  }

  note(text: string): void {
    this.record({ type: 'note', text });
  }

  record(detail: TraceDetail): void {
    this.#trace('runner', detail);
  }

  async trace(): Promise<readonly TraceEvent[]> {
    // Events are handed over after the commit of their turn; their time is that of the input. The sort is stable.
    return this.#events.toSorted((a, b) => a.monotonicMillis - b.monotonicMillis);
  }

  async traceSummary(): Promise<{ readonly events: number; readonly sha256: string }> {
    return summarizeTrace(await this.trace());
  }

  #trace(node: string, detail: TraceDetail): void {
    if (this.world.traceSink === null) return;
    this.#traceCount += 1;
    const wallMillis = Math.floor(this.world.epochMillis + this.now());
    this.world.traceSink({ id: `${node}/1/${this.#traceCount}`, node, logical: this.#traceCount, monotonicMillis: this.now(), wallMillis, detail });
  }

  #build(name: string, settings: ChatNodeOptions, generation: number): Entry {
    const keys = this.world.stream('keys', name, generation);
    const nodeKeys = { signingSeed: keys.bytes(32), agreementSeed: keys.bytes(32) };
    const usual = this.#options.program ?? chatNode;
    const make = (env: Env<Frame>): Program<Frame> => ((entry.conduct === null ? null : conductNamed(entry.conduct)) ?? usual)(env, entry.settings);
    const node = this.world.settle((index) => new HostedNode<Frame>(this.#hosting, { index, name: parseNodeName(name).node, nodeKeys, make }));
    const entry: Entry = { node, settings, generation, retired: false, conduct: null };
    this.#entries.set(name, entry);
    return entry;
  }

  #require(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined || !entry.node.isRunning) throw new ConfabError('unavailable', { what: `The node of ${name}` });
    return entry;
  }
}
