import type { KeyPair } from '../capabilities.ts';
import type { DatagramContent } from '../datagram.ts';
import { networkMark } from '../discovery/beacon.ts';
import { SourceBudget } from '../discovery/budget.ts';
import type { Parts } from '../parts.ts';
import { idOfKey } from '../records.ts';
import type { Contact } from '../ring/circle.ts';
import { AnswerTimes } from './answer-times.ts';
import {
  fitsUnlinked,
  type QuestionPacketKind,
  questionProvesItself,
  readQuestion,
  type UnlinkedAnswer,
  type UnlinkedAsk,
  UnwrittenQuestion,
} from './question-packet.ts';

interface Open {
  readonly to: Contact;
  readonly datagram: string;
  readonly message: UnlinkedAsk;
  readonly settled: (answer: UnlinkedAnswer | null) => void;
  readonly askedMillis: number;
  /** Between two tries. */
  readonly resendMillis: number;
  readonly untilMillis: number;
  dueMillis: number;
}

const TRIES_MAX = 3;
/** So many questions in a row that nobody answered: datagrams may not get through at all, so none are sent for a while, ms. */
const SILENCES_MAX = 4;
const SILENCE_PAUSE_MILLIS = 30_000;
const NUMBERS = 2 ** 48;
/** No try waits longer for an answer, ms; numbers of questions that were given up and may still tell how long answers take. */
const RESEND_MILLIS_MAX = 2_000;
const LATE_MAX = 64;

/**
 * Short questions to nodes that we are not linked with, by signed datagrams: a look-up in a large network asks half a dozen strangers
 * one thing each, for which opening and closing a link takes some nine frames and two handshakes. As Kademlia and others do it.
 *
 * Invariants
 * 1. Only where there are more people than idle links: else everybody is linked with nearly everybody.
 * 2. An answer counts only from the node that was asked, signed with the key that its id is the hash of, with the number of the question.
 * 3. Whoever does not answer is asked over a link, which has as long as datagrams had; so nothing depends on these.
 * 4. Nothing travels by these that a signature of its author does not make public anyway: they are signed, not sealed.
 */
export class UnlinkedQuestions {
  readonly #parts: Parts;
  readonly #key: KeyPair;
  readonly #network: Uint8Array;
  readonly #budget: SourceBudget;
  readonly #answer: (question: UnlinkedAsk) => UnlinkedAnswer | null;
  readonly #open = new Map<number, Open>();
  /** When those were asked that were given up. */
  readonly #late = new Map<number, Open>();
  /** How long answers to such questions take at present: on a busy machine longer than the usual tries last. */
  readonly #answerTimes = new AnswerTimes();
  #dueMillis = Number.POSITIVE_INFINITY;
  #silences = 0;
  #pausedUntilMillis = Number.NEGATIVE_INFINITY;

  /** `answer`: what a stranger is told; null: only over a link. */
  constructor(parts: Parts, answer: (question: UnlinkedAsk) => UnlinkedAnswer | null) {
    const { env, settings, options } = parts;
    this.#parts = parts;
    this.#answer = answer;
    this.#key = env.crypto.signingKeyPair(env.nodeKeys.signingSeed);
    this.#network = networkMark(env.crypto, settings.network);
    this.#budget = new SourceBudget({ perSecond: options.unlinkedChecksPerSecond, perSourceAndSecond: options.unlinkedChecksPerSource });
  }

