import type { BaseEnv, Program } from '../../src/core/env.ts';
import { FINGERS, type FingerTables, NOBODY } from './finger-table.ts';
import { gap, Mulberry32, mix32, placeOf } from './identifiers.ts';
import { ASK_PREDECESSOR, type ChordMessage, GOAL_JOIN, GOAL_LOOK_UP, type Goal, NOTIFY, PING, PONG } from './messages.ts';

const JOIN_AGAIN_MILLIS = 10_000;
const STABILISE_MILLIS = 20_000;
const FIX_MILLIS = 10_000;
const CHECK_MILLIS = 120_000;
const LOOK_UP_MILLIS = 10_000;
/** Nodes with lower addresses join through the first node; all others through one of the first half of those before them. */
const FIRST_JOINERS = 4;

/** What all nodes of a run together have looked up. */
export interface Tally {
  /** Look-ups that were answered, those that needed no message left out. */
  lookups: number;
  /** Messages from asking until somebody knew, over all look-ups. */
  hops: number;
}

/** What belongs to a run and not to a node. */
export interface BareChordRun {
  readonly seed: number;
  readonly fingers: FingerTables;
  readonly tally: Tally;
}

/**
 * Chord with the least that grows and uses a ring (after Stoica et al., SIGCOMM 2001): one successor, no tolerance of failures.
 * It exists to be counted: workload W1 (bench/w1/W1.md) fixes every number in it.
 */
export class BareChord implements Program<ChordMessage> {
  readonly #env: BaseEnv<ChordMessage>;
  readonly #run: BareChordRun;
  readonly #address: number;
  readonly #place: number;
  #joined = false;
  /** gap(place, the successor's place), as a signed number, which needs no box: keys up to there are the successor's. */
  #reach = -1;
  /** The next node clockwise; ourselves while alone. */
  successor: number;
  /** Bit k: finger k is known, and is not ourselves. */
  #known = 0;
  /** Bit k: finger k is nearer than the place where it should begin, for it was answered by a ring that did not know all. */
  #near = 0;
  #predecessor = NOBODY;
  #nextFinger = 1;
  readonly #random: Mulberry32;

  /** `address` is the node's own: nodes are 0, 1, 2 and so on in the order of their start. */
  constructor(env: BaseEnv<ChordMessage>, address: number, run: BareChordRun) {
    this.#env = env;
    this.#run = run;
    this.#address = address;
    this.#place = placeOf(address, run.fingers.salt);
    this.successor = address;
    this.#random = new Mulberry32(mix32(Math.imul(address, 2_654_435_761) ^ run.seed ^ 0x5bd1e995));
  }

