import type { BaseEnv, CommandInput, Program } from '../core/env.ts';
import { Judge, type Rule, type Verdict } from '../core/rules.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { Address, NodeName } from '../core/types.ts';
import { BareNode } from './bare-node.ts';
import { EventQueue } from './event-queue.ts';
import { Network, type NetworkOptions } from './network.ts';
import { type SeededRandom, stream } from './random.ts';
import { NONE } from './slots.ts';
import type { Timer } from './timers.ts';

export interface WorldOptions extends NetworkOptions {
  readonly seed: number | string;
  /** What wall clocks show at virtual time 0, ms since 1970. */
  readonly epochMillis?: number;
  /** Who gets every trace event in order; null or absent: nothing is traced and nothing is paid for it. */
  readonly traceSink?: ((event: TraceEvent) => void) | null;
  /** False: frames are left out of the trace, which is most of it. Default true. */
  readonly traceFrames?: boolean;
}

/** Something at an index of the world: a bare program, a chat node, the seed server. */
export interface Inhabitant {
  readonly index: number;
  readonly name: string;
  receive(from: Address, message: unknown): void;
  fire(timer: Timer): void;
  /** Reads what `receive` will need, so that memory fetches it while the event before is handled. The answer means nothing. */
  warm(): boolean;
  /** Whatever the inhabitant scheduled for itself with `World.schedule`. */
  happen(what: number, payload: unknown): void;
}

/** What an event in the queue is: the low bits of its tag; the others tell the life of the target that it is meant for. */
const MESSAGE = 0;
const TIMER = 1;
/** For the target in one life of it only. */
const OWN = 2;
/** For the target whatever became of it. */
const ANY_LIFE = 3;
const KIND_BITS = 2;
const KIND_MASK = 3;

/** What a message of a bare program counts before a line of limited bandwidth. */
const MESSAGE_BYTES = 100;

const LOST = 0;

export const EPOCH_MILLIS = 1_750_000_000_000;

/**
 * The simulated world: a virtual clock, inhabitants by index, a network between them, timers.
 *
 * Invariants
 * 1. Events happen in the order (time, order of scheduling); time never goes back.
 * 2. What was meant for one life of an inhabitant (frames, timers, answers) never reaches a later one.
 * 3. Every choice comes from a named stream of the seed.
 */
