import type { BaseEnv, Program } from '../../src/core/env.ts';
import { Chord } from '../../src/core/ring/chord.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import { LocationCache } from '../../src/core/ring/location-cache.ts';
import {
  type Asker,
  RING_OPTIONS,
  type RingAnswer,
  type RingNotice,
  type RingOptions,
  type RingPlace,
  type RingPort,
  type RingQuestion,
  type RingTimer,
} from '../../src/core/ring/ring-port.ts';
import type { Address } from '../../src/core/types.ts';

/** What the programs of a simulated ring send each other. `channel` keeps the ring apart from what is built on it. */
export type Wire =
  | { readonly type: 'ask'; readonly call: number; readonly channel: string; readonly body: unknown }
  | { readonly type: 'answer'; readonly call: number; readonly body: unknown }
  | { readonly type: 'tell'; readonly channel: string; readonly body: unknown };

export interface Detection {
  /** With a timeout above the longest round trip and no loss, one try is a perfect failure detector. */
  readonly tries: number;
  readonly timeoutMillis: number;
}

export type Answerer = (from: Contact, body: unknown) => unknown;

interface Call {
  readonly to: Contact;
  readonly message: Wire;
  triesLeft: number;
  readonly asker: Asker<unknown>;
}

/** Questions with tries and timeouts over any env. */
export class Calls {
  readonly #env: BaseEnv<Wire>;
  readonly #detection: Detection;
  readonly #open = new Map<number, Call>();
  #count = 0;

  constructor(env: BaseEnv<Wire>, detection: Detection) {
    this.#env = env;
    this.#detection = detection;
  }

  ask(to: Contact, channel: string, body: unknown, asker: Asker<unknown>): void {
    this.#count += 1;
    const call = { to, message: { type: 'ask', call: this.#count, channel, body } as const, triesLeft: this.#detection.tries, asker };
    this.#open.set(this.#count, call);
    if (asker.slow !== undefined) this.#env.setTimer('call-slow', String(this.#count), RING_OPTIONS.hastenMillis);
    this.#try(this.#count, call);
  }

  #try(id: number, call: Call): void {
    call.triesLeft -= 1;
    this.#env.send(indexOf(call.to), call.message);
    this.#env.setTimer('call', String(id), this.#detection.timeoutMillis);
  }

  timer(key: string): void {
    const id = Number(key);
    const call = this.#open.get(id);
    if (call === undefined) return;
    if (call.triesLeft > 0) return this.#try(id, call);
    this.#close(id, call);
    call.asker.answered(null);
  }

  slowTimer(key: string): void {
    const call = this.#open.get(Number(key));
    if (call === undefined) return;
    this.#env.setTimer('call-slow', key, RING_OPTIONS.hastenMillis);
    call.asker.slow?.();
  }

  #close(id: number, call: Call): void {
    this.#open.delete(id);
    if (call.asker.slow !== undefined) this.#env.cancelTimer('call-slow', String(id));
  }

  /** R11: only the one who was asked can answer. */
  answer(from: Address, id: number, body: unknown): void {
    const call = this.#open.get(id);
    if (call === undefined || indexOf(call.to) !== from) return;
    this.#close(id, call);
    this.#env.cancelTimer('call', String(id));
    call.asker.answered(body);
  }
}

export function indexOf(contact: Contact): Address {
  return Number(contact.endpoint.address.slice(4));
}

export interface RingProgramParts {
  readonly self: Contact;
  readonly contactOf: (index: Address) => Contact;
  readonly detection: Detection;
  readonly options: Partial<RingOptions>;
  readonly members: () => readonly Contact[];
  readonly place: RingPlace | null;
  /** Whom it meets on one way it knows on the next. */
  readonly locates: boolean;
  readonly changed: (program: RingProgram) => void;
  /** Sees every answer and notice at the moment it is taken in; negative controls change them. */
  readonly taken?: (program: RingProgram, from: Contact, what: RingAnswer | RingNotice) => RingAnswer | RingNotice;
  /** Answers instead of the network: a negative control. */
  readonly instead?: (program: RingProgram, question: RingQuestion) => RingAnswer | null;
  /** Sees the state that is given to somebody, while it is under way. */
  readonly given?: (program: RingProgram, to: Contact, answer: RingAnswer) => void;
}

