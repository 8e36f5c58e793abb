import type { Codec } from '../core/capabilities.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import type { CommandInput, CommandResult, Env, Program } from '../core/env.ts';
import { bytesOf, FRAME_OVERHEAD_BYTES } from '../core/link/link-trace.ts';
import type { Frame, Message } from '../core/messages.ts';
import type { TraceDetail } from '../core/trace.ts';
import type { Address, WallMillis } from '../core/types.ts';
import { copyPlain, requireBytes } from './plain-data.ts';
import { type Facts, type LabAnswer, type LabEnv, type LabProgram, MESSAGE_BYTES_MAX, SAVED_BYTES_MAX } from './program.ts';

/** Where nodes are, as whoever starts them tells: the argument of `program-meet`. */
export interface Acquaintance {
  readonly name: string;
  /** `tcp://127.0.0.1:40123#KEY`, `sim:4#KEY`. */
  readonly endpoint: string;
}

/** The one message of a program's frame. */
interface Carried<Content> {
  readonly type: 'program';
  readonly content: Content;
}

const KEPT_PEERS = 'lab peers';
const TABLE = 'program';
const FRAME_VERSION = 1;

/**
 * Hosts a small program where otherwise the chat node would run: frames, store, timers, commands and trace are the same,
 * so that engines, faults, checkers and reports work for it as they are.
 *
 * Invariants
 * 1. The program starts once it has been told of its peers, and starts anew, with them, after a reload.
 * 2. What does not come from a known peer is dropped and traced.
 * 3. Nodes share no data: what is sent, received, saved, loaded and told is a copy, and what cannot be carried or kept throws at once,
 *    on every engine.
 */
export function labNode(env: Env<Frame>, network: string, make: (env: LabEnv) => LabProgram): Program<Frame> {
  return new LabNode(env, network, make);
}

/** About how many bytes a frame takes on a wire, be it one of a program or of the chat node. */
export function frameBytes(frame: Frame, codec: Codec): number {
  const [carried] = frame.messages as unknown as ReadonlyArray<Partial<Carried<unknown>>>;
  return carried?.type === 'program' ? FRAME_OVERHEAD_BYTES + codec.encode(carried.content).length : bytesOf(frame.messages);
}

class LabNode implements Program<Frame>, LabEnv {
  readonly #env: Env<Frame>;
  readonly #network: string;
  readonly #addresses = new Map<string, Address>();
  readonly #names = new Map<Address, string>();
  readonly #startedMillis: number;
  readonly #make: (env: LabEnv) => LabProgram;
  #program: LabProgram | null = null;
  #frameCount = 0;

  constructor(env: Env<Frame>, network: string, make: (env: LabEnv) => LabProgram) {
    this.#env = env;
    this.#network = network;
    this.#make = make;
    this.#startedMillis = env.monotonicMillis;
  }

  // --- the driver's side ---

  start(): void {
    const known = this.#env.kept<readonly Acquaintance[]>(KEPT_PEERS);
    if (known !== undefined) this.#meet(known);
  }

