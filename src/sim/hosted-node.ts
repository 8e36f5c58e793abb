import type { Codec, Crypto, Random } from '../core/capabilities.ts';
import { ClockDrift } from '../core/clock-drift.ts';
import { bytesOfDatagram, type DatagramContent } from '../core/datagram.ts';
import type { Effects } from '../core/effects.ts';
import type { CommandInput, CommandResult, DatagramTarget, Env, NodeKeys, Program, ServiceRequest, ServiceResult } from '../core/env.ts';
import { NO_FAULTS, type NodeFaults } from '../core/faults.ts';
import { Host, type HostPorts } from '../core/host.ts';
import type { Rule } from '../core/rules.ts';
import type { TraceDetail, TraceEvent } from '../core/trace.ts';
import type { Address, Endpoint, NodeName } from '../core/types.ts';
import { type Commit, CommitUnderWay } from './commit-under-way.ts';
import { Datagram, datagramAddressText } from './datagram-net.ts';
import { MemoryDisk, MemoryStore } from './disk.ts';
import { addressText, type HostedEnd, type Hosting } from './hosting.ts';
import { END_TURN, handTo, INPUT, type Input, LEAVE_MILLIS_MAX, mayWait, RELEASE, SERVICE_MILLIS, SETTLE } from './inputs.ts';
import type { SeededRandom } from './random.ts';
import type { ServiceClient, ServiceTicket } from './services.ts';
import { Setbacks } from './setbacks.ts';
import { type Timer, TimerTable } from './timers.ts';
import { TurnEnd } from './turn-end.ts';
import { Wire } from './wire.ts';
import type { Inhabitant, World } from './world.ts';

/**
 * A chat node in the simulated world: the same Host as live, on a memory disk and the virtual network.
 *
 * Invariants
 * 1. Inputs of one virtual instant share a turn and its commit; nothing leaves before the commit is durable.
 * 2. A commit takes time. A crash within it loses the turn or, later in it, only what the turn wanted to send.
 * 3. A node is busy while it commits: what comes meanwhile waits and shares the next turn.
 */
export class HostedNode<Message> implements Inhabitant, HostPorts<Message>, ServiceClient {
  readonly index: number;
  readonly name: NodeName;
  readonly endpoint: Endpoint;
  readonly nodeKeys: NodeKeys;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly disk: MemoryDisk;
  readonly traceFrames: boolean;
  readonly traceSink: ((event: TraceEvent) => void) | null;
  /** How far this node's wall clock is off, ms. */
  skewMillis = 0;
  readonly #drift = new ClockDrift();
  /** Rules for frames that leave this node, in place of the world's; null: the world's. */
  rules: readonly Rule[] | null = null;
  /** Whether it has datagrams: none, those to itself, or also those to whoever listens. Holds from the next start. */
  datagrams: 'none' | 'own' | 'shared' = 'none';
  store: MemoryStore;
  run = 0;
  random: Random;
  readonly #world: World;
  readonly #hosting: Hosting<Message>;
  readonly #make: (env: Env<Message>) => Program<Message>;
  readonly #timers = new TimerTable();
  readonly #wire: Wire<Message>;
  readonly #diskRandom: SeededRandom;
  #host: Host<Message> | null = null;
  #runCount = 0;
  #inbox: Array<Input<Message>> = [];
  #faults: NodeFaults = NO_FAULTS;
  /** What the node would have done while it stood still. */
  #frozen: Array<{ readonly what: number; readonly payload: unknown }> = [];
  #turnInputs = 0;
  readonly #turn: TurnEnd;
  readonly #commit = new CommitUnderWay();
  readonly #setbacks = new Setbacks();
  #ending: HostedEnd | null = null;
  /** It was asked to end in order, and hands over. */
  #leaving = false;

