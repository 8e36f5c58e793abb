import type { StoreWriter } from '../capabilities.ts';
import type { Link } from '../link/link.ts';
import { Questions } from '../link/questions.ts';
import type { Message } from '../messages.ts';
import type { CoreOptions } from '../options.ts';
import type { Parts } from '../parts.ts';
import type { Contact } from '../ring/circle.ts';
import type { LookupResult } from '../ring/ring-port.ts';
import { MAIL_KIND } from './kinds/mail-kind.ts';
import { PREKEYS_KIND } from './kinds/prekeys-kind.ts';
import { PRESENCE_KIND } from './kinds/presence-kind.ts';
import { productKinds } from './kinds/product-kinds.ts';
import { USER_KIND } from './kinds/user-kind.ts';
import { VAULT_KIND } from './kinds/vault-kind.ts';
import type { Listing } from './listings.ts';
import type { ReadPlace, ReadResult, ReadValue } from './reads.ts';
import { nameOf, type Replica } from './replica-index.ts';
import { Replication } from './replication.ts';
import type { ReplicaAnswer, ReplicaQuestion, ReplicationOptions, ReplicationPort, ReplicationTimer, Stored } from './replication-port.ts';
import type { WriteProgress } from './writes.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

const PUBLIC_KINDS: ReadonlySet<string> = new Set([USER_KIND, PRESENCE_KIND, PREKEYS_KIND, VAULT_KIND]);

/** Who reads asks further holders when one has not answered by then, ms; later where all answers are late. */
const SLOW_MILLIS = 300;

/** A copy that lies at this node, for people: no bytes. */
export interface CopyView {
  readonly key: string;
  readonly kind: string;
  readonly id: string;
  readonly bytes: number;
  readonly deleted: boolean;
}

/**
 * The chat node as a holder of values: replication's questions and answers as messages on links, its timers, and the ring's news.
 * What lies here lies in the node's own store, so a node holds its share whether or not somebody is logged in.
 */
