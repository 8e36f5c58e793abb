import type { Codec, Crypto, Random, TransactionalStore } from './capabilities.ts';
import type { DatagramContent } from './datagram.ts';
import { Closings, type Effect, type Effects, NO_EFFECTS, TurnEffects } from './effects.ts';
import type { CommandInput, CommandResult, DatagramTarget, Env, NodeKeys, Program, ServiceRequest, ServiceResult } from './env.ts';
import { ConfabError } from './errors.ts';
import type { TraceDetail, TraceEvent } from './trace.ts';
import type { Address, Endpoint, NodeName } from './types.ts';

/** What a driver gives a host: the live one by sockets and files, the simulator by virtual ones. */
export interface HostPorts<Message> {
  readonly name: NodeName;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
  readonly store: TransactionalStore;
  readonly endpoint: Endpoint;
  readonly nodeKeys: NodeKeys;
  readonly run: number;
  monotonicMillis(): number;
  wallMillis(): number;
  open(endpoint: Endpoint, name: string): Address;
  close(address: Address): void;
  keyOf(address: Address): Uint8Array;
  /** Called after the commit; may lose the message, never throws. */
  transmit(to: Address, message: Message): void;
  /** Null: this node sends and hears no datagrams. */
  readonly datagramAddress: string | null;
  /** Called after the commit; may lose it, never throws. */
  sendDatagram(to: DatagramTarget, content: DatagramContent): void;
  /** Sets or moves the one timer of (kind, key). */
  schedule(kind: string, key: string, delayMillis: number): void;
  /** Takes back that timer, if it is set. */
  unschedule(kind: string, key: string): void;
  /** Takes back all that are set. */
  unscheduleAll(): void;
  emit(event: unknown): void;
  reply(request: string, result: CommandResult): void;
  request(request: string, what: ServiceRequest): void;
  /** What `Host.leave` began is over. */
  left(): void;
  retire(): void;
  /** Null when no trace is written. */
  readonly traceSink: ((event: TraceEvent) => void) | null;
  /** False: frames are left out of the trace. Default true. */
  readonly traceFrames?: boolean;
}

/** No peer can drive the Lamport clock further, so that there is always room to count on in whole numbers. */
const LOGICAL_MAX = 2 ** 52;

/**
 * Runs one program: hands it inputs, keeps its effects until the commit, then lets them go.
 *
 * Invariants
 * 1. No effect leaves before the commit of the turn in which it arose has succeeded.
 * 2. If the commit fails, the program and its effects are thrown away and a new program is made from the store;
 *    commands of that turn are answered `store-failed`.
 * 3. Inputs are handled one at a time; time stands still while one is handled.
 */
export class Host<Message> implements Env<Message> {
  readonly #ports: HostPorts<Message>;
  readonly #make: (env: Env<Message>) => Program<Message>;
  #program: Program<Message>;
  #effects: Array<Effect<Message>> = [];
  #traced: TraceEvent[] = [];
  #openCommands = new Set<string>();
  /** What outlives a reload, and what this turn changes of it. */
  readonly #kept = new Map<string, unknown>();
  readonly #keeping = new Map<string, unknown>();
  /** What the id of an event begins with. */
  readonly #traceIds: string;
  #cause: string | undefined;
  #logical = 0;
  #traceCount = 0;
  #reloads = 0;
  readonly name: NodeName;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
  readonly store: TransactionalStore;
  readonly endpoint: Endpoint;
  readonly datagramAddress: string | null;
  readonly nodeKeys: NodeKeys;
  readonly tracing: boolean;
  readonly tracingFrames: boolean;
  /** For the effects that wait. */
  readonly closings = new Closings();
  monotonicMillis = 0;
  wallMillis = 0;