  constructor(
    hosting: Hosting<Message>,
    parts: { readonly index: number; readonly name: NodeName; readonly nodeKeys: NodeKeys; readonly make: (env: Env<Message>) => Program<Message> },
  ) {
    const { world, crypto, codec, storeCodec } = hosting.parts;
    this.index = parts.index;
    this.name = parts.name;
    this.nodeKeys = parts.nodeKeys;
    this.crypto = crypto;
    this.codec = codec;
    this.#make = parts.make;
    this.#hosting = hosting;
    this.#world = world;
    this.traceFrames = world.traceFrames;
    this.traceSink = world.traceSink;
    this.endpoint = { address: addressText(this.index), key: crypto.agreementKeyPair(parts.nodeKeys.agreementSeed).publicKey };
    this.disk = new MemoryDisk(storeCodec ?? null, hosting.rowSeal);
    this.store = new MemoryStore(this.disk, { settleLater: true });
    this.random = world.stream('node', this.index, 0);
    this.#diskRandom = world.stream('disk', this.index);
    hosting.enter(this.index, this.endpoint.key);
    this.#wire = new Wire(hosting, this);
    this.#turn = new TurnEnd(world, this.index, () => this.#endTurn());
  }

  get isRunning(): boolean {
    return this.#host !== null;
  }

