import { createHash } from 'node:crypto';
import type { Tally } from '../../examples/bare-chord/bare-chord.ts';
import type { BaseEnv, Program } from '../../src/core/env.ts';
import { Chord } from '../../src/core/ring/chord.ts';
import { type Contact, idAt, PLACES } from '../../src/core/ring/circle.ts';
import {
  type Asker,
  type LookupResult,
  RING_OPTIONS,
  type RingAnswer,
  type RingNotice,
  type RingOptions,
  type RingPort,
  type RingQuestion,
  type RingTimer,
} from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import { type OpenQuestions, SWEEP_MILLIS } from './open-questions.ts';

export type RingMessage =
  | { readonly type: 'ask'; readonly call: number; readonly question: RingQuestion }
  | { readonly type: 'answer'; readonly call: number; readonly answer: RingAnswer }
  | { readonly type: 'tell'; readonly notice: RingNotice };

/** The pace of W1; all else is what the product uses. */
export const RING_PACE: RingOptions = { ...RING_OPTIONS, stabiliseMillis: 20_000, fingerMillis: 10_000, mergeMillis: 120_000 };
const LOOK_UP_MILLIS = 10_000;
const NO_KEY = new Uint8Array(0);
const NOBODY: readonly Contact[] = [];

/** A contact with the address that the simulator sends to. */
interface SimulatedContact extends Contact {
  readonly index: number;
}

/** A contact of a simulated member. Ids are SHA-256, as the product's. */
export function contactOf(index: number, seed: number): SimulatedContact {
  const id = createHash('sha256').update(`${seed}/${index}`).digest('hex') as NodeId;
  return { id, index, name: `n${index}`, endpoint: { address: String(index), key: NO_KEY } };
}

/** What the programs of one run have in common. */
export interface RingRun {
  /** By address. */
  readonly contacts: readonly Contact[];
  readonly questions: OpenQuestions;
  readonly found: (result: LookupResult) => void;
}

/** Counts a look-up that was answered by message. */
export function counted(tally: Tally): RingRun['found'] {
  return ({ owners, hops }) => {
    if (owners.length === 0 || hops.length === 0) return;
    tally.lookups += 1;
    tally.hops += hops.length;
  };
}

/** A node that is nothing but a member of the product's ring (`src/core/ring/`) and looks up random keys. */
export class RingProgram implements Program<RingMessage>, RingPort {
  readonly chord: Chord;
  readonly #env: BaseEnv<RingMessage>;
  readonly #run: RingRun;
  readonly self: Contact;
  readonly #known: readonly Contact[];

  constructor(env: BaseEnv<RingMessage>, index: number, run: RingRun) {
    this.#env = env;
    this.#run = run;
    this.self = run.contacts[index] as Contact;
    // As in W1: joined through somebody of the first half of those who came before.
    this.#known = index === 0 ? NOBODY : [run.contacts[index < 4 ? 0 : Math.trunc(env.random.fraction() * Math.trunc(index / 2))] as Contact];
    this.chord = new Chord(this, RING_PACE);
  }

  start(): void {
    this.chord.start();
    this.#env.setTimer('look-up', '', LOOK_UP_MILLIS * this.#env.random.fraction());
    // The first member, which is always there, does it for all.
    if (this.#known === NOBODY) this.#env.setTimer('sweep', '', SWEEP_MILLIS);
  }

  input(from: number, message: RingMessage): void {
    switch (message.type) {
      case 'ask':
        return this.#env.send(from, { type: 'answer', call: message.call, answer: this.chord.answer(this.#run.contacts[from] as Contact, message.question) });
      case 'answer':
        return this.#run.questions.answer(from, message.call, message.answer);
      case 'tell':
        return this.chord.notice(this.#run.contacts[from] as Contact, message.notice);
    }
  }

  timer(kind: string): void {
    if (kind === 'look-up') {
      this.#env.setTimer(kind, '', LOOK_UP_MILLIS);
      if (this.chord.joined) this.#lookUp();
    } else if (kind === 'sweep') {
      this.#env.setTimer(kind, '', SWEEP_MILLIS);
      this.#run.questions.sweep();
    } else this.chord.timer(kind as RingTimer);
  }

  #lookUp(): void {
    const key = idAt(Math.floor(this.#env.random.fraction() * PLACES));
    this.chord.lookup(key, this.#run.found);
  }

  // --- what the ring needs ---

  ask(to: Contact, question: RingQuestion, asker: Asker): void {
    const address = indexOf(to);
    this.#env.send(address, { type: 'ask', call: this.#run.questions.add(address, asker), question });
  }

  tell(to: Contact, notice: RingNotice): void {
    this.#env.send(indexOf(to), { type: 'tell', notice });
  }

  setTimer(kind: RingTimer, delayMillis: number): void {
    this.#env.setTimer(kind, '', delayMillis);
  }

  cancelTimer(kind: RingTimer): void {
    this.#env.cancelTimer(kind, '');
  }

  get monotonicMillis(): number {
    return this.#env.monotonicMillis;
  }

  fraction(): number {
    return this.#env.random.fraction();
  }

  changed(): void {
    // Nothing is built on these members.
  }

  members(): readonly Contact[] {
    return this.#known;
  }
}

/** The ring hands back the very contacts that it was given. */
function indexOf(contact: Contact): number {
  return (contact as SimulatedContact).index;
}
