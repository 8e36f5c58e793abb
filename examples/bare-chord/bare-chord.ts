import type { BaseEnv, Program } from '../../src/core/env.ts';
import { FINGERS, FingerTable } from './finger-table.ts';
import { gap, Mulberry32, mix32, placeOf, saltOf } from './identifiers.ts';
import { ASK_PREDECESSOR, type ChordMessage, GOAL_JOIN, GOAL_LOOK_UP, type Goal, NOTIFY, PING, PONG } from './messages.ts';

const NOBODY = -1;
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

export interface BareChordSettings {
  readonly seed: number;
  /** Own address: nodes are 0, 1, 2 and so on in the order of their start. */
  readonly address: number;
}

/**
 * Chord with the least that grows and uses a ring (after Stoica et al., SIGCOMM 2001): one successor, no tolerance of failures.
 * It exists to be counted: workload W1 (bench/w1/W1.md) fixes every number in it.
 */
export class BareChord implements Program<ChordMessage> {
  /** The next node clockwise; ourselves while alone. */
  successor: number;
  readonly #env: BaseEnv<ChordMessage>;
  readonly #place: number;
  /** gap(place, the successor's place): keys up to there are the successor's. */
  #reach = gap(0, 0);
  readonly #fingers: FingerTable;
  readonly #address: number;
  #predecessor = NOBODY;
  #joined = false;
  readonly #salt: number;
  readonly #tally: Tally;
  #nextFinger = 1;
  readonly #random: Mulberry32;

  constructor(env: BaseEnv<ChordMessage>, { seed, address }: BareChordSettings, tally: Tally) {
    this.#env = env;
    this.#address = address;
    this.#salt = saltOf(seed);
    this.#place = placeOf(address, this.#salt);
    this.#fingers = new FingerTable(this.#place, this.#salt);
    this.#random = new Mulberry32(mix32(Math.imul(address, 2_654_435_761) ^ seed ^ 0x5bd1e995));
    this.#tally = tally;
    this.successor = address;
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
        if (message.node !== NOBODY && gap(this.#place, this.#placeOf(message.node)) < this.#reach) {
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
    if (gap(this.#place, key) <= this.#reach) this.#env.send(asker, { type: 'found', goal, owner: this.successor, hops });
    else this.#env.send(this.#closestBefore(key), { type: 'find', goal, key, asker, hops: hops + 1 });
  }

  #found(goal: Goal, owner: number, hops: number): void {
    if (goal === GOAL_LOOK_UP) {
      this.#tally.lookups += 1;
      this.#tally.hops += hops;
    } else if (goal !== GOAL_JOIN) this.#fingers.set(goal, owner);
    else if (!this.#joined) {
      this.#follow(owner);
      this.#enter();
    }
  }

  #lookUp(): void {
    const key = this.#random.next();
    if (gap(this.#place, key) > this.#reach) this.#ask(key, GOAL_LOOK_UP);
  }

  /** Renews the next finger that needs a message; those that begin before our successor are our successor. */
  #fixFinger(): void {
    for (let tries = 0; tries < FINGERS; tries += 1) {
      const finger = this.#nextFinger;
      this.#nextFinger = finger === FINGERS ? 1 : finger + 1;
      const begin = (this.#place + (1 << finger)) | 0;
      if (gap(this.#place, begin) > this.#reach) {
        this.#ask(begin, finger);
        return;
      }
      this.#fingers.set(finger, this.successor);
    }
  }

  #ask(key: number, goal: Goal): void {
    this.#env.send(this.#closestBefore(key), { type: 'find', goal, key, asker: this.#address, hops: 1 });
  }

  #closestBefore(key: number): number {
    const finger = this.#fingers.closestBefore(key);
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
    this.#reach = gap(this.#place, this.#placeOf(node));
  }

  #placeOf(address: number): number {
    return placeOf(address, this.#salt);
  }
}
