import type { Codec, Crypto, Random, TransactionalStore } from '../core/capabilities.ts';
import { bytesOfDatagram } from '../core/datagram.ts';
import type { Effects } from '../core/effects.ts';
import type { CommandResult, DatagramTarget, Env, NodeKeys, Program, ServiceRequest } from '../core/env.ts';
import { Host, type HostPorts } from '../core/host.ts';
import type { Frame } from '../core/messages.ts';
import type { Rule } from '../core/rules.ts';
import type { Address, Endpoint, NodeName } from '../core/types.ts';
import type { Clock, Datagrams, FrameCodec, Settling, TraceSink, Transport } from '../ports/ports.ts';
import { closeSockets, closeStore } from './closing.ts';
import { CrashLimit } from './crash-limit.ts';
import { DatagramGate } from './datagram-gate.ts';
import { DRIVER_OPTIONS, UPKEEP } from './driver-options.ts';
import { stackOf, text } from './failure-text.ts';
import { FaultGate } from './fault-gate.ts';
import type { InputRecorder } from './input-recorder.ts';
import { Leaving } from './leaving.ts';
import { type ServiceParts, serve } from './services.ts';
import { StoreRetry } from './store-retry.ts';
import { Timers } from './timers.ts';
import { TurnSize } from './turn-size.ts';
import { WaitingTurns, type WaitingTurnsBounds } from './waiting-turns.ts';

/** Everything that a live node is made of; adapters implement it, cli/compose.ts puts it together. */
export interface DriverParts extends ServiceParts {
  readonly name: NodeName;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
  readonly store: TransactionalStore;
  /** Null or absent: every turn waits for the disk. */
  readonly settling?: Settling | null;
  /** Which turns wait for the disk beside the work; default: full ones. */
  readonly waiting?: WaitingTurnsBounds;
  readonly nodeKeys: NodeKeys;
  /** Random 48-bit number of this run. */
  readonly run: number;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly frames: FrameCodec;
  /** Null or absent: this node sends and hears no datagrams. */
  readonly datagrams?: Datagrams | null;
  /** Null when no trace is written. */
  readonly traceSink: TraceSink | null;
  /** Writes down all that reaches the program, for a replay. */
  readonly recorder?: InputRecorder;
}

/** stopped: in order. retired: the account was deleted, the folder is to go. crashed: the core failed again and again. */
export type DriverEnd = 'stopped' | 'retired' | 'crashed';

/**
 * Runs one program live: hands it frames, timers, commands and answers, and lets its effects go.
 *
 * Invariants
 * 1. What arrives in one turn of the event loop shares one commit, up to as many inputs as turn-size.ts says, and nothing leaves before
 *    it is durable; a busy node works on meanwhile (waiting-turns.ts).
 * 2. No frame, command or answer can end the process; only a core that crashes again and again does.
 * 3. After `stop` nothing reaches the program any more, and `ended` is settled once.
 */
export class NodeDriver {
  readonly #parts: DriverParts;
  readonly #make: (env: Env<Frame>) => Program<Frame>;
  readonly #timers: Timers;
  readonly #gate: FaultGate;
  readonly #datagramGate: DatagramGate;
  readonly #names = new Map<Address, string>();
  readonly #replies = new Map<string, (result: CommandResult) => void>();
  readonly #listeners: Array<(event: unknown) => void> = [];
  readonly #counters = new Map<string, number>();
  readonly #crashLimit: CrashLimit;
  /** Turns whose effects wait for the disk while the next one is worked on; null: none does. */
  readonly #waiting: WaitingTurns | null;
  readonly #leaving = new Leaving(DRIVER_OPTIONS.leaveMillis);
  readonly ended: Promise<DriverEnd>;
  #settle: (end: DriverEnd) => void = () => {};
  #host: Host<Frame> | null = null;
  #turn: NodeJS.Immediate | null = null;
  #turnInputs = 0;
  #turnStartMillis = 0;
  readonly #turnSize = new TurnSize(DRIVER_OPTIONS.turn);
  /** Effects of a turn are let go: what they bring in waits for the next turn. */
  #releasing = false;
  readonly #storeRetry: StoreRetry;
  #end: DriverEnd | null = null;
  #requestCount = 0;