  constructor(ports: HostPorts<Message>, make: (env: Env<Message>) => Program<Message>) {
    this.#ports = ports;
    this.#make = make;
    // What stays as it is while the process lives is read once, not at each use.
    this.name = ports.name;
    this.crypto = ports.crypto;
    this.codec = ports.codec;
    this.random = ports.random;
    this.store = ports.store;
    this.endpoint = ports.endpoint;
    this.datagramAddress = ports.datagramAddress;
    this.nodeKeys = ports.nodeKeys;
    this.tracing = ports.traceSink !== null;
    this.tracingFrames = this.tracing && ports.traceFrames !== false;
    this.#traceIds = `${ports.name}/${ports.run}/`;
    this.#readClocks();
    this.#program = make(this);
  }

  // --- inputs, called by the driver; each must be followed, sooner or later, by endTurn ---

  start(): void {
    this.#begin({ type: 'life', what: 'start' });
    this.#program.start();
  }

  input(from: Address, message: Message): void {
    this.#begin(null);
    this.#program.input(from, message);
  }

  datagram(from: string, content: DatagramContent): void {
    this.#begin(null);
    this.#program.datagram?.(from, content);
  }

  timer(kind: string, key: string): void {
    this.#begin(null);
    this.#program.timer(kind, key);
  }

  command(command: CommandInput): void {
    this.#begin({ type: 'command', name: command.name, request: command.request });
    this.#openCommands.add(command.request);
    this.#program.command?.(command);
  }

  answer(request: string, result: ServiceResult): void {
    this.#begin({ type: 'answer', request, outcome: result.ok ? 'ok' : result.code });
    this.#program.answer?.(request, result);
  }

  /** The node is to end in order: the program hands over, and the port `left` is called. The driver bounds the time. */
  leave(): void {
    this.#begin(null);
    if (this.#program.leave === undefined) this.left();
    else this.#program.leave();
  }

  stop(): void {
    this.#begin({ type: 'life', what: 'stop' });
    this.#program.stop?.();
  }

  /** Puts something into the trace that the driver saw (a frame dropped at the edge, rules set). The program does not hear of it, and no turn is needed for it. */
  observe(detail: TraceDetail): void {
    this.#begin(null);
    this.#ports.traceSink?.(this.#event(detail));
  }

  /** The program threw: forgets this turn and makes a new program from the store. Throws what the new one throws at its start. */
  crashed(reason: string): void {
    this.#reload(reason, 'internal');
  }

  /** What was committed turned out not to be durable: as after a commit that failed. Throws what the new program throws at its start. */
  storeFailed(reason: string): void {
    this.#reload(reason, 'store-failed');
  }

  /** How often the program was thrown away; services asked for before the last time must not be answered any more. */
  get reloads(): number {
    return this.#reloads;
  }

  /** Packs, commits, and returns what is to be released: the driver may delay the release, or drop it as a crash would. */
  endTurn(): Effects {
    this.#readClocks();
    this.#program.endTurn?.();
    try {
      if (this.store.dirty) this.store.commit();
      if (this.#keeping.size > 0) {
        for (const [name, value] of this.#keeping) this.#kept.set(name, value);
        this.#keeping.clear();
      }
    } catch (error) {
      const told = this.#reload(commitFailure(error), 'store-failed');
      if (this.store.dirty) return this.#leaving(this.#effects.splice(0, told));
    }
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return this.#leaving(effects);
  }

  #leaving(effects: ReadonlyArray<Effect<Message>>): Effects {
    const traced = this.#traced;
    if (effects.length === 0 && traced.length === 0) return NO_EFFECTS;
    if (traced.length > 0) this.#traced = [];
    // Empty lists stay here and are filled by the next turn: one that waits for the disk must not take them along.
    return new TurnEffects(this.#ports, this, effects.length > 0 ? effects : NOTHING, traced.length > 0 ? traced : NOTHING);
  }

  #begin(detail: TraceDetail | null): void {
    this.#readClocks();
    this.#cause = undefined;
    if (detail !== null) this.trace(detail);
  }

  #readClocks(): void {
    this.monotonicMillis = this.#ports.monotonicMillis();
    this.wallMillis = this.#ports.wallMillis();
  }

