import type { LookupView, RingView } from '../commands.ts';
import type { Link } from '../link/link.ts';
import { Questions } from '../link/questions.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { NodeId } from '../types.ts';
import { Chord } from './chord.ts';
import type { Contact } from './circle.ts';
import { contactOf, contactWith } from './contacts.ts';
import { LocationCache } from './location-cache.ts';
import { Newcomers } from './newcomers.ts';
import { RecentRanges } from './recent-ranges.ts';
import {
  type Asker,
  type LookupResult,
  RING_OPTIONS,
  type RingAnswer,
  type RingNotice,
  type RingPort,
  type RingQuestion,
  type RingTimer,
} from './ring-port.ts';
import { type Claim, SecondOpinion } from './second-opinion.ts';
import { allWhoAreUp, someWhoAreUp } from './who-is-up.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

const NOTICES_MAX = 8;
/** Rounds of stabilisation that are further away than this are in no hurry, ms. */
const NO_HURRY_MILLIS = 1_000;
const SILENT_MAX = 1_024;
const LOOKUP_MILLIS_SHOWN = 1;
/** Ways on that somebody is shown who is not linked with us. */
const STRANGER_CONTACTS = 3;

/**
 * The chat node as a member of the ring: Chord's questions and answers as messages on links.
 * Links vouch for who speaks (R11), keep order and resend, so a question that has no answer in time means a peer that is
 * dead, paused or cut off.
 */