export class World {
  readonly seed: number | string;
  readonly network: Network;
  readonly traceSink: ((event: TraceEvent) => void) | null;
  readonly traceFrames: boolean;
  readonly epochMillis: number;
  /** Virtual milliseconds since the start of the world. */
  now = 0;
  /** Number of the event that is happening: that of a message is what `send` returned. */
  sequence = 0;
  /** Messages handed to programs and timers that fired, so far. */
  messageCount = 0;
  timerCount = 0;
  rules: readonly Rule[] = [];
  /** Whoever watches: what programs tell by `emit`. */
  onEmit: ((name: string, event: unknown) => void) | null = null;
  /** Nobody needs these; they keep what is read ahead from being left out. */
  warmed = false;
  warmedIndex = 0;
  /** The timer of a bare program that is firing now, and where. */
  firing: Timer | null = null;
  firingAt = 0;
  readonly #judge: Judge;
  readonly #queue = new EventQueue();
  readonly #inhabitants: Inhabitant[] = [];
  /** Odd while the inhabitant is up, even while it is down; grows by one with each change. */
  #lives = new Int32Array(64);

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.epochMillis = options.epochMillis ?? EPOCH_MILLIS;
    this.traceSink = options.traceSink ?? null;
    this.traceFrames = options.traceFrames ?? true;
    this.network = new Network(stream(options.seed, 'network'), options);
    this.#judge = new Judge(() => this.network.fraction());
  }

  get size(): number {
    return this.#inhabitants.length;
  }

  /** Whether nothing else may happen at this very instant. Holds while an event is handled. */
  get instantIsOver(): boolean {
    return !this.#queue.hasMoreAt(this.now);
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#queue.size;
  }

  /** The number of the event that was scheduled last. */
  get lastSequence(): number {
    return this.#queue.lastSequence;
  }

  stream(...names: ReadonlyArray<string | number>): SeededRandom {
    return stream(this.seed, ...names);
  }

  /** Takes somebody in; `make` is told the index, which is the address. */
  settle<Kind extends Inhabitant>(make: (index: number) => Kind): Kind {
    const index = this.#inhabitants.length;
    if (index === this.#lives.length) {
      const lives = new Int32Array(index * 2);
      lives.set(this.#lives);
      this.#lives = lives;
    }
    const inhabitant = make(index);
    this.#inhabitants.push(inhabitant);
    return inhabitant;
  }

  /** A node that runs a program without store and keys: the fast path. It is down until `start`. */
  addProgram<Message>(name: string, make: (env: BaseEnv<Message>) => Program<Message>): BareNode<Message> {
    return this.settle((index) => new BareNode<Message>(this, index, name as NodeName, make));
  }

  /** Starts a bare program now or at a time to come. */
  start(index: Address, atMillis = this.now): void {
    if (atMillis <= this.now) this.#bare(index).start();
    else this.scheduleAt(index, atMillis, BareNode.START, undefined);
  }

  /** The bare program ends without warning; frames on the way to it are lost. */
  crash(index: Address): void {
    this.#bare(index).crash();
  }

  command(index: Address, command: CommandInput): void {
    this.#queue.push(this.now, this.#ownTag(index), index, BareNode.COMMAND, command);
  }

  isUp(index: Address): boolean {
    return ((this.#lives[index] as number) & 1) === 1;
  }

  /** Called by inhabitants when they start. */
  rise(index: number): void {
    if (!this.isUp(index)) this.#lives[index] = (this.#lives[index] as number) + 1;
  }

  /** Called by inhabitants when they stop or crash: from now on nothing that was under way to them arrives. */
  fall(index: number): void {
    if (this.isUp(index)) this.#lives[index] = (this.#lives[index] as number) + 1;
  }

  /** Puts a message on the way from a bare program. Returns its number, by which a trace names it at both ends, or 0 when it is lost. Copies that a fault makes have the numbers after it. */
  send(from: number, to: Address, message: unknown): number {
    if (this.network.lossProbability > 0 && this.network.loses()) return LOST;
    const delayMillis = this.network.delayMillis();
    if (this.rules.length > 0) return this.#sendJudged(from, to, message, delayMillis);
    this.#queue.push(this.now + delayMillis, ((this.#lives[to] as number) << KIND_BITS) | MESSAGE, to, from, message, delayMillis);
    return this.#queue.lastSequence;
  }

  #sendJudged(from: number, to: Address, message: unknown, delayMillis: number): number {
    const verdict = this.judge(this.nameOf(from), this.nameOf(to), MESSAGE_BYTES);
    if (verdict.action === 'drop') return LOST;
    const first = this.#queue.lastSequence + 1;
    if (verdict.action === 'pass') {
      this.carry(from, to, message, this.now + delayMillis);
      return first;
    }
    const base = this.now + verdict.delayMillis;
    this.carry(from, to, message, base + delayMillis);
    for (let copy = 1; copy < verdict.copies; copy += 1) this.carry(from, to, message, base + this.network.delayMillis());
    return first;
  }

  /** A message will arrive at a time, if its target is then in the same life as now. */
  carry(from: number, to: Address, message: unknown, atMillis: number): void {
    this.#queue.push(atMillis, ((this.#lives[to] as number) << KIND_BITS) | MESSAGE, to, from, message);
  }

  judge(from: string, to: string, bytes: number, rules: readonly Rule[] = this.rules): Verdict {
    return this.#judge.judge(rules, { from, to, bytes, nowMillis: this.now });
  }

  nameOf(index: Address): string {
    return this.#inhabitants[index]?.name ?? `unknown-${index}`;
  }

  /** Something that an inhabitant wants to happen to itself in this life. */
  schedule(index: number, delayMillis: number, what: number, payload: unknown): void {
    this.#queue.push(this.now + delayMillis, this.#ownTag(index), index, what, payload, delayMillis === 0 ? 0 : Number.NaN);
  }

  /** Something that will happen to an inhabitant at a time, whatever becomes of it in between. */
  scheduleAt(index: number, atMillis: number, what: number, payload: unknown): void {
    this.#queue.push(atMillis, ANY_LIFE, index, what, payload);
  }

  setTimer(index: number, timer: Timer, delayMillis: number): void {
    if (timer.slot >= 0) this.#queue.cancel(timer.slot);
    timer.waiting = false;
    const delay = delayMillis > 0 ? delayMillis : 0;
    timer.slot = this.#queue.push(this.now + delay, TIMER, index, 0, timer, delay);
  }

  cancelTimer(timer: Timer): void {
    if (timer.slot >= 0) this.#queue.cancel(timer.slot);
    timer.slot = -1;
    timer.waiting = false;
  }

  /** Lets the next event happen if its time is at most `limitMillis`; false when there is none. */
  step(limitMillis = Number.POSITIVE_INFINITY): boolean {
    const queue = this.#queue;
    const slot = queue.pop(limitMillis);
    if (slot < 0) return false;
    const events = queue.events;
    const tag = events.tagOf(slot);
    const target = events.targetOf(slot);
    const source = events.sourceOf(slot);
    const payload = events.payloads[slot];
    this.now = events.timeOf(slot);
    this.sequence = events.sequenceOf(slot);
    events.release(slot);
    const inhabitant = this.#inhabitants[target];
    if (inhabitant === undefined) return true;
    const next = queue.nextSlot;
    if (next !== NONE) {
      // Nobody may live there: what is sent to such an address is lost.
      this.warmed = this.#inhabitants[events.targetOf(next)]?.warm() ?? false;
      // Of the one after it, what leads to what it will need.
      const following = events.nextOf(next);
      if (following !== NONE) this.warmedIndex = this.#inhabitants[events.targetOf(following)]?.index ?? NONE;
    }
    switch (tag & KIND_MASK) {
      case MESSAGE:
        if (this.#isIn(target, tag)) {
          this.messageCount += 1;
          inhabitant.receive(source, payload);
        }
        break;
      case TIMER:
        (payload as Timer).slot = -1;
        this.timerCount += 1;
        inhabitant.fire(payload as Timer);
        break;
      case OWN:
        if (this.#isIn(target, tag)) inhabitant.happen(source, payload);
        break;
      case ANY_LIFE:
        inhabitant.happen(source, payload);
        break;
    }
    return true;
  }

  /** Lets time pass up to `untilMillis`, or until `stop` says so after an event. Returns false when it was stopped. */
  runUntil(untilMillis: number, stop: (() => boolean) | null = null): boolean {
    if (stop === null) {
      while (this.step(untilMillis));
    } else {
      while (this.step(untilMillis)) if (stop()) return false;
    }
    if (untilMillis > this.now && untilMillis < Number.POSITIVE_INFINITY) this.now = untilMillis;
    return true;
  }

  #ownTag(index: number): number {
    return ((this.#lives[index] as number) << KIND_BITS) | OWN;
  }

  /** The target is up, and in the life for which the tag was made. */
  #isIn(target: number, tag: number): boolean {
    const life = this.#lives[target] as number;
    return (life & 1) === 1 && life === tag >> KIND_BITS;
  }

  #bare(index: Address): BareNode<never> {
    const inhabitant = this.#inhabitants[index];
    if (!(inhabitant instanceof BareNode)) throw new Error(`no bare program at ${index}`);
    return inhabitant as BareNode<never>;
  }
}
