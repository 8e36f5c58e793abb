import { Chord } from '../../src/core/ring/chord.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import { type Asker, RING_OPTIONS, type RingAnswer, type RingNotice, type RingPort, type RingQuestion, type RingTimer } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import type { LabAnswer, LabEnv, LabProgram } from '../../src/lab/program.ts';
import { Calls, type Wire } from './calls.ts';
import { PLACES, placeOf } from './identifiers.ts';
import { RING_STAYS_WHOLE, SUCCESSORS } from './invariant.ts';

/**
 * The ring of this project (core/ring, by Zave's corrected rules) under the same commands as the first publication.
 * It stabilises by itself as well; notifying and looking after the predecessor are parts of that.
 */

type Message = Wire<RingQuestion, RingAnswer> | { readonly type: 'notice'; readonly body: RingNotice };

/** Places are the first byte of an id of 64 hex digits. */
function contactOf(name: string): Contact {
  const id = `${(placeOf(name) * (256 / PLACES)).toString(16).padStart(2, '0')}${'0'.repeat(62)}` as NodeId;
  return { id, name, endpoint: { address: `lab:${name}`, key: new Uint8Array(32) } };
}

/** A command is over when all that it set off has surely come to rest. */
const SETTLE_MILLIS = 250;
const JOIN_MILLIS = 3_000;
const LOOK_MILLIS = 50;

class Corrected implements LabProgram<Message>, RingPort {
  readonly self: Contact;
  readonly #env: LabEnv<Message>;
  readonly #calls: Calls<RingQuestion, RingAnswer>;
  readonly #chord: Chord;
  #told: readonly Contact[] = [];
  #later: Array<() => void> = [];
  #joining: { readonly answer: LabAnswer; readonly untilMillis: number } | null = null;

  constructor(env: LabEnv<Message>) {
    this.#env = env;
    this.self = contactOf(env.name);
    this.#calls = new Calls(env as unknown as LabEnv<Wire<RingQuestion, RingAnswer>>);
    this.#chord = new Chord(this, { ...RING_OPTIONS, successorCount: SUCCESSORS });
  }

  command(name: string, args: Readonly<Record<string, unknown>>, answer: LabAnswer): void {
    switch (name) {
      case 'stand': {
        const ring = args['ring'] as readonly string[];
        const at = ring.indexOf(this.#env.name);
        if (at < 0 || ring.length <= SUCCESSORS) return answer.refuse('the ring is too small, or this node is not in it');
        const successors = [...ring.slice(at + 1), ...ring.slice(0, at)].slice(0, SUCCESSORS).map(contactOf);
        this.#told = ring.map(contactOf);
        this.#chord.start({ predecessor: contactOf(ring.at(at - 1) as string), successors });
        return answer.done();
      }
      case 'join':
        this.#told = [contactOf(String(args['through']))];
        this.#joining = { answer, untilMillis: this.#env.nowMillis + JOIN_MILLIS };
        this.#env.setTimer('look', LOOK_MILLIS);
        return this.#chord.start();
      case 'stabilise':
        this.#chord.timer('ring-stabilise');
        return this.#settle(answer);
      case 'notify':
      case 'check-predecessor':
        return this.#settle(answer);
      default:
        return answer.refuse(`there is no command ${name}`);
    }
  }

  #settle(answer: LabAnswer): void {
    this.#later.push(() => answer.done());
    this.#env.setTimer('settled', SETTLE_MILLIS);
  }

  receive(from: string, message: Message): void {
    switch (message.type) {
      case 'ask':
        return this.#env.send(from, { type: 'answer', call: message.call, body: this.#chord.answer(contactOf(from), message.body) });
      case 'answer':
        return this.#calls.answer(from, message.call, message.body);
      case 'notice':
        return this.#chord.notice(contactOf(from), message.body);
    }
  }

  timer(kind: string, key: string): void {
    switch (kind) {
      case 'call':
        return this.#calls.timeout(key);
      case 'settled': {
        const later = this.#later;
        this.#later = [];
        for (const action of later) action();
        return;
      }
      case 'look':
        return this.#lookWhetherJoined();
      default:
        return this.#chord.timer(kind as RingTimer);
    }
  }

  #lookWhetherJoined(): void {
    const joining = this.#joining;
    if (joining === null) return;
    const late = this.#env.nowMillis >= joining.untilMillis;
    if (!this.#chord.joined && !late) return this.#env.setTimer('look', LOOK_MILLIS);
    this.#joining = null;
    if (this.#chord.joined) joining.answer.done();
    else joining.answer.refuse('it has not joined yet and goes on trying');
  }

  // --- what the ring needs of a node ---

  ask(to: Contact, question: RingQuestion, asker: Asker): void {
    this.#calls.ask(to.name, question, (answer) => asker.answered(answer));
  }

  tell(to: Contact, notice: RingNotice): void {
    this.#env.send(to.name, { type: 'notice', body: notice });
  }

  setTimer(kind: RingTimer, delayMillis: number): void {
    this.#env.setTimer(kind, delayMillis);
  }

  cancelTimer(kind: RingTimer): void {
    this.#env.cancelTimer(kind);
  }

  get monotonicMillis(): number {
    return this.#env.nowMillis;
  }

  fraction(): number {
    return this.#env.fraction();
  }

  changed(): void {
    const { joined, successors, predecessor } = this.#chord;
    this.#env.state('ring', this.#env.name, joined ? 'member' : 'outside', {
      successors: successors.map(({ name }) => name).join(' '),
      predecessor: predecessor?.name ?? '',
    });
  }

  members(): readonly Contact[] {
    return this.#told;
  }
}

export const program = (env: LabEnv): LabProgram => new Corrected(env as LabEnv<Message>) as LabProgram;

export const checks = [RING_STAYS_WHOLE];