  /** Starts the program on what the disk holds, as a new run. */
  start(): void {
    if (this.#host !== null) return;
    this.#runCount += 1;
    const random = this.#world.stream('node', this.index, this.#runCount);
    this.random = random;
    this.run = 1 + random.below(2 ** 47);
    this.store = new MemoryStore(this.disk, { settleLater: true });
    this.#world.rise(this.index);
    if (this.datagrams === 'shared') this.#hosting.datagrams.listen(this.index);
    this.#host = new Host<Message>(this, this.#make);
    this.#take({ type: 'start' });
    this.#turn.scheduleIfOpen();
  }

  /** Ends the program in order: goodbye, commit, last frames. The watcher is told when it is done. */
  stop(): void {
    if (this.#host !== null) this.#enqueue({ type: 'leave' });
  }

  /** Ends the program at once, whatever it is doing. */
  kill(): void {
    if (this.#host === null) return;
    this.#commit.killed();
    this.#traceByWorld({ type: 'life', what: 'kill' });
    this.#finish('killed', '');
  }

  get faults(): NodeFaults {
    return this.#faults;
  }

  /** Replaces all that was wrong. A new process of a node is not paused. */
  setFaults(faults: NodeFaults): void {
    const goesOn = this.#faults.paused && !faults.paused;
    this.#faults = faults;
    this.disk.full = faults.diskFull;
    this.skewMillis = faults.skewMillis;
    this.#drift.set(faults.driftMillisPerSecond, this.#world.now);
    if (!goesOn) return;
    // What it was doing comes first, then what has arrived meanwhile.
    for (const { what, payload } of this.#frozen.splice(0)) this.#happen(what, payload);
    if (!this.#commit.isUnderWay) this.#takeWaiting();
    this.#turn.scheduleIfOpen();
  }

  command(command: CommandInput): void {
    this.#enqueue({ type: 'command', command });
  }

  // --- the world's side ---

  receive(from: Address, message: unknown): void {
    if (message instanceof Datagram) this.#take({ type: 'datagram', from, content: message.content });
    else this.#take({ type: 'message', from, message: message as Message });
    this.#turn.close();
  }

  warm(): boolean {
    return false;
  }

  fire(timer: Timer): void {
    timer.waiting = true;
    this.#take({ type: 'timer', timer });
    this.#turn.close();
  }

  happen(what: number, payload: unknown): void {
    this.#happen(what, payload);
    this.#turn.close();
  }

  #happen(what: number, payload: unknown): void {
    // The disk finishes what it has begun; the process does nothing.
    if (this.#faults.paused && what !== SETTLE) return void this.#frozen.push({ what, payload });
    switch (what) {
      case END_TURN:
        return this.#endTurn();
      case SETTLE:
        return this.#commit.settle(this.store);
      case RELEASE:
        return this.#release(this.#commit.end(payload as Commit));
      case INPUT:
        return this.#take(payload as Input<Message>);
    }
  }

  answerLater(ticket: ServiceTicket, result: ServiceResult, delayMillis: number): void {
    this.#world.schedule(this.index, delayMillis, INPUT, { type: 'answer', answer: { request: ticket.request, run: ticket.run, result } });
  }

  // --- turns ---

  #enqueue(input: Input<Message>): void {
    this.#world.schedule(this.index, 0, INPUT, input);
  }

  #take(input: Input<Message>): void {
    if (!this.#commit.isUnderWay && !this.#faults.paused) this.#handle(input);
    else if (mayWait(this.#inbox, input)) this.#inbox.push(input);
  }

  #handle(input: Input<Message>): void {
    const host = this.#host;
    if (host === null || this.#ending !== null) return;
    try {
      this.#hand(host, input);
    } catch (error) {
      this.#failed(host, error);
    }
    this.#turnInputs += 1;
    if (this.isRunning) this.#turn.open();
  }

  #hand(host: Host<Message>, input: Input<Message>): void {
    switch (input.type) {
      case 'timer':
        // It may have been moved or cancelled while it waited.
        if (!input.timer.waiting) return;
        input.timer.waiting = false;
        this.#timers.rest(input.timer);
        return host.timer(input.timer.kind, input.timer.key);
      case 'leave':
        if (this.#leaving) return;
        this.#leaving = true;
        // The program bounds its time by itself; one that is made afresh meanwhile has forgotten that it leaves.
        this.#world.schedule(this.index, LEAVE_MILLIS_MAX, INPUT, { type: 'stop' });
        return host.leave();
      case 'stop':
        if (!this.#leaving) return;
        this.#ending = 'stopped';
        return host.stop();
      default:
        return handTo(host, input);
    }
  }

  #endTurn(): void {
    const host = this.#host;
    this.#turn.over();
    if (host === null) return;
    const reloads = host.reloads;
    let effects: Effects;
    try {
      effects = host.endTurn();
    } catch (error) {
      this.#failed(host, error);
      if (this.isRunning) this.#turn.open();
      return;
    }
    if (host.reloads === reloads) this.#setbacks.committed();
    else this.#turn.schedule(this.#setbacks.retryMillis());
    const serviceMillis = (this.#faults.slowFactor - 1) * SERVICE_MILLIS * this.#turnInputs;
    this.#turnInputs = 0;
    if (this.store.unsettled || serviceMillis > 0) this.#commitThenRelease(effects, serviceMillis);
    else this.#release(effects);
  }

  /** Durable somewhere within the commit, released at its end: a crash falls before, between or after. */
  #commitThenRelease(effects: Effects, serviceMillis: number): void {
    const { minMillis, maxMillis } = this.#hosting.commit;
    const delayMillis = serviceMillis + (minMillis + (maxMillis - minMillis) * this.#diskRandom.fraction()) * this.#faults.slowFactor;
    this.#world.schedule(this.index, delayMillis * this.#diskRandom.fraction(), SETTLE, undefined);
    this.#world.schedule(this.index, delayMillis, RELEASE, this.#commit.begin(effects));
  }

  #release(effects: Effects): void {
    effects.release();
    if (this.#host === null) return;
    if (this.#ending !== null) return this.#finish(this.#ending, '');
    this.#takeWaiting();
  }

  #takeWaiting(): void {
    if (this.#inbox.length > 0) for (const input of this.#inbox.splice(0)) this.#handle(input);
  }

  /** The program threw: it is made afresh from the store, but not for ever. */
  #failed(host: Host<Message>, error: unknown): void {
    let thrown = error;
    for (;;) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      if (!this.#setbacks.mayGoOn(this.#world.now)) {
        this.#traceByWorld({ type: 'life', what: 'crash', reason });
        return this.#finish('crashed', reason);
      }
      try {
        return host.crashed(reason);
      } catch (again) {
        thrown = again;
      }
    }
  }

  #finish(end: HostedEnd, reason: string): void {
    if (end === 'killed' || end === 'crashed') this.store.crash();
    else this.store.close();
    this.#host = null;
    this.#ending = null;
    this.#leaving = false;
    this.#inbox = [];
    this.#frozen = [];
    this.#faults = { ...this.#faults, paused: false };
    this.#turnInputs = 0;
    this.#turn.over();
    this.#commit.forget();
    this.#setbacks.forget();
    this.#wire.clear();
    this.unscheduleAll();
    this.#hosting.datagrams.silence(this.index);
    this.#world.fall(this.index);
    this.#hosting.parts.watcher.ended(this.name, end, reason);
  }

  /** A line about this node that it cannot write itself any more. */
  #traceByWorld(detail: TraceDetail): void {
    const logical = (this.#host?.logical ?? 0) + 1;
    const times = { monotonicMillis: this.monotonicMillis(), wallMillis: this.wallMillis() };
    this.traceSink?.({ id: `${this.name}/${this.run}/end`, node: this.name, logical, ...times, detail });
  }

  // --- what the host asks for ---

  monotonicMillis(): number {
    return this.#world.now;
  }

  wallMillis(): number {
    return Math.floor(this.#world.epochMillis + this.#world.now + this.skewMillis + this.#drift.gainedMillis(this.#world.now));
  }

  open(endpoint: Endpoint): Address {
    return this.#wire.open(endpoint);
  }

  close(address: Address): void {
    this.#wire.close(address);
  }

  keyOf(address: Address): Uint8Array {
    return this.#hosting.keyOf(address);
  }

  transmit(to: Address, message: Message): void {
    this.#hosting.parts.watcher.sent?.(this.name, message);
    const reason = this.#wire.transmit(to, message);
    if (reason !== null && this.traceFrames && this.traceSink !== null) this.#host?.observe(this.#wire.drop(to, message, reason));
  }

  get datagramAddress(): string | null {
    return this.datagrams === 'none' ? null : datagramAddressText(this.index);
  }

  /** To nobody where this node listens to nobody. */
  sendDatagram(to: DatagramTarget, sent: DatagramContent): void {
    const content = this.#hosting.parts.messageCodec === undefined ? sent : bytesOfDatagram(sent);
    this.#hosting.parts.watcher.sent?.(this.name, content);
    if (to !== 'broadcast' || this.datagrams === 'shared') this.#hosting.datagrams.send(this, to, content);
  }

  schedule(kind: string, key: string, delayMillis: number): void {
    this.#world.setTimer(this.index, this.#timers.obtain(kind, key), delayMillis);
  }

  unschedule(kind: string, key: string): void {
    const timer = this.#timers.find(kind, key);
    if (timer === undefined) return;
    this.#world.cancelTimer(timer);
    this.#timers.rest(timer);
  }

  unscheduleAll(): void {
    this.#timers.clear((timer) => this.#world.cancelTimer(timer));
  }

  emit(event: unknown): void {
    this.#hosting.parts.watcher.emitted(this.name, event);
  }

  reply(request: string, result: CommandResult): void {
    this.#hosting.parts.watcher.replied(this.name, request, result);
  }

  request(request: string, what: ServiceRequest): void {
    const host = this.#host;
    if (what.service === 'seed') this.#hosting.parts.watcher.sent?.(this.name, what.call);
    if (host !== null) this.#hosting.parts.services.request({ client: this, request, run: host.run }, what);
  }

  left(): void {
    this.#enqueue({ type: 'stop' });
  }

  /** The other effects of the turn, the reply among them, leave first. */
  retire(): void {
    this.#ending = 'retired';
  }
}