  /**
   * False: it has to go over a link. Else calls back once, never within this call and within the patience, with the answer, or with null
   * when it has to after all.
   */
  ask(to: Contact, question: (number: number) => UnlinkedAsk, patienceMillis: number, settled: (answer: UnlinkedAnswer | null) => void): boolean {
    const { env, options, swim, view } = this.#parts;
    const { datagram } = to;
    if (datagram === undefined || !swim.active || view.userCount <= options.randomLinkCountMax || this.#open.size >= options.unlinkedQuestionsMax) return false;
    if (env.monotonicMillis < this.#pausedUntilMillis) return false;
    const number = 1 + Math.floor(env.random.fraction() * (NUMBERS - 1));
    const message = question(number);
    if (this.#open.has(number) || !fitsUnlinked(message)) return false;
    const askedMillis = env.monotonicMillis;
    const resendMillis = this.#answerTimes.patienceMillis(options.unlinkedResendMillis, RESEND_MILLIS_MAX);
    const untilMillis = askedMillis + Math.min(patienceMillis, TRIES_MAX * resendMillis);
    const open: Open = { to, datagram, message, settled, askedMillis, resendMillis, untilMillis, dueMillis: 0 };
    this.#open.set(number, open);
    this.#try(number, open);
    this.#wakeAt(open.dueMillis);
    return true;
  }

  #try(number: number, open: Open): void {
    open.dueMillis = Math.min(this.#parts.env.monotonicMillis + open.resendMillis, open.untilMillis);
    this.#send('ask', open.datagram, open.to.id, number, open.message);
  }

  #send(kind: QuestionPacketKind, address: string, target: string, number: number, message: UnlinkedAsk | UnlinkedAnswer | null): void {
    const { env } = this.#parts;
    this.#parts.count('unlinkedOut');
    const packet = { kind, senderKey: this.#key.publicKey, target, number, message };
    env.sendDatagram({ address }, new UnwrittenQuestion(env, this.#key, this.#network, packet));
  }

  #wakeAt(dueMillis: number): void {
    const { env } = this.#parts;
    if (dueMillis >= this.#dueMillis) return;
    this.#dueMillis = dueMillis;
    env.setTimer('unlinked', '', Math.max(0, dueMillis - env.monotonicMillis));
  }

  /** Timer: asks again what has no answer yet, then leaves it to a link. */
  timer(): void {
    const { env } = this.#parts;
    const now = env.monotonicMillis;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    for (const [number, open] of Array.from(this.#open)) {
      if (open.dueMillis > now) continue;
      if (now < open.untilMillis) {
        this.#try(number, open);
        continue;
      }
      this.#silent();
      this.#late.set(number, open);
      if (this.#late.size > LATE_MAX) this.#late.delete(this.#late.keys().next().value as number);
      this.#settle(number, open, null);
    }
    for (const open of this.#open.values()) this.#wakeAt(open.dueMillis);
  }

  #silent(): void {
    this.#parts.count('unlinkedUnanswered');
    this.#silences += 1;
    if (this.#silences < SILENCES_MAX) return;
    this.#silences = 0;
    this.#pausedUntilMillis = this.#parts.env.monotonicMillis + SILENCE_PAUSE_MILLIS;
  }

  #settle(number: number, open: Open, answer: UnlinkedAnswer | null): void {
    this.#open.delete(number);
    // Most questions are answered: nobody need wake up for them.
    if (this.#open.size === 0 && this.#dueMillis < Number.POSITIVE_INFINITY) {
      this.#dueMillis = Number.POSITIVE_INFINITY;
      this.#parts.env.cancelTimer('unlinked', '');
    }
    open.settled(answer);
  }

  /** Anything may be in it. */
  receive(from: string, content: DatagramContent): void {
    const { env, session, swim } = this.#parts;
    if (!swim.active) return;
    const packet = readQuestion(env.codec, this.#network, content);
    if (typeof packet === 'string') return this.#refuse(packet, from);
    if (packet.target !== session.nodeId) return this.#refuse('stray', from);
    const { number, message } = packet;
    const open = this.#open.get(number) ?? this.#late.get(number);
    if (packet.kind !== 'ask' && (open === undefined || (message !== null && message.type !== ANSWER_TO[open.message.type])))
      return this.#refuse('unasked', from);
    if (!this.#budget.take(from, env.monotonicMillis)) return this.#refuse('flood', from);
    const id = idOfKey(env.crypto, packet.senderKey);
    if (packet.kind !== 'ask' && open?.to.id !== id) return this.#refuse('unasked', from);
    if (!questionProvesItself(env.crypto, packet, content)) return this.#refuse('unsigned', from);
    if (packet.kind === 'ask') return this.#reply(from, id, number, message as UnlinkedAsk);
    this.#silences = 0;
    if (open === undefined) return;
    this.#answerTimes.took(env.monotonicMillis - open.askedMillis);
    if (!this.#late.delete(number)) this.#settle(number, open, message as UnlinkedAnswer | null);
  }

  #reply(from: string, id: string, number: number, question: UnlinkedAsk): void {
    const answer = this.#answer(question);
    const fits = answer !== null && fitsUnlinked(answer);
    this.#send(fits ? 'answer' : 'by-link', from, id, number, fits ? answer : null);
  }

  #refuse(reason: 'malformed' | 'version' | 'foreign' | 'stray' | 'unasked' | 'flood' | 'unsigned', from: string): void {
    const { env } = this.#parts;
    this.#parts.count(`unlinkedRefused:${reason}`);
    if (env.tracing && (reason === 'malformed' || reason === 'unsigned')) env.trace({ type: 'drop', peer: from, reason: `${reason}: question` });
  }
}

const ANSWER_TO = { 'ring-ask': 'ring-answer', 'replica-ask': 'replica-answer' } as const;