/** A node that is nothing but a member of the ring, with room for one more layer on top. */
export class RingProgram implements Program<Wire> {
  readonly self: Contact;
  readonly chord: Chord;
  readonly calls: Calls;
  readonly env: BaseEnv<Wire>;
  /** The layer on top. */
  readonly answerers = new Map<string, Answerer>();
  readonly timers = new Map<string, (key: string) => void>();
  onStart: () => void = () => undefined;
  onChanged: () => void = () => undefined;
  readonly #parts: RingProgramParts;

  constructor(env: BaseEnv<Wire>, parts: RingProgramParts) {
    this.env = env;
    this.self = parts.self;
    this.#parts = parts;
    this.calls = new Calls(env, parts.detection);
    this.chord = new Chord(this.#port(), { ...RING_OPTIONS, ...parts.options });
  }

  #port(): RingPort {
    const { env, self } = this;
    const parts = this.#parts;
    const located = parts.locates ? new LocationCache(self.id) : null;
    return {
      self,
      ...(located === null ? {} : { closestBefore: (key) => located.closestBefore(key, env.monotonicMillis, () => false) }),
      ask: (to, question, asker) => {
        const instead = parts.instead?.(this, question) ?? null;
        if (instead !== null) return this.soon(() => asker.answered(instead));
        this.calls.ask(to, 'ring', question, {
          answered: (body) => {
            const answer = body as RingAnswer | null;
            if (answer === null) located?.remove(to.id);
            else located?.heard(to, answer, env.monotonicMillis);
            asker.answered(answer === null || parts.taken === undefined ? answer : (parts.taken(this, to, answer) as RingAnswer));
          },
          ...(asker.slow === undefined ? {} : { slow: () => asker.slow?.() }),
        });
      },
      tell: (to, notice) => env.send(indexOf(to), { type: 'tell', channel: 'ring', body: notice }),
      setTimer: (kind, delayMillis) => env.setTimer(kind, '', delayMillis),
      cancelTimer: (kind) => env.cancelTimer(kind, ''),
      get monotonicMillis() {
        return env.monotonicMillis;
      },
      fraction: () => env.random.fraction(),
      changed: () => {
        parts.changed(this);
        this.onChanged();
      },
      members: parts.members,
    };
  }

  #later: Array<() => void> = [];
  soon(action: () => void): void {
    this.#later.push(action);
    this.env.setTimer('soon', '', 0);
  }

  start(): void {
    this.chord.start(this.#parts.place);
    this.onStart();
  }

  input(from: Address, message: Wire): void {
    const contact = this.#parts.contactOf(from);
    switch (message.type) {
      case 'ask': {
        const body =
          message.channel === 'ring' ? this.#answer(contact, message.body as RingQuestion) : this.answerers.get(message.channel)?.(contact, message.body);
        if (body !== undefined && body !== null) this.env.send(from, { type: 'answer', call: message.call, body });
        return;
      }
      case 'answer':
        return this.calls.answer(from, message.call, message.body);
      case 'tell': {
        if (message.channel !== 'ring') return void this.answerers.get(message.channel)?.(contact, message.body);
        const notice = message.body as RingNotice;
        return this.chord.notice(contact, (this.#parts.taken?.(this, contact, notice) as RingNotice | undefined) ?? notice);
      }
    }
  }

  #answer(from: Contact, question: RingQuestion): RingAnswer {
    const answer = this.chord.answer(from, question);
    this.#parts.given?.(this, from, answer);
    return answer;
  }

  timer(kind: string, key: string): void {
    if (kind === 'call') return this.calls.timer(key);
    if (kind === 'call-slow') return this.calls.slowTimer(key);
    if (kind === 'soon') {
      const later = this.#later;
      this.#later = [];
      for (const action of later) action();
      return;
    }
    const own = this.timers.get(kind);
    if (own !== undefined) return own(key);
    this.chord.timer(kind as RingTimer);
  }
}