export class RingMember implements RingPort {
  readonly #parts: Parts;
  readonly #chord: Chord;
  readonly #questions: Questions<RingQuestion, RingAnswer>;
  readonly #opinion: SecondOpinion;
  readonly #newcomers: Newcomers;
  /** Nodes that left a question without an answer and were not heard since. */
  readonly #silent = new Set<NodeId>();
  readonly #notices = new Map<NodeId, readonly RingNotice[]>();
  readonly #located: LocationCache;
  readonly #ranges = new RecentRanges();
  #started = false;
  #self: Contact | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#opinion = new SecondOpinion(this);
    this.#located = new LocationCache(this.self.id);
    const { ringFingerMillis, ringStabiliseMillis, ringMergeMillis, ringCalmFactorMax } = parts.options;
    this.#chord = new Chord(this, {
      ...RING_OPTIONS,
      fingerMillis: ringFingerMillis,
      stabiliseMillis: ringStabiliseMillis,
      mergeMillis: ringMergeMillis,
      calmFactorMax: parts.swim.active ? ringCalmFactorMax : 1,
    });
    this.#newcomers = new Newcomers(parts, this.#chord, (contact) => this.#located.put(contact, this.monotonicMillis));
    this.#questions = new Questions(parts, 'ring-asks', {
      send: (link, id, question) => parts.links.send(link, { type: 'ring-ask', id, question }),
      unlinked: (to, question, patienceMillis, settled) =>
        isForStrangers(question) &&
        parts.unlinked.ask(
          to,
          (id) => ({ type: 'ring-ask', id, question }),
          patienceMillis,
          (answer) => {
            if (answer?.type !== 'ring-answer') return settled(null);
            this.#heard(to, question, answer.answer);
            settled(answer.answer);
          },
        ),
      patienceMillis: (to) => (this.isSilent(to.id) ? parts.options.ringAnswerDeadMillis : parts.options.ringAnswerMillis),
      unanswered: (to) => this.#unanswered(to),
      slowMillis: RING_OPTIONS.hastenMillis,
    });
    parts.detector.listen((id, state) => {
      if (state === 'alive') return this.#newcomers.changed(id);
      if (state === 'suspect' && this.#started) this.#chord.check(id);
      if (state !== 'dead') return;
      this.#newcomers.forget(id);
      this.#located.remove(id);
      if (this.#started) this.#chord.suspect(id);
    });
  }

  get chord(): Chord {
    return this.#chord;
  }

  /** Begins when the node is somebody's: a node without a certificate is no member. */
  start(): void {
    if (this.#started || !this.#parts.session.certified) return;
    this.#started = true;
    for (const contact of allWhoAreUp(this.#parts)) this.#located.put(contact, this.monotonicMillis);
    this.#chord.start();
    this.#newcomers.start();
  }

  timer(kind: string): void {
    if (kind === 'ring-asks') return this.#questions.sweep();
    if (kind === 'ring-members') return this.#newcomers.timer();
    if (!this.#started) return;
    this.#chord.timer(kind as RingTimer);
    this.#newcomers.lookBetween();
  }

  leave(): void {
    if (this.#started) this.#chord.leave();
  }

  // --- what Chord needs ---

  get self(): Contact {
    const { env, session } = this.#parts;
    this.#self ??= contactWith({ id: session.nodeId, endpoint: env.endpoint, name: env.name }, env.datagramAddress);
    return this.#self;
  }

  get monotonicMillis(): number {
    return this.#parts.env.monotonicMillis;
  }

  fraction(): number {
    return this.#parts.env.random.fraction();
  }

  setTimer(kind: RingTimer, delayMillis: number): void {
    // What a round of its own right is for has waited for seconds already.
    const patience = kind === 'ring-fingers' || kind === 'ring-merge' ? 1 / 4 : kind === 'ring-stabilise' && delayMillis >= NO_HURRY_MILLIS ? 1 / 10 : 0;
    if (patience === 0 && kind !== 'ring-stabilise') this.#parts.env.setTimer(kind, '', delayMillis);
    else this.#parts.patient.set(kind, delayMillis, delayMillis * patience);
  }

  cancelTimer(kind: RingTimer): void {
    this.#parts.patient.cancel(kind);
    this.#parts.env.cancelTimer(kind, '');
  }

  /** Others doubt that it lives. That it was heard here a moment ago proves nothing: who follows us on the ring is asked. */
  doubted(id: NodeId): void {
    if (this.#started) this.#chord.check(id);
  }

  /** The membership protocol will not tell of that one any more. */
  unwatched(id: NodeId): void {
    if (this.#started) this.#chord.unwatched(id);
  }

  /** The membership protocol tells of a part of a large network only. */
  hearsOf(id: NodeId): boolean {
    return this.#parts.swim.stateOf(id) === 'alive';
  }

  /** There is news of a node. */
  memberChanged(id: NodeId): void {
    this.#newcomers.changed(id);
  }

  /** Nodes whose records say that they are up, ourselves left out. */
  members(): readonly Contact[] {
    return someWhoAreUp(this.#parts, () => this.linked());
  }

  /** By links that are up and not silent: they prove who is at the other end, and that it lives. */
  linked(): readonly Contact[] {
    const contacts = this.#parts.links.upLinks().flatMap((link) => (link.state === 'up' ? (contactOf(link) ?? []) : []));
    return contacts.filter(({ id }) => !this.isSilent(id));
  }

  known(): readonly Contact[] {
    return allWhoAreUp(this.#parts).filter(({ id }) => !this.isSilent(id));
  }

  contradicted({ by, key, owners }: Claim, nearer: Contact): void {
    const { env } = this.#parts;
    this.#parts.count('ringClaimsContradicted');
    const data = { key: key.slice(0, 16), claimed: owners[0]?.name ?? '', nearer: nearer.name };
    if (env.tracing) env.trace({ type: 'state', subject: 'ring-claim', id: by.name, to: 'contradicted', data });
  }

  changed(): void {
    const { env, connections } = this.#parts;
    if (env.tracing) {
      const successors = this.#chord.successors.map((contact) => contact.name).join(' ');
      env.trace({
        type: 'state',
        subject: 'ring',
        id: env.name,
        to: this.#chord.joined ? 'member' : 'outside',
        data: { place: this.self.id.slice(0, 16), successors, predecessor: this.#chord.predecessor?.name ?? '' },
      });
    }
    connections.reviewSoon();
    this.#parts.replication.ringChanged();
  }

  /** Links to neighbours and fingers are kept however many others there are. */
  needs(id: NodeId): boolean {
    return this.#chord.predecessor?.id === id || this.#chord.successors.some((contact) => contact.id === id) || this.#chord.isFinger(id);
  }

  ask(to: Contact, question: RingQuestion, asker: Asker): void {
    this.#questions.ask(to, question, asker);
  }

  /** Believed dead, or it left the last question without an answer: nobody waits long for it. */
  isSilent(id: NodeId): boolean {
    return !this.#parts.presence.nodeIsUp(id) || this.#silent.has(id);
  }

  #heard(from: Contact, question: RingQuestion, answer: RingAnswer): void {
    this.#silent.delete(from.id);
    if (answer.answer === 'next' && question.ask !== 'next') return;
    const saysWhoFollow = this.#located.heard(from, answer, this.monotonicMillis);
    if (saysWhoFollow && answer.answer === 'next') this.#ranges.put(from, answer, this.monotonicMillis);
  }

  closestBefore(key: string): Contact | null {
    return this.#located.closestBefore(key, this.monotonicMillis, (id) => this.#isDoubted(id));
  }

  #isDoubted(id: NodeId): boolean {
    const state = this.#parts.detector.stateOf(id);
    return this.#silent.has(id) || state === 'suspect' || state === 'dead';
  }

  #unanswered(to: Contact): void {
    this.#located.remove(to.id);
    if (this.#silent.size >= SILENT_MAX) this.#silent.clear();
    this.#silent.add(to.id);
  }

  #linkTo(contact: Contact): Link | null {
    const { links } = this.#parts;
    return links.of(contact.id) ?? links.connect(contact.endpoint, contact.name);
  }

  tell(to: Contact, notice: RingNotice): void {
    const link = this.#linkTo(to);
    if (link === null) return;
    if (link.established) this.#parts.links.send(link, { type: 'ring-notice', notice });
    else this.#keepNotice(to.id, notice);
  }

  /** Until the link is up, or found dead. */
  #keepNotice(to: NodeId, notice: RingNotice): void {
    const kept = this.#notices.get(to) ?? [];
    if (kept.length < NOTICES_MAX) this.#notices.set(to, [...kept, notice]);
  }

  // --- what links report ---

  linkUp(link: Link): void {
    if (link.nodeId === null) return;
    this.#silent.delete(link.nodeId);
    for (const notice of this.#notices.get(link.nodeId) ?? []) this.#parts.links.send(link, { type: 'ring-notice', notice });
    this.#notices.delete(link.nodeId);
    this.#questions.linkUp(link);
    this.#newcomers.changed(link.nodeId);
  }

  linkDown(link: Link): void {
    if (link.nodeId === null) return;
    this.#notices.delete(link.nodeId);
    this.#located.remove(link.nodeId);
    this.#questions.linkDown(link);
    if (this.#started) this.#chord.suspect(link.nodeId);
  }

  question(link: Link, message: Of<'ring-ask'>): void {
    const from = contactOf(link);
    const { question } = message;
    // Who is nobody's node yet may be shown the way, to look up a name or to recover an account.
    if (from === null && question.ask !== 'next') return;
    const answer: RingAnswer = !this.#started ? { answer: 'outside' } : from === null ? this.#chord.guide(question) : this.#chord.answer(from, question);
    this.#parts.links.send(link, { type: 'ring-answer', id: message.id, answer });
  }

  /** The same of whoever is not linked with us: the way to a key, and whether we are there. Nobody is remembered for asking. */
  questionOfStranger({ id, question }: Of<'ring-ask'>): Of<'ring-answer'> | null {
    if (!isForStrangers(question)) return null;
    const answer: RingAnswer = this.#started ? this.#chord.guide(question) : { answer: 'outside' };
    // Alternatives on the way are worth no second packet; the owner's followers are, since they hold what it holds.
    const brief = answer.answer === 'next' && !answer.done ? { ...answer, contacts: answer.contacts.slice(0, STRANGER_CONTACTS) } : answer;
    return { type: 'ring-answer', id, answer: brief };
  }

  answer(link: Link, message: Of<'ring-answer'>): void {
    const from = contactOf(link);
    const question = this.#questions.asked(link, message.id);
    if (from !== null && question !== null) this.#heard(from, question, message.answer);
    // Of what nobody asked for nothing is remembered but that the peer is there.
    else if (from !== null) this.#silent.delete(from.id);
    this.#questions.answer(link, message.id, message.answer);
  }

  notice(link: Link, message: Of<'ring-notice'>): void {
    const from = contactOf(link);
    if (from !== null && this.#started) this.#chord.notice(from, message.notice);
  }

  /**
   * The owner of a key and the members after it, checked against whom we are linked with. Calls back once, maybe at once. `recent`: what
   * a member said of its neighbours a moment ago will do.
   */
  find(key: string, done: (result: LookupResult) => void, way: 'recent' | 'iterative' | 'recursive' = 'iterative'): void {
    const judged = (result: LookupResult): void => this.#opinion.judge(key, result, done);
    if (way === 'recursive') return this.#chord.lookupRecursive(key, judged);
    this.#newcomers.lookBetween();
    const owners = way === 'recent' ? this.#ranges.ownersOf(key, this.monotonicMillis, (id) => this.#isDoubted(id)) : null;
    if (owners === null) this.#chord.lookup(key, judged);
    else judged({ owners, hops: [] });
  }

  // --- for people ---

  view(): RingView {
    const { self } = this;
    return {
      node: self.name,
      nodeId: self.id,
      member: this.#chord.joined,
      small: this.#chord.small,
      predecessor: this.#chord.predecessor?.name ?? null,
      successors: this.#chord.successors.map(({ name, id }) => ({ node: name, nodeId: id })),
      fingers: [...this.#chord.fingers].map(([exponent, contact]) => ({ exponent, node: contact.name, nodeId: contact.id })),
      copies: this.#parts.replication.copies().length,
    };
  }

  lookup(key: string, way: 'iterative' | 'recursive', done: (result: Omit<LookupView, 'userId' | 'holders'>) => void): void {
    const startedMillis = this.monotonicMillis;
    const finish = (result: LookupResult): void =>
      done({
        key,
        owners: result.owners.map((owner) => owner.name),
        hops: result.hops.map(({ asked, why }) => ({ node: asked.name, why })),
        millis: Math.max(LOOKUP_MILLIS_SHOWN, Math.round(this.monotonicMillis - startedMillis)),
      });
    this.find(key, finish, way);
  }
}

/** Asked once on the way to somebody else; neighbours, who ask for states, are linked. */
function isForStrangers(question: RingQuestion): boolean {
  return question.ask === 'next' || question.ask === 'ping';
}