export class ReplicaMember implements ReplicationPort {
  readonly #parts: Parts;
  readonly #replication: Replication;
  readonly #questions: Questions<ReplicaQuestion, ReplicaAnswer>;
  /** Called once the values have been handed over, or the time for it is up. */
  #left: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#replication = new Replication(this, productKinds(parts.env, parts.options), optionsOf(parts.options));
    this.#questions = new Questions(parts, 'replica-asks', {
      send: (link, id, question) => parts.links.send(link, { type: 'replica-ask', id, question }),
      unlinked: (to, question, patienceMillis, settled) =>
        isForStrangers(question) &&
        parts.unlinked.ask(
          to,
          (id) => ({ type: 'replica-ask', id, question }),
          patienceMillis,
          (answer) => settled(answer?.type === 'replica-answer' ? answer.answer : null),
        ),
      patienceMillis: (to) => (parts.ring.isSilent(to.id) ? parts.options.replicaAnswerDeadMillis : parts.options.replicaAnswerMillis),
      unanswered: () => parts.count('replicaQuestionsUnanswered'),
      slowMillis: SLOW_MILLIS,
    });
  }

  start(): void {
    this.#replication.start();
  }

  timer(kind: ReplicationTimer | 'replica-asks' | 'replica-leave'): void {
    switch (kind) {
      case 'replica-asks':
        return this.#questions.sweep();
      case 'replica-leave':
        return this.#hasLeft();
      case 'replica-push':
      case 'replica-lease':
      case 'replica-write':
        return this.#replication.timer(kind);
    }
  }

  /** Before the node ends in order: whoever follows us on the ring gets what is ours. Calls back once, in bounded time. */
  leave(left: () => void): void {
    const { env, options } = this.#parts;
    this.#left = left;
    if (!this.#replication.writing && (this.#replication.copies.length === 0 || this.successors().length === 0)) return this.#hasLeft();
    env.setTimer('replica-leave', '', options.replicaLeaveMillis);
    this.#replication.handOver(() => this.#hasLeft());
  }

  #hasLeft(): void {
    const left = this.#left;
    this.#left = null;
    left?.();
  }

  // --- what the rest of the node wants ---

  /** Writes a value to its holders; a tombstone is written the same way. `progress` is called until it has said a last word. */
  put(value: Stored, progress: (progress: WriteProgress) => void): void {
    this.#replication.put(value, (told) => {
      this.#traceWrite(value, told);
      progress(told);
    });
  }

  #traceWrite(value: Stored, told: WriteProgress): void {
    const { env } = this.#parts;
    if (!env.tracing) return;
    const holders = 'holders' in told ? told.holders.map((holder) => holder.name).join(' ') : '';
    const about = this.#replication.inspect(value);
    const sequence = typeof about === 'string' ? 0 : about.sequence;
    const deleted = typeof about !== 'string' && about.deleted;
    const data = told.state === 'refused' ? { kind: value.kind, reason: told.reason } : { kind: value.kind, holders, sequence, deleted };
    const id = typeof about === 'string' ? '' : nameOf(about.key, value.kind, about.id);
    env.trace({ type: 'state', subject: 'write', id, to: told.state, data });
  }

  /** All values of a kind under a key, and who gave them. Calls back once. `early`: a majority of answers is enough. */
  get(where: { readonly key: string; readonly kind: string; readonly early: boolean }, done: (result: ReadResult) => void): void {
    this.#replication.get(where, done);
  }

  /** What is no tombstone, each holder's as soon as it answers. */
  collect(where: ReadPlace, each: (from: Contact, values: readonly ReadValue[]) => void, done: (holders: readonly Contact[]) => void): void {
    this.#replication.collect(where, each, done);
  }

  /** The same from one holder whom we know to have some; null when it does not answer. */
  collectFrom(holder: Contact, where: ReadPlace, done: (values: readonly ReadValue[] | null) => void): void {
    this.#replication.collectFrom(holder, where, done);
  }

  /** What became of values whose ids are known; tombstones too. */
  find(where: ReadPlace & { readonly ids: readonly string[] }, done: (result: ReadResult) => void): void {
    this.#replication.find(where, done);
  }

  /** What is not known yet of a key with many values: each new version once, from whichever holder has it. */
  list(
    where: ReadPlace,
    known: (name: string, version: string) => boolean,
    each: (value: ReadValue, version: string) => void,
    done: (listing: Listing) => void,
  ): void {
    this.#replication.list(where, known, each, done);
  }

  /** Whether a value lies here under the key that is no tombstone. */
  hasLive(key: string, kind: string): boolean {
    return this.#replication.has(key, kind, true);
  }

  /** Whether copies of a kind lie here at all: cheaper to ask than for a key. */
  holds(kind: string): boolean {
    return this.#replication.holds(kind);
  }

  copies(): CopyView[] {
    return this.#replication.copies.map(({ about, kind, size }) => ({ key: about.key, kind, id: about.id, bytes: size, deleted: about.deleted }));
  }

  /** A value that lies at this node itself. */
  local(where: { readonly key: string; readonly kind: string; readonly id: string }): Stored | null {
    const name = nameOf(where.key, where.kind, where.id);
    const copy: Replica | undefined = this.#replication.copy(name);
    return copy === undefined ? null : (this.#replication.read(copy) ?? null);
  }

  // --- what replication needs ---

  get self(): Contact {
    return this.#parts.ring.self;
  }

  get crypto(): ReplicationPort['crypto'] {
    return this.#parts.env.crypto;
  }

  get store(): StoreWriter {
    return this.#parts.env.store;
  }

  get monotonicMillis(): number {
    return this.#parts.env.monotonicMillis;
  }

  get wallMillis(): number {
    return this.#parts.env.wallMillis;
  }

  ask(to: Contact, question: ReplicaQuestion, answered: (answer: ReplicaAnswer | null) => void, slow?: () => void): void {
    this.#questions.ask(to, question, slow === undefined ? { answered } : { answered, slow });
  }

  lookup(key: string, done: (result: LookupResult) => void, anew = false): void {
    this.#parts.ring.find(key, done, anew ? 'iterative' : 'recent');
  }

  successors(): readonly Contact[] {
    return this.#parts.ring.chord.successors;
  }

  owned(): { readonly from: string; readonly to: string } | null {
    const { chord } = this.#parts.ring;
    const { id } = this.self;
    if (!chord.joined) return null;
    if (chord.predecessor === null) return chord.successors.length === 0 ? { from: id, to: id } : null;
    return { from: chord.predecessor.id, to: id };
  }

  setTimer(kind: ReplicationTimer, delayMillis: number): void {
    if (kind === 'replica-lease') this.#parts.patient.set(kind, delayMillis, delayMillis / 4);
    else this.#parts.env.setTimer(kind, '', delayMillis);
  }

  fraction(): number {
    return this.#parts.env.random.fraction();
  }

  taken(replica: Replica): void {
    this.#parts.mail.notices.copyTaken(replica);
    this.#traceCopy(replica, 'held');
  }

  refusedFrom(holder: Contact, reason: string): void {
    const { env } = this.#parts;
    this.#parts.count('replicaValuesRefused');
    if (env.tracing) env.trace({ type: 'drop', peer: holder.name, reason: `value: ${reason}` });
  }

  dropped(replica: Replica): void {
    this.#traceCopy(replica, 'gone');
  }

  #traceCopy({ name, about }: Replica, to: 'held' | 'gone'): void {
    const { env } = this.#parts;
    if (!env.tracing) return;
    const expires = about.expiresMillis === null ? {} : { expiresMillis: about.expiresMillis };
    env.trace({ type: 'state', subject: 'copy', id: name, to, data: { sequence: about.sequence, deleted: about.deleted, ...expires } });
  }

  // --- what ring and links report ---

  ringChanged(): void {
    this.#replication.ringChanged();
    this.#parts.ownValues.ringChanged();
  }

  linkUp(link: Link): void {
    this.#questions.linkUp(link);
  }

  linkDown(link: Link): void {
    this.#questions.linkDown(link);
  }

  question(link: Link, message: Of<'replica-ask'>): void {
    const { links } = this.#parts;
    const { question } = message;
    // Who is nobody's node yet may read, to look up a name or to recover an account.
    if (link.nodeId === null || (link.userId === null && question.ask !== 'read')) return this.#parts.count('replicaAsksOfStrangers');
    const from = { id: link.nodeId, endpoint: link.endpoint, name: link.name };
    links.send(link, { type: 'replica-answer', id: message.id, answer: this.#replication.answer(from, question) });
  }

  /** Without a link: public values are given and taken; that there are others is told over a link only. */
  questionOfStranger({ id, question }: Of<'replica-ask'>): Of<'replica-answer'> | null {
    if (!isForStrangers(question)) return null;
    // A page is read, sorted and hashed: nobody who needs no link to ask has that done in vain.
    if (question.ask === 'read' && !isPublic(question) && this.#replication.has(question.key, question.kind, question.live)) return null;
    const answer = this.#replication.answer(this.self, question);
    if (answer.answer === 'page' && !answer.page.values.every(isPublic)) return null;
    return { type: 'replica-answer', id, answer };
  }

  answer(link: Link, message: Of<'replica-answer'>): void {
    this.#questions.answer(link, message.id, message.answer);
  }
}

/** Anybody may see it cross the network: signed records, and vaults, which nothing but recovery words opens. */
function isPublic({ kind }: Pick<Stored, 'kind'>): boolean {
  return PUBLIC_KINDS.has(kind);
}

/** Where the copies of a room lie is known to its members and its holders only. That somebody looks into a mailbox is no secret, what lies there is. */
function isForStrangers(question: ReplicaQuestion): boolean {
  if (question.ask === 'put') return isPublic(question.value);
  return question.ask === 'read' && (PUBLIC_KINDS.has(question.kind) || question.kind === MAIL_KIND);
}

function optionsOf(options: CoreOptions): Partial<ReplicationOptions> {
  return {
    copies: options.replicaCopies,
    pushMillis: options.replicaPushMillis,
    settleMillis: options.replicaSettleMillis,
    leaseMillis: options.replicaLeaseMillis,
    leaseCheckMillis: options.replicaLeaseCheckMillis,
    valuesMax: options.replicaValuesMax,
    bytesMax: options.replicaBytesMax,
    graceMillis: options.clockAheadMillisMax,
  };
}