  input(from: Address, frame: Frame): void {
    const name = this.#names.get(from);
    const [carried] = frame.messages as unknown as ReadonlyArray<Partial<Carried<unknown>>>;
    if (name === undefined || frame.network !== this.#network || carried?.type !== 'program') {
      if (this.#env.tracing) this.#env.trace({ type: 'drop', peer: name ?? 'unknown', reason: name === undefined ? 'not met' : 'invalid' });
      return;
    }
    this.#env.observeLogical(frame.logical);
    if (this.#env.tracingFrames) this.#traceFrame({ type: 'receive', frame: `${name}/${frame.run}/f${frame.count}`, from: name, content: carried.content });
    if (this.#program === null) return;
    // A frame that a fault doubles is one object in the simulator.
    this.#program.receive(name, copyPlain(carried.content, 'message'));
  }

  timer(kind: string, key: string): void {
    this.#program?.timer?.(kind, key);
  }

  command({ request, name, args }: CommandInput): void {
    const reply = (result: CommandResult) => this.#env.reply(request, result);
    switch (name) {
      case 'program-meet':
        this.#meet(args['peers'] as readonly Acquaintance[]);
        return reply({ ok: true, value: { peers: this.peers } });
      case 'program-do':
        return this.#do(args as { readonly name: string; readonly args: Readonly<Record<string, unknown>> }, reply);
      default:
        return reply({ ok: false, code: 'bad-command', details: { name, hint: ' This node runs a program of its own.' } });
    }
  }

  stop(): void {
    this.#program?.stop?.();
  }

  #do({ name, args }: { readonly name: string; readonly args: Readonly<Record<string, unknown>> }, reply: (result: CommandResult) => void): void {
    const refuse = (reason: string) => reply({ ok: false, code: 'bad-arguments', details: { command: name, reason } });
    if (this.#program === null) return refuse('the program has not started yet');
    if (this.#program.command === undefined) return refuse('the program takes no commands');
    let open = true;
    const once = (act: () => void) => {
      if (open) act();
      open = false;
    };
    const answer: LabAnswer = { done: (value) => once(() => reply({ ok: true, value: value ?? null })), refuse: (reason) => once(() => refuse(reason)) };
    this.#program.command(name, args, answer);
  }

  /** Learns where others are; the first time is the program's start. */
  #meet(peers: readonly Acquaintance[]): void {
    const known = new Map((this.#env.kept<readonly Acquaintance[]>(KEPT_PEERS) ?? []).map((peer) => [peer.name, peer]));
    for (const peer of peers) known.set(peer.name, peer);
    this.#env.keep(KEPT_PEERS, [...known.values()]);
    for (const { name, endpoint } of known.values()) {
      const where = parseEndpoint(endpoint);
      if (name === this.#env.name || where === null) continue;
      const address = this.#env.open(where, name);
      this.#addresses.set(name, address);
      this.#names.set(address, name);
    }
    if (this.#program !== null) return;
    this.#program = this.#make(this);
    this.#program.start?.();
  }

  #traceFrame(what: {
    readonly type: 'send' | 'receive';
    readonly frame: string;
    readonly to?: string;
    readonly from?: string;
    readonly content: unknown;
  }): void {
    const { type, frame, to = '', from = '', content } = what;
    const kind = (content as { type?: unknown } | null)?.type;
    const bytes = this.#env.codec.encode(content).length;
    const messages = [{ type: typeof kind === 'string' ? kind : 'message', bytes }];
    this.#env.trace(type === 'send' ? { type, frame, to, kind: 'data', messages, bytes } : { type, frame, from, kind: 'data', messages, bytes });
  }

  // --- the program's side ---

  get name(): string {
    return this.#env.name;
  }

  get nowMillis(): number {
    return this.#env.monotonicMillis - this.#startedMillis;
  }

  get wallMillis(): WallMillis {
    return this.#env.wallMillis;
  }

  fraction(): number {
    return this.#env.random.fraction();
  }

  freshId(): string {
    return this.#env.random.id();
  }

  get peers(): readonly string[] {
    return [...this.#addresses.keys()].sort();
  }

  send(to: string, message: unknown): void {
    requireText('send', 'to', to);
    const content = copyPlain(message, 'message');
    requireBytes(content, 'message', { bytesMax: MESSAGE_BYTES_MAX, codec: this.#env.codec });
    const { run } = this.#env;
    const address = this.#addresses.get(to);
    if (address === undefined) {
      if (this.#env.tracing) this.#env.trace({ type: 'drop', peer: to, reason: 'not met' });
      return;
    }
    this.#frameCount += 1;
    if (this.#env.tracingFrames) this.#traceFrame({ type: 'send', frame: `${this.name}/${run}/f${this.#frameCount}`, to, content });
    const messages = [{ type: 'program', content } as unknown as Message];
    const numbers = { version: FRAME_VERSION, run, toRun: 0, sequence: 0, acknowledged: 0, logical: this.#env.logical, count: this.#frameCount };
    this.#env.send(address, { ...numbers, network: this.#network, kind: 'data', messages });
  }

  setTimer(kind: string, delayMillis: number, key = ''): void {
    requireText('setTimer', 'kind', kind);
    requireText('setTimer', 'key', key);
    if (!Number.isFinite(delayMillis) || delayMillis < 0)
      throw new TypeError(`env.setTimer: delayMillis is ${said(delayMillis)}; it is a number of milliseconds, 0 or more`);
    this.#env.setTimer(kind, key, delayMillis);
  }

  cancelTimer(kind: string, key = ''): void {
    this.#env.cancelTimer(kind, key);
  }

  load<Value>(key: string): Value | null {
    requireText('load', 'key', key);
    const value = this.#env.store.get<Value>(TABLE, key);
    return value === undefined || value === null ? null : copyPlain(value, key);
  }

  save(key: string, value: unknown): void {
    requireText('save', 'key', key);
    const copy = copyPlain(value, key);
    requireBytes(copy, key, { bytesMax: SAVED_BYTES_MAX, codec: this.#env.codec });
    this.#env.store.put(TABLE, key, copy);
  }

  show(what: string, id: string, data?: Facts): void {
    requireText('show', 'what', what);
    requireText('show', 'id', id);
    const facts = factsOf('show', data);
    this.#env.emit({ type: 'shown', what, id, ...facts });
    this.#trace({ type: 'shown', what, id, ...facts });
  }

  state(subject: string, id: string, to: string, data?: Facts): void {
    requireText('state', 'subject', subject);
    requireText('state', 'id', id);
    requireText('state', 'to', to);
    this.#trace({ type: 'state', subject, id, to, ...factsOf('state', data) });
  }

  #trace(detail: TraceDetail): void {
    if (this.#env.tracing) this.#env.trace(detail);
  }
}

/** Programs are written in JavaScript as well: what would vanish without a word is told to whoever wrote it. */
function requireText(method: string, argument: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`env.${method}: ${argument} is ${said(value)}; it is a text`);
}

/** The data of a show or state: a program may go on changing its own, and the trace says what held when it was told. */
function factsOf(method: string, data: Facts | undefined): { readonly data?: Facts } {
  if (data === undefined) return {};
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new TypeError(`env.${method}: data is ${said(data)}; it is a record`);
  return { data: copyPlain(data, 'data') };
}

function said(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `the text "${value}"`;
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a record' : `a ${typeof value}`;
}
