import type { Parts } from '../parts.ts';
import type { Contact } from '../ring/circle.ts';
import type { Asker } from '../ring/ring-port.ts';
import type { Link } from './link.ts';

interface Open<Question, Answer> {
  readonly to: Contact;
  readonly question: Question;
  readonly asker: Asker<Answer>;
  readonly askedMillis: number;
  readonly patienceMillis: number;
  untilMillis: number;
  /** When the asker is told next that there is no answer yet; infinite when it does not want to know. */
  slowAtMillis: number;
  sent: boolean;
  /** Under way by datagrams, which end by themselves. */
  unlinked: boolean;
}

export interface QuestionHooks<Question, Answer> {
  /** Sends one question; false when the link takes nothing now. */
  send(link: Link, id: number, question: Question): boolean;
  /**
   * Asks without a link where that is possible, and says whether it is. Calls back within the patience; null: it has to go over a link
   * after all. Absent: never.
   */
  unlinked?(to: Contact, question: Question, patienceMillis: number, settled: (answer: Answer | null) => void): boolean;
  /** How long the answer of a node may take, the opening of a link included, ms. */
  patienceMillis(to: Contact): number;
  /** Time has run out for a question to this node. */
  unanswered(to: Contact): void;
  /** How often an asker that wants to know is told that there is no answer yet, ms. */
  readonly slowMillis: number;
}

/** Pause before a question is tried again that a full link did not take, ms. */
const RETRY_MILLIS = 100;
/** Questions that were given up and are remembered, to learn from a late answer how long answers take. */
const LATE_MAX = 64;

/**
 * Questions to other nodes and their answers, over links that are opened where there are none.
 * Each question is settled once: by its answer, or by null when the link goes down or the patience is over.
 *
 * The patience is a fixed one, longer where all answers take long at present (answer-times.ts). A peer that was heard since, and has not
 * acknowledged what was asked, lives and has not come to it yet: it is waited for until `answerMillisMax`.
 */
export class Questions<Question, Answer> {
  readonly #parts: Parts;
  readonly #timer: string;
  readonly #hooks: QuestionHooks<Question, Answer>;
  readonly #open = new Map<number, Open<Question, Answer>>();
  readonly #late = new Map<number, { readonly to: Contact; readonly askedMillis: number }>();
  #count = 0;
  /** When the timer is due; infinite while it is not set. */
  #dueMillis = Number.POSITIVE_INFINITY;

  /** `timer`: the kind of the timer that must be handed to `sweep`. */
  constructor(parts: Parts, timer: string, hooks: QuestionHooks<Question, Answer>) {
    this.#parts = parts;
    this.#timer = timer;
    this.#hooks = hooks;
  }

  /** Who takes twice as long as most is slow. */
  get #slowMillis(): number {
    return Math.max(this.#hooks.slowMillis, this.#parts.answerTimes.meanMillis * 2);
  }

  #patienceMillis(to: Contact): number {
    const { links, options, answerTimes } = this.#parts;
    // One answer that takes longer than nearly all others do is no death yet, and to open a link takes as long as an answer over it.
    const turns = links.of(to.id)?.established ? 2 : 3;
    return Math.min(options.answerMillisMax, Math.max(this.#hooks.patienceMillis(to), turns * answerTimes.patienceMillis(0, options.answerMillisMax)));
  }

  /** Calls back once, never within this call. */
  ask(to: Contact, question: Question, asker: Asker<Answer>): void {
    const { env, links } = this.#parts;
    this.#count += 1;
    const id = this.#count;
    const now = env.monotonicMillis;
    const slowAtMillis = asker.slow === undefined ? Number.POSITIVE_INFINITY : now + this.#slowMillis;
    const patienceMillis = this.#patienceMillis(to);
    const times = { askedMillis: now, patienceMillis, untilMillis: now + patienceMillis, slowAtMillis };
    const open: Open<Question, Answer> = { to, question, asker, ...times, sent: false, unlinked: false };
    this.#open.set(id, open);
    const link = links.of(to.id);
    open.unlinked = link === undefined && this.#hooks.unlinked?.(to, question, patienceMillis, (answer) => this.#answeredUnlinked(id, answer)) === true;
    if (!open.unlinked) this.#askLinked(id, open);
    this.#wakeAt(this.#dueOf(open));
  }

  #askLinked(id: number, open: Open<Question, Answer>): void {
    const { links, detector } = this.#parts;
    const { to } = open;
    const link = links.of(to.id) ?? links.connect(to.endpoint, to.name, detector.stateOf(to.id) === 'dead');
    if (link?.established) this.#send(link, id, open);
  }