  constructor(parts: DriverParts, make: (env: Env<Frame>) => Program<Frame>) {
    this.#parts = parts;
    this.#make = make;
    this.#gate = new FaultGate(parts.name, () => parts.random.fraction());
    this.#datagramGate = new DatagramGate(this.#gate, parts.name);
    this.#timers = new Timers((kind, key) => this.#input((host) => host.timer(kind, key)), UPKEEP);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#crashLimit = new CrashLimit(DRIVER_OPTIONS, parts.log);
    this.#storeRetry = new StoreRetry(DRIVER_OPTIONS, parts.log);
    const hooks = { release: (effects: Effects) => this.#release(effects), failed: (reason: string) => this.#syncFailed(reason) };
    this.#waiting = parts.settling ? new WaitingTurns(parts.settling, parts.waiting ?? DRIVER_OPTIONS.waiting, hooks) : null;
  }

  /** Binds the inbox and starts the program. Rejects with `port-taken`. */
  async start(): Promise<void> {
    const { transport, datagrams, log } = this.#parts;
    await transport.start({
      frame: (from, bytes) => this.#frame(from, bytes),
      refused: (reason, peer) => {
        this.#count('refused');
        this.#input((host) => host.observe({ type: 'drop', peer, reason }));
      },
    });
    await datagrams?.start({
      datagram: (from, wire) => this.#datagram(from, wire),
      noted: (level, text) => log[level]({}, text),
    });
    const ports = this.#hostPorts(transport.endpoint);
    this.#host = this.#parts.recorder?.host(ports, this.#make) ?? new Host(ports, this.#make);
    this.#input((host) => host.start());
  }

  get endpoint(): Endpoint {
    return this.#parts.transport.endpoint;
  }

  /** Counts since the start: frames and bytes in and out, what was dropped, crashes. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counters);
  }

  /** Resolves with the program's reply. The arguments must have been validated. Never rejects. */
  command(name: string, args: Readonly<Record<string, unknown>>): Promise<CommandResult> {
    if (this.#end !== null || this.#host === null) return Promise.resolve({ ok: false, code: 'unavailable', details: { what: 'The node' } });
    if (this.#replies.size >= DRIVER_OPTIONS.commandsOpenMax) return Promise.resolve({ ok: false, code: 'busy', details: { what: 'earlier commands' } });
    this.#requestCount += 1;
    const request = `c${this.#requestCount}`;
    return new Promise((resolve) => {
      this.#replies.set(request, resolve);
      this.#input((host) => host.command({ request, name, args }));
    });
  }

  onEvent(listener: (event: unknown) => void): void {
    this.#listeners.push(listener);
  }

  get rules(): readonly Rule[] {
    return this.#gate.rules;
  }

  /** Replaces the fault rules for frames that leave this node. */
  setRules(rules: readonly Rule[]): void {
    this.#gate.setRules(rules);
    this.#input((host) => host.observe({ type: 'rule', what: rules.length > 0 ? 'set' : 'cleared', rules: rules.map((rule) => rule.id) }));
  }

  /** Says goodbye, commits, lets the last frames leave and closes everything. Idempotent; resolves like `ended`. */
  async stop(end: DriverEnd = 'stopped'): Promise<DriverEnd> {
    if (end === 'stopped' && this.#end === null) await this.#leaving.wait(() => this.#beginLeaving());
    if (this.#end !== null) return await this.ended;
    this.#end = end;
    this.#clearTurn();
    await this.#waiting?.empty();
    const host = this.#host;
    if (host !== null && end !== 'crashed') this.#lastTurn(host, end);
    this.#parts.recorder?.end();
    this.#timers.clear();
    for (const resolve of this.#replies.values()) resolve({ ok: false, code: 'unavailable', details: { what: 'The node' } });
    this.#replies.clear();
    await this.#gate.drain(DRIVER_OPTIONS.flushMillis);
    const { transport, datagrams, store, log } = this.#parts;
    await closeSockets(transport, datagrams ?? null, log, DRIVER_OPTIONS);
    closeStore(store, log);
    this.#settle(this.#end);
    return this.#end;
  }

  /** Where nothing can be committed nothing can be handed over. */
  #beginLeaving(): void {
    if (this.#host === null || this.#storeRetry.waiting) this.#leaving.over();
    else this.#input((host) => host.leave());
  }

  #lastTurn(host: Host<Frame>, end: DriverEnd): void {
    try {
      if (end === 'stopped') host.stop();
      if (this.#parts.settling) this.#parts.settling.settleLater = false;
      host.endTurn().release();
    } catch (error) {
      this.#parts.log.error({ reason: text(error), stack: stackOf(error) }, 'the core failed while it was stopped');
    }
  }

  // --- inputs ---

  #frame(from: Address, bytes: Uint8Array): void {
    this.#count('framesIn');
    this.#count('bytesIn', bytes.length);
    // What cannot be stored is not taken: the peer sends it again, and a full disk is not tried for every frame.
    if (this.#storeRetry.waiting) return this.#count('droppedWhileFull');
    const frame = this.#parts.frames.decode(bytes);
    if (typeof frame !== 'string') return this.#input((host) => host.input(from, frame));
    this.#count('invalid');
    this.#input((host) => host.observe({ type: 'drop', peer: this.#nameOf(from), reason: `invalid: ${frame}` }));
  }

  #datagram(from: string, wire: Uint8Array): void {
    this.#count('datagramsIn');
    const reason = this.#datagramGate.incoming(from, wire, (bytes) => this.#input((host) => host.datagram(from, bytes)));
    if (reason !== null) this.#count('datagramsDropped');
  }

  /** Hands one input to the program and makes sure that the turn is ended after all that came with it. */
  #input(step: (host: Host<Frame>) => void): void {
    const host = this.#host;
    if (host === null || this.#end !== null) return;
    if (this.#turnInputs === 0) this.#turnStartMillis = performance.now();
    try {
      step(host);
    } catch (error) {
      this.#crashed(host, error);
    }
    this.#turnInputs += 1;
    if (this.#turnInputs >= this.#turnSize.inputsMax && this.#turn !== null && !this.#releasing) {
      clearImmediate(this.#turn);
      this.#endTurn(host);
    } else this.#wantTurn(host);
  }

  #wantTurn(host: Host<Frame>): void {
    if (!this.#storeRetry.waiting && this.#end === null) this.#turn ??= setImmediate(() => this.#endTurn(host));
  }

  #endTurn(host: Host<Frame>): void {
    const [inputs, startMillis, workedMillis] = [this.#turnInputs, this.#turnStartMillis, performance.now()];
    this.#turn = null;
    this.#turnInputs = 0;
    if (this.#end !== null) return;
    const reloads = host.reloads;
    let effects: Effects;
    try {
      this.#waiting?.prepare(inputs);
      effects = host.endTurn();
    } catch (error) {
      this.#crashed(host, error);
      return this.#wantTurn(host);
    }
    this.#turnSize.measured(inputs, workedMillis - startMillis, performance.now() - workedMillis + (this.#waiting?.settleMillis ?? 0));
    const failed = host.reloads !== reloads;
    if (this.#waiting === null) this.#release(effects);
    else this.#waiting.ended(effects);
    if (failed) this.#commitFailed(host);
    else this.#storeRetry.succeeded();
  }

  #release(effects: Effects): void {
    this.#releasing = true;
    try {
      effects.release();
    } catch (error) {
      const host = this.#host;
      if (host === null) throw error;
      this.#crashed(host, error);
      this.#wantTurn(host);
    } finally {
      this.#releasing = false;
    }
  }

  /** What the program knows may never have been: it starts again from what is stored, which the next commit makes durable first. */
  #syncFailed(reason: string): void {
    const host = this.#host;
    if (host === null || this.#end !== null) return;
    this.#turnInputs = 0;
    this.#clearTurn();
    try {
      host.storeFailed(reason);
    } catch (error) {
      this.#crashed(host, error);
    }
    this.#commitFailed(host);
  }

  /** The host has reloaded the program, whose start may have written again; commands that come meanwhile are answered at the next turn's end. */
  #commitFailed(host: Host<Frame>): void {
    this.#count('failedCommits');
    this.#storeRetry.failed(() => this.#wantTurn(host));
  }

  #clearTurn(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
    this.#storeRetry.cancel();
  }

  /** A broken invariant of the core: start it afresh from the store, but not for ever. */
  #crashed(host: Host<Frame>, error: unknown): void {
    for (let thrown = error; ; ) {
      this.#count('crashes');
      if (!this.#crashLimit.mayGoOn(this.#parts.clock.monotonicMillis(), thrown)) break;
      try {
        return host.crashed(text(thrown));
      } catch (again) {
        thrown = again;
      }
    }
    void this.stop('crashed');
  }

  // --- effects ---

  #hostPorts(endpoint: Endpoint): HostPorts<Frame> {
    const { name, crypto, codec, random, store, nodeKeys, run, clock, transport, traceSink } = this.#parts;
    return {
      name,
      crypto,
      codec,
      random,
      store,
      endpoint,
      nodeKeys,
      run,
      monotonicMillis: () => clock.monotonicMillis(),
      wallMillis: () => clock.wallMillis(),
      open: (remote, remoteName) => {
        const address = transport.open(remote);
        this.#names.set(address, remoteName);
        return address;
      },
      close: (address) => {
        this.#names.delete(address);
        transport.close(address);
      },
      keyOf: (address) => transport.keyOf(address),
      transmit: (to, frame) => this.#transmit(to, frame),
      datagramAddress: this.#parts.datagrams?.address ?? null,
      sendDatagram: (to, content) => this.#sendDatagram(to, bytesOfDatagram(content)),
      schedule: (kind, key, delayMillis) => this.#timers.schedule(kind, key, delayMillis),
      unschedule: (kind, key) => this.#timers.unschedule(kind, key),
      unscheduleAll: () => this.#timers.clear(),
      emit: (event) => {
        for (const listener of this.#listeners) listener(event);
      },
      reply: (request, result) => {
        const resolve = this.#replies.get(request);
        this.#replies.delete(request);
        resolve?.(result);
      },
      request: (request, what) => this.#request(request, what),
      left: () => this.#leaving.over(),
      // The other effects of the turn, the reply among them, leave first.
      retire: () => queueMicrotask(() => void this.stop('retired')),
      traceFrames: traceSink?.frames ?? true,
      traceSink: traceSink === null ? null : (event) => traceSink.write(event),
    };
  }

  #transmit(to: Address, frame: Frame): void {
    const peer = this.#nameOf(to);
    this.#parts.traceSink?.flush?.();
    const bytes = this.#parts.frames.encode(frame);
    const reason = this.#gate.pass(peer, bytes.length, () => {
      if (this.#parts.transport.send(to, bytes)) {
        this.#count('framesOut');
        this.#count('bytesOut', bytes.length);
      } else this.#dropped(peer, frame, 'queue-full');
    });
    if (reason !== null) this.#dropped(peer, frame, reason);
  }

  #sendDatagram(to: DatagramTarget, bytes: Uint8Array): void {
    const reason = this.#datagramGate.outgoing(to, bytes, (wire) => this.#parts.datagrams?.send(to, wire));
    this.#count(reason === null ? 'datagramsOut' : 'datagramsDropped');
  }

  #dropped(peer: string, frame: Frame, reason: string): void {
    this.#count('dropped');
    if (this.#parts.traceSink === null) return;
    this.#input((host) => host.observe({ type: 'drop', frame: `${this.#parts.name}/${frame.run}/f${frame.count}`, peer, reason }));
  }

  /** An answer that was asked for by a program that is gone is not given to its successor. */
  #request(request: string, what: ServiceRequest): void {
    const reloads = this.#host?.reloads;
    void serve(this.#parts, what).then((result) => {
      if (this.#host?.reloads === reloads) this.#input((host) => host.answer(request, result));
    });
  }

  #nameOf(address: Address): string {
    return this.#names.get(address) ?? '?';
  }

  #count(counter: string, by = 1): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + by);
  }
}