  /** Returns how many commands are told that they failed, which stands before what the new program wants: that waits for its own commit. */
  #reload(reason: string, code: 'store-failed' | 'internal'): number {
    this.#reloads += 1;
    this.store.rollback();
    this.#keeping.clear();
    // Replies of this turn go with its writes: whoever asked is told that it failed.
    for (const effect of this.#effects) if (effect.type === 'reply') this.#openCommands.add(effect.request);
    this.#effects = [];
    this.#traced = [];
    this.#ports.unscheduleAll();
    this.#cause = undefined;
    this.trace({ type: 'life', what: 'reload', reason, code });
    for (const request of this.#openCommands) this.#effects.push({ type: 'reply', request, result: { ok: false, code, details: { reason } } });
    this.#openCommands.clear();
    const told = this.#effects.length;
    this.#program = this.#make(this);
    this.#program.start();
    return told;
  }

  // --- the env of the program ---

  /** Another number after a reload: the peers' links must not take the new program for the old one. */
  get run(): number {
    return this.#ports.run + this.#reloads;
  }
  get logical(): number {
    return this.#logical;
  }

  observeLogical(logical: number): void {
    this.#logical = Math.max(this.#logical, Math.min(logical, LOGICAL_MAX));
  }

  open(endpoint: Endpoint, name: string): Address {
    const address = this.#ports.open(endpoint, name);
    this.closings.takeBack(address);
    return address;
  }

  keyOf(address: Address): Uint8Array {
    return this.#ports.keyOf(address);
  }

  close(address: Address): void {
    this.#effects.push({ type: 'close', address, number: this.closings.begin(address) });
  }

  send(to: Address, message: Message): void {
    this.#effects.push({ type: 'transmit', to, message });
  }

  sendDatagram(to: DatagramTarget, content: DatagramContent): void {
    if (this.datagramAddress !== null) this.#effects.push({ type: 'datagram', to, content });
  }

  setTimer(kind: string, key: string, delayMillis: number): void {
    this.#ports.schedule(kind, key, delayMillis);
  }

  cancelTimer(kind: string, key: string): void {
    this.#ports.unschedule(kind, key);
  }

  emit(event: unknown): void {
    this.#effects.push({ type: 'emit', event });
  }

  request(request: string, what: ServiceRequest): void {
    this.#effects.push({ type: 'request', request, what });
  }

  keep(name: string, value: unknown): void {
    this.#keeping.set(name, value);
  }

  kept<Value = unknown>(name: string): Value | undefined {
    return (this.#keeping.has(name) ? this.#keeping.get(name) : this.#kept.get(name)) as Value | undefined;
  }

  reply(request: string, result: CommandResult): void {
    this.#openCommands.delete(request);
    this.#effects.push({ type: 'reply', request, result });
  }

  left(): void {
    this.#effects.push({ type: 'left' });
  }

  retire(): void {
    this.#effects.push({ type: 'retire' });
  }

  /** The first event of an input is the cause of the others. */
  trace(detail: TraceDetail): void {
    if (this.tracing) this.#traced.push(this.#event(detail));
  }

  #event(detail: TraceDetail): TraceEvent {
    this.#logical += 1;
    this.#traceCount += 1;
    const id = this.#traceIds + String(this.#traceCount);
    const { name: node, monotonicMillis, wallMillis } = this;
    const cause = this.#cause;
    if (cause !== undefined) return { id, node, logical: this.#logical, monotonicMillis, wallMillis, cause, detail };
    this.#cause = id;
    return { id, node, logical: this.#logical, monotonicMillis, wallMillis, detail };
  }
}

const NOTHING: readonly never[] = Object.freeze([]);

/** The store's own words, without the sentence that the error table puts around them. */
export function commitFailure(error: unknown): string {
  if (error instanceof ConfabError && error.code === 'store-failed') return String(error.details['reason']);
  return error instanceof Error ? error.message : String(error);
}