  start(): void {
    if (this.#address === 0) this.#enter();
    else this.#askToJoin();
  }

  input(from: number, message: ChordMessage): void {
    switch (message.type) {
      case 'find':
        if (this.#joined) this.#answerOrForward(message);
        break;
      case 'found':
        this.#found(message.goal, message.owner, message.hops);
        break;
      case 'ask-predecessor':
        this.#env.send(from, { type: 'predecessor', node: this.#predecessor });
        break;
      case 'predecessor':
        if (message.node !== NOBODY && gap(this.#place, this.#placeOf(message.node)) < this.#reach >>> 0) {
          this.#follow(message.node);
          this.#env.send(message.node, ASK_PREDECESSOR);
        } else this.#env.send(this.successor, NOTIFY);
        break;
      case 'notify':
        this.#consider(from);
        break;
      case 'ping':
        this.#env.send(from, PONG);
        break;
      case 'pong':
        break;
    }
  }

  timer(kind: string): void {
    switch (kind) {
      case 'look-up':
        this.#env.setTimer(kind, '', LOOK_UP_MILLIS);
        this.#lookUp();
        break;
      case 'fix':
        this.#env.setTimer(kind, '', FIX_MILLIS);
        this.#fixFinger();
        break;
      case 'stabilise':
        this.#env.setTimer(kind, '', STABILISE_MILLIS);
        if (this.successor === this.#address && this.#predecessor !== NOBODY) this.#follow(this.#predecessor);
        if (this.successor !== this.#address) this.#env.send(this.successor, ASK_PREDECESSOR);
        break;
      case 'check':
        this.#env.setTimer(kind, '', CHECK_MILLIS);
        if (this.#predecessor !== NOBODY) this.#env.send(this.#predecessor, PING);
        break;
      case 'join':
        this.#askToJoin();
        break;
    }
  }

  #askToJoin(): void {
    const known = this.#address < FIRST_JOINERS ? 0 : Math.trunc(this.#random.fraction() * Math.trunc(this.#address / 2));
    this.#env.setTimer('join', '', JOIN_AGAIN_MILLIS);
    this.#env.send(known, { type: 'find', goal: GOAL_JOIN, key: this.#place, asker: this.#address, hops: 0 });
  }

  /** From now on a member. */
  #enter(): void {
    this.#joined = true;
    this.#env.cancelTimer('join', '');
    this.#env.setTimer('stabilise', '', 0);
    this.#env.setTimer('fix', '', FIX_MILLIS * this.#random.fraction());
    this.#env.setTimer('check', '', CHECK_MILLIS * this.#random.fraction());
    this.#env.setTimer('look-up', '', LOOK_UP_MILLIS * this.#random.fraction());
  }

  #answerOrForward(message: ChordMessage & { readonly type: 'find' }): void {
    const { goal, key, asker, hops } = message;
    if (gap(this.#place, key) <= this.#reach >>> 0) this.#env.send(asker, { type: 'found', goal, owner: this.successor, hops });
    else this.#env.send(this.#closestBefore(key), { type: 'find', goal, key, asker, hops: hops + 1 });
  }

  #found(goal: Goal, owner: number, hops: number): void {
    if (goal === GOAL_LOOK_UP) {
      this.#run.tally.lookups += 1;
      this.#run.tally.hops += hops;
    } else if (goal !== GOAL_JOIN) this.#setFinger(goal, owner);
    else if (!this.#joined) {
      this.#follow(owner);
      this.#enter();
    }
  }

  #lookUp(): void {
    const key = this.#random.next();
    if (gap(this.#place, key) > this.#reach >>> 0) this.#ask(key, GOAL_LOOK_UP);
  }

  /** Renews the next finger that needs a message; those that begin before our successor are our successor. */
  #fixFinger(): void {
    for (let tries = 0; tries < FINGERS; tries += 1) {
      const finger = this.#nextFinger;
      this.#nextFinger = finger === FINGERS ? 1 : finger + 1;
      const begin = (this.#place + (1 << finger)) | 0;
      if (gap(this.#place, begin) > this.#reach >>> 0) {
        this.#ask(begin, finger);
        return;
      }
      this.#setFinger(finger, this.successor);
    }
  }

  #ask(key: number, goal: Goal): void {
    this.#env.send(this.#closestBefore(key), { type: 'find', goal, key, asker: this.#address, hops: 1 });
  }

  #setFinger(finger: number, address: number): void {
    const distance = (this.#placeOf(address) - this.#place) >>> 0;
    const bit = 1 << finger;
    this.#run.fingers.set(this.#address, finger, address);
    this.#known = distance === 0 ? this.#known & ~bit : this.#known | bit;
    this.#near = distance < bit >>> 0 ? this.#near | bit : this.#near & ~bit;
  }

  /**
   * The finger of the highest number that lies between us and the key, else the successor. A finger that is where it should be
   * lies 2^k or more away, so those whose 2^k is beyond the key need no look: one or two looks suffice where the pseudocode
   * of Chord walks down all thirty-one.
   */
  #closestBefore(key: number): number {
    const candidates = this.#known & ((-1 >>> Math.clz32(key - this.#place)) | this.#near);
    const finger = this.#run.fingers.highestBefore(this.#address, this.#place, key, candidates);
    return finger === NOBODY ? this.successor : finger;
  }

  #consider(node: number): void {
    if (node === this.#address) return;
    if (this.#predecessor !== NOBODY) {
      const place = this.#placeOf(this.#predecessor);
      if (gap(place, this.#placeOf(node)) >= gap(place, this.#place)) return;
    }
    this.#predecessor = node;
  }

  #follow(node: number): void {
    this.successor = node;
    this.#reach = gap(this.#place, this.#placeOf(node)) | 0;
  }

  #placeOf(address: number): number {
    return placeOf(address, this.#run.fingers.salt);
  }
}
