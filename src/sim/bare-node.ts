import type { Random } from '../core/capabilities.ts';
import type { BaseEnv, CommandInput, Program } from '../core/env.ts';
import type { TraceDetail } from '../core/trace.ts';
import type { Address, NodeName } from '../core/types.ts';
import { type Timer, TimerTable } from './timers.ts';
import type { Inhabitant, World } from './world.ts';

/**
 * A program with nothing around it: no store, so no commit, so what it sends leaves at once.
 * It has the same env as everywhere; this is how large networks of small programs are simulated.
 */
export class BareNode<Message> implements Inhabitant, BaseEnv<Message> {
  static readonly START = 1;
  static readonly COMMAND = 2;

  // What every message touches comes first, so that it shares a line of the processor's cache.
  readonly index: number;
  readonly #world: World;
  program: Program<Message> | null = null;
  readonly name: NodeName;
  /** How far this node's wall clock is off, ms. */
  skewMillis = 0;
  readonly #make: (env: BaseEnv<Message>) => Program<Message>;
  readonly #timers = new TimerTable();
  #random: Random | null = null;
  #run = 0;
  #traceCount = 0;

  constructor(world: World, index: number, name: NodeName, make: (env: BaseEnv<Message>) => Program<Message>) {
    this.index = index;
    this.name = name;
    this.#world = world;
    this.#make = make;
  }

  start(): void {
    if (this.program !== null) return;
    this.#world.rise(this.index);
    this.#run += 1;
    if (this.tracing) this.trace({ type: 'life', what: 'start' });
    this.program = this.#make(this);
    this.program.start();
    this.program.endTurn?.();
  }

  crash(): void {
    if (this.program === null) return;
    if (this.tracing) this.trace({ type: 'life', what: 'kill' });
    this.program = null;
    this.#timers.clear((timer) => this.#world.cancelTimer(timer));
    this.#world.fall(this.index);
  }

  receive(from: Address, message: unknown): void {
    if (this.#world.traceSink !== null) this.#traceReceived(from, message);
    const program = this.program as Program<Message>;
    program.input(from, message as Message);
    if (program.endTurn !== undefined) program.endTurn();
  }

  warm(): boolean {
    return this.program?.endTurn !== undefined;
  }

  fire(timer: Timer): void {
    const program = this.program;
    if (program === null) return;
    if (this.#world.traceSink !== null) this.trace({ type: 'timer', kind: timer.kind, key: timer.key });
    if (timer.mapped) this.#timers.rest(timer);
    this.#world.firing = timer;
    this.#world.firingAt = this.index;
    program.timer(timer.kind, timer.key);
    this.#world.firing = null;
    if (program.endTurn !== undefined) program.endTurn();
  }

  happen(what: number, payload: unknown): void {
    if (what === BareNode.START) this.start();
    else {
      this.program?.command?.(payload as CommandInput);
      this.program?.endTurn?.();
    }
  }

  // --- the env of the program ---

  get monotonicMillis(): number {
    return this.#world.now;
  }

  get wallMillis(): number {
    return Math.floor(this.#world.epochMillis + this.#world.now + this.skewMillis);
  }

  get random(): Random {
    this.#random ??= this.#world.stream('node', this.index);
    return this.#random;
  }

  get tracingFrames(): boolean {
    return this.tracing && this.#world.traceFrames;
  }

  get tracing(): boolean {
    return this.#world.traceSink !== null;
  }

  send(to: Address, message: Message): void {
    const number = this.#world.send(this.index, to, message);
    if (this.#world.traceSink !== null) this.#traceSent(to, message, number);
  }

  setTimer(kind: string, key: string, delayMillis: number): void {
    // Most timers are set anew when they fire: then their record is at hand.
    const firing = this.#world.firing;
    const again = firing !== null && firing.kind === kind && firing.key === key && !firing.mapped && this.#world.firingAt === this.index;
    this.#world.setTimer(this.index, again ? firing : this.#timers.obtain(kind, key), delayMillis);
  }

  cancelTimer(kind: string, key: string): void {
    const timer = this.#timers.find(kind, key);
    if (timer === undefined) return;
    this.#world.cancelTimer(timer);
    this.#timers.rest(timer);
  }

  emit(event: unknown): void {
    this.#world.onEmit?.(this.name, event);
  }

  trace(detail: TraceDetail): void {
    const sink = this.#world.traceSink;
    if (sink === null) return;
    this.#traceCount += 1;
    sink({
      id: `${this.name}/${this.#run}/${this.#traceCount}`,
      node: this.name,
      logical: this.#traceCount,
      monotonicMillis: this.monotonicMillis,
      wallMillis: this.wallMillis,
      detail,
    });
  }

  /** Frames of bare programs are numbered by their world, and hold one message each, which is never encoded: it has no size. */
  #traceSent(to: Address, message: Message, number: number): void {
    const peer = this.#world.nameOf(to);
    if (number === 0) this.trace({ type: 'drop', peer, reason: 'lost or cut' });
    for (let copy = number; copy > 0 && copy <= this.#world.lastSequence; copy += 1) {
      this.trace({ type: 'send', frame: `${this.name}/0/f${copy}`, to: peer, kind: kindOf(message), messages: NO_MESSAGES, bytes: 0 });
    }
  }

  #traceReceived(from: Address, message: unknown): void {
    const peer = this.#world.nameOf(from);
    this.trace({ type: 'receive', frame: `${peer}/0/f${this.#world.sequence}`, from: peer, kind: kindOf(message), messages: NO_MESSAGES, bytes: 0 });
  }
}

const NO_MESSAGES: readonly [] = [];

/** What a program calls its message, if it says so in a field `type`. */
function kindOf(message: unknown): string {
  const type = typeof message === 'object' && message !== null ? (message as { readonly type?: unknown }).type : undefined;
  return typeof type === 'string' ? type : 'message';
}