  #answeredUnlinked(id: number, answer: Answer | null): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    if (answer !== null) return this.#settle(id, answer);
    const now = this.#parts.env.monotonicMillis;
    open.unlinked = false;
    // The link has at least as long as datagrams had: of strangers nobody knows that they are up, so their patience is over by then.
    open.untilMillis = Math.max(open.untilMillis, now + Math.min(now - open.askedMillis, open.patienceMillis));
    this.#askLinked(id, open);
    this.#wakeAt(this.#dueOf(open));
  }

  #dueOf(open: Open<Question, Answer>): number {
    if (open.unlinked) return open.slowAtMillis;
    const { env, links } = this.#parts;
    const dueMillis = Math.min(open.untilMillis, open.slowAtMillis);
    // One for which there is no link yet leaves when that opens: nobody need wake up for it before.
    const refused = !open.sent && links.of(open.to.id)?.established === true;
    return refused ? Math.min(dueMillis, env.monotonicMillis + RETRY_MILLIS) : dueMillis;
  }

  #wakeAt(dueMillis: number): void {
    const { env } = this.#parts;
    if (dueMillis >= this.#dueMillis) return;
    this.#dueMillis = dueMillis;
    env.setTimer(this.#timer, '', dueMillis - env.monotonicMillis);
  }

  #send(link: Link, id: number, open: Open<Question, Answer>): void {
    open.sent = this.#hooks.send(link, id, open.question) || open.sent;
  }

  /** Timer: gives up questions whose time is over, tells askers that wait long, and sends what a full link did not take. */
  sweep(): void {
    const { env, links } = this.#parts;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    for (const [id, open] of Array.from(this.#open)) {
      if (!open.unlinked && open.untilMillis <= env.monotonicMillis && !this.#waitsOn(open)) {
        this.#giveUp(id, open);
        this.#settle(id, null);
        continue;
      }
      if (!open.sent && !open.unlinked) {
        const link = links.of(open.to.id);
        if (link?.established) this.#send(link, id, open);
      }
      if (open.slowAtMillis > env.monotonicMillis || !this.#open.has(id)) continue;
      open.slowAtMillis = env.monotonicMillis + this.#slowMillis;
      open.asker.slow?.();
    }
    for (const open of this.#open.values()) this.#wakeAt(this.#dueOf(open));
  }

  /** The peer lives and has the question still before it: says so, and puts off the end. */
  #waitsOn(open: Open<Question, Answer>): boolean {
    const { env, links, options } = this.#parts;
    const link = links.of(open.to.id);
    const lastMillis = open.askedMillis + options.answerMillisMax;
    if (!open.sent || !link?.established || env.monotonicMillis >= lastMillis) return false;
    if (link.lastHeardMillis <= open.askedMillis || link.unacknowledgedMessages === 0) return false;
    open.untilMillis = Math.min(lastMillis, env.monotonicMillis + open.patienceMillis);
    return true;
  }

  #giveUp(id: number, { to, askedMillis, sent }: Open<Question, Answer>): void {
    this.#hooks.unanswered(to);
    if (!sent) return;
    this.#late.set(id, { to, askedMillis });
    if (this.#late.size > LATE_MAX) this.#late.delete(this.#late.keys().next().value as number);
  }

  linkUp(link: Link): void {
    for (const [id, open] of this.#open) {
      if (open.sent || open.unlinked || open.to.id !== link.nodeId) continue;
      this.#send(link, id, open);
      this.#wakeAt(this.#dueOf(open));
    }
  }

  linkDown(link: Link): void {
    for (const [id, open] of Array.from(this.#open)) if (!open.unlinked && open.to.id === link.nodeId) this.#settle(id, null);
  }

  /** The question of that number, if it waits for the answer of this peer. */
  asked(link: Link, id: number): Question | null {
    const open = this.#open.get(id);
    return open === undefined || open.to.id !== link.nodeId ? null : open.question;
  }

  /** An answer counts only from whom it was asked of. */
  answer(link: Link, id: number, answer: Answer): void {
    const { env, answerTimes } = this.#parts;
    const asked = this.#open.get(id) ?? this.#late.get(id);
    if (asked === undefined || asked.to.id !== link.nodeId) return;
    answerTimes.took(env.monotonicMillis - asked.askedMillis);
    this.#late.delete(id);
    this.#settle(id, answer);
  }

  #settle(id: number, answer: Answer | null): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    // Most questions are answered: nobody need wake up for them.
    if (this.#open.size === 0 && this.#dueMillis < Number.POSITIVE_INFINITY) {
      this.#dueMillis = Number.POSITIVE_INFINITY;
      this.#parts.env.cancelTimer(this.#timer, '');
    }
    open.asker.answered(answer);
  }
}
