import { createHash } from 'node:crypto';
import type { Tally } from '../../examples/bare-chord/bare-chord.ts';
import type { BaseEnv, Program } from '../../src/core/env.ts';
import { Chord } from '../../src/core/ring/chord.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { RingAnswer, RingNotice, RingOptions, RingPort, RingQuestion, RingTimer } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';

export type RingMessage =
  | { readonly type: 'ask'; readonly call: number; readonly question: RingQuestion }
  | { readonly type: 'answer'; readonly call: number; readonly answer: RingAnswer }
  | { readonly type: 'tell'; readonly notice: RingNotice };

/** The pace of W1; all else is what the product uses. */
export const RING_PACE: Partial<RingOptions> = { stabiliseMillis: 20_000, fingerMillis: 10_000, mergeMillis: 120_000 };
const LOOK_UP_MILLIS = 10_000;
const ANSWER_MILLIS = 1_000;
const KEY_DIGITS = 64;
const NO_KEY = new Uint8Array(0);

/** A contact of a simulated member. Ids are SHA-256, as the product's. */
export function contactOf(index: number, seed: number): Contact {
  const id = createHash('sha256').update(`${seed}/${index}`).digest('hex') as NodeId;
  return { id, name: `n${index}`, endpoint: { address: `sim:${index}`, key: NO_KEY } };
}

/** A node that is nothing but a member of the product's ring (`src/core/ring/`) and looks up random keys. */
export class RingProgram implements Program<RingMessage> {
  readonly chord: Chord;
  readonly #env: BaseEnv<RingMessage>;
  readonly #contacts: readonly Contact[];
  readonly #tally: Tally;
  readonly #calls = new Map<number, (answer: RingAnswer | null) => void>();
  #callCount = 0;

  constructor(env: BaseEnv<RingMessage>, index: number, contacts: readonly Contact[], tally: Tally) {
    this.#env = env;
    this.#contacts = contacts;
    this.#tally = tally;
    // As in W1: joined through somebody of the first half of those who came before.
    const known = index === 0 ? [] : [contacts[index < 4 ? 0 : Math.trunc(env.random.fraction() * Math.trunc(index / 2))] as Contact];
    this.chord = new Chord(this.#port(contacts[index] as Contact, known), RING_PACE);
  }

  start(): void {
    this.chord.start();
    this.#env.setTimer('look-up', '', LOOK_UP_MILLIS * this.#env.random.fraction());
  }

  input(from: number, message: RingMessage): void {
    switch (message.type) {
      case 'ask':
        return this.#env.send(from, { type: 'answer', call: message.call, answer: this.chord.answer(this.#contacts[from] as Contact, message.question) });
      case 'answer': {
        const answered = this.#calls.get(message.call);
        if (answered === undefined) return;
        this.#calls.delete(message.call);
        this.#env.cancelTimer('call', String(message.call));
        return answered(message.answer);
      }
      case 'tell':
        return this.chord.notice(this.#contacts[from] as Contact, message.notice);
    }
  }

  timer(kind: string, key: string): void {
    if (kind === 'look-up') {
      this.#env.setTimer(kind, '', LOOK_UP_MILLIS);
      if (this.chord.joined) this.#lookUp();
    } else if (kind === 'call') {
      const answered = this.#calls.get(Number(key));
      this.#calls.delete(Number(key));
      answered?.(null);
    } else this.chord.timer(kind as RingTimer);
  }

  #lookUp(): void {
    let key = '';
    while (key.length < KEY_DIGITS)
      key += Math.floor(this.#env.random.fraction() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    this.chord.lookup(key, ({ owners, hops }) => {
      if (owners.length === 0 || hops.length === 0) return;
      this.#tally.lookups += 1;
      this.#tally.hops += hops.length;
    });
  }

  #port(self: Contact, known: readonly Contact[]): RingPort {
    const env = this.#env;
    return {
      self,
      ask: (to, question, answered) => {
        this.#callCount += 1;
        this.#calls.set(this.#callCount, answered);
        env.send(indexOf(to), { type: 'ask', call: this.#callCount, question });
        env.setTimer('call', String(this.#callCount), ANSWER_MILLIS);
      },
      tell: (to, notice) => env.send(indexOf(to), { type: 'tell', notice }),
      setTimer: (kind, delayMillis) => env.setTimer(kind, '', delayMillis),
      get monotonicMillis() {
        return env.monotonicMillis;
      },
      fraction: () => env.random.fraction(),
      changed: () => {},
      members: () => known,
    };
  }
}

function indexOf(contact: Contact): number {
  return Number(contact.endpoint.address.slice('sim:'.length));
}
