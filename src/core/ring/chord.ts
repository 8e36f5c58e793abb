import type { NodeId } from '../types.ts';
import { between, type Contact, compareIds, fingerStart, owns, successorsAmong } from './circle.ts';

/** What members ask each other. Every question is answered, or counts as unanswered after the port's tries. */
export type RingQuestion =
  | { readonly ask: 'state' }
  | { readonly ask: 'ping' }
  /** Who is next on the way to the key, or who owns it? `avoid`: contacts that the asker found dead. */
  | { readonly ask: 'next'; readonly key: string; readonly avoid: readonly NodeId[] };

export type RingAnswer =
  /** Zave's atomicity rule: while its own pointers are being changed a member gives no state; it is not dead. */
  | { readonly answer: 'busy' }
  | { readonly answer: 'alive' }
  | { readonly answer: 'outside' }
  | { readonly answer: 'state'; readonly predecessor: Contact | null; readonly successors: readonly Contact[] }
  /** `done`: `contacts` are the owner and the members after it. Otherwise they are closer to the key, best first. */
  | { readonly answer: 'next'; readonly done: boolean; readonly contacts: readonly Contact[]; readonly why: HopReason };

export type HopReason = 'owner' | 'successor' | 'finger' | 'member-list';

export type RingNotice =
  | { readonly tell: 'notify' }
  /** The receiver has a nearer successor: it joined between us. */
  | { readonly tell: 'nearer'; readonly contact: Contact }
  /** The sender leaves in order. */
  | { readonly tell: 'leaving'; readonly predecessor: Contact | null; readonly successors: readonly Contact[] };

export interface RingPort {
  readonly self: Contact;
  /** Null: no answer after all tries, so it is dead as far as we can tell. */
  ask(to: Contact, question: RingQuestion, answered: (answer: RingAnswer | null) => void): void;
  tell(to: Contact, notice: RingNotice): void;
  /** One timer a kind; setting it again moves it. */
  setTimer(kind: RingTimer, delayMillis: number): void;
  /** A double in [0, 1). */
  fraction(): number;
  /** Successors, predecessor or membership have changed. */
  changed(): void;
  /** Members believed alive, for joining and for rings below the minimum. */
  members(): readonly Contact[];
}

export type RingTimer = 'ring-stabilise' | 'ring-fingers' | 'ring-merge' | 'ring-join';

export interface RingOptions {
  /** Entries of the successor list. */
  readonly successorCount: number;
  readonly stabiliseMillis: number;
  readonly fingerMillis: number;
  readonly mergeMillis: number;
  readonly joinRetryMillis: number;
  /** Contacts remembered for merging, dead ones too. */
  readonly rememberedMax: number;
  readonly hopsMax: number;
}

export const RING_OPTIONS: RingOptions = Object.freeze({
  successorCount: 4,
  stabiliseMillis: 1_000,
  fingerMillis: 1_000,
  mergeMillis: 5_000,
  joinRetryMillis: 500,
  rememberedMax: 64,
  hopsMax: 128,
});

/** How a lookup went. */
export interface LookupResult {
  /** The owner and the members after it; empty when the lookup failed. */
  readonly owners: readonly Contact[];
  readonly hops: ReadonlyArray<{ readonly asked: Contact; readonly why: HopReason | 'start' | 'dead' }>;
}

const BUSY_RETRY_MILLIS = 60;
const FIRST_FINGER = 30;
const LAST_FINGER = 51;
const EAGER_ROUNDS_MAX = 32;

/**
 * Chord by the corrected rules (Zave, "How to make Chord correct", 2016), with the additions that models of it needed:
 * eager stabilisation, a merge probe that keeps dead contacts, and the rule that a member without a live successor is none.
 * Below successorCount + 1 members the ring is the sorted member list.
 *
 * Invariants
 * R5/R7 successor lists are in ring order, without duplicates and without ourselves.
 * R9 a pointer is adopted only from, or about, somebody who has just answered.
 * R10 without a live successor we are no member and claim no key (unless we are the only member known).
 */
export class Chord {
  readonly #port: RingPort;
  readonly #options: RingOptions;
  #successors: Contact[] = [];
  #predecessor: Contact | null = null;
  #joined = false;
  /** Lists follow the member list instead of Chord's rules. */
  #small = true;
  #busy = false;
  #again = false;
  #eagerRounds = 0;
  #nextFinger = LAST_FINGER;
  readonly #fingers = new Map<number, Contact>();
  readonly #remembered = new Map<NodeId, Contact>();

  constructor(port: RingPort, options: RingOptions = RING_OPTIONS) {
    this.#port = port;
    this.#options = options;
  }

  get joined(): boolean {
    return this.#joined;
  }
  get small(): boolean {
    return this.#small;
  }
  get successors(): readonly Contact[] {
    return this.#successors;
  }
  get predecessor(): Contact | null {
    return this.#predecessor;
  }
  get fingers(): ReadonlyMap<number, Contact> {
    return this.#fingers;
  }

  start(): void {
    const { stabiliseMillis, fingerMillis, mergeMillis } = this.#options;
    this.#port.setTimer('ring-stabilise', stabiliseMillis * this.#port.fraction());
    this.#port.setTimer('ring-fingers', fingerMillis * (1 + this.#port.fraction()));
    this.#port.setTimer('ring-merge', mergeMillis * (0.5 + this.#port.fraction()));
    this.membersChanged();
  }

  timer(kind: RingTimer): void {
    const { stabiliseMillis, fingerMillis, mergeMillis } = this.#options;
    const jitter = 0.9 + 0.2 * this.#port.fraction();
    switch (kind) {
      case 'ring-stabilise':
        this.#port.setTimer(kind, stabiliseMillis * jitter);
        this.#eagerRounds = 0;
        return this.#stabilise();
      case 'ring-fingers':
        this.#port.setTimer(kind, fingerMillis * jitter);
        return this.#fixFinger();
      case 'ring-merge':
        this.#port.setTimer(kind, mergeMillis * jitter);
        return this.#probeForOtherRing();
      case 'ring-join':
        return this.#join();
    }
  }

  // --- small rings and the switch ---

  /** Who is believed alive has changed. Below the minimum size the ring is the member list; at it Chord's rules take over, and back. */
  membersChanged(): void {
    const members = this.#port.members();
    for (const member of members) this.#remember(member);
    const minimum = this.#options.successorCount + 1;
    if (members.filter((member) => member.id !== this.#port.self.id).length + 1 < minimum) {
      if (!this.#small && this.#successors.length > 0 && this.#joined) {
        // Fewer members are known than the ring needs, but known members and ring members are not the same: the ring is asked.
        return;
      }
      this.#small = true;
      return this.#followMembers(members);
    }
    if (!this.#small) return;
    this.#small = false;
    // From here on every pointer is verified by stabilisation.
    this.#followMembers(members);
    this.#stabilise();
  }

  #followMembers(members: readonly Contact[]): void {
    const successors = successorsAmong(members, this.#port.self.id, this.#options.successorCount);
    const others = members.filter((member) => member.id !== this.#port.self.id);
    const predecessor = others.length === 0 ? null : (successorsAmong(members, this.#port.self.id, others.length).at(-1) ?? null);
    this.#set({ successors, predecessor, joined: true });
  }

  // --- joining ---

  #join(): void {
    if (this.#joined || this.#small) return;
    const contacts = [...this.#port.members(), ...this.#remembered.values()].filter((contact) => contact.id !== this.#port.self.id);
    const via = contacts[Math.floor(this.#port.fraction() * contacts.length)];
    this.#port.setTimer('ring-join', this.#options.joinRetryMillis * (0.75 + 0.5 * this.#port.fraction()));
    if (via === undefined) return;
    this.findPredecessor(this.#port.self.id, via, (member) => {
      if (member !== null && !this.#joined) this.#joinAfter(member);
    });
  }

  /** In one step: the member's whole successor list, and the member as predecessor. */
  #joinAfter(member: Contact): void {
    this.#port.ask(member, { ask: 'state' }, (answer) => {
      if (answer?.answer !== 'state' || this.#joined) return;
      const first = answer.successors[0];
      const fits = first !== undefined && (between(member.id, this.#port.self.id, first.id) || first.id === this.#port.self.id);
      if (!fits) return;
      const successors = this.#clean(answer.successors.filter((contact) => contact.id !== this.#port.self.id));
      if (successors.length === 0) return;
      this.#set({ successors, predecessor: member, joined: true });
      this.#eagerRounds = 0;
      this.#stabilise();
    });
  }

  /** We lost every successor: no member any more, the data stay, and we join again through anybody. */
  #leaveRing(): void {
    this.#set({ successors: [], predecessor: null, joined: false });
    this.#small = false;
    this.membersChangedAfterLoss();
  }

  membersChangedAfterLoss(): void {
    const others = this.#port.members().filter((member) => member.id !== this.#port.self.id);
    if (others.length < this.#options.successorCount) {
      this.#small = true;
      return this.#followMembers(this.#port.members());
    }
    this.#port.setTimer('ring-join', 0);
  }

  // --- stabilisation ---

  #stabilise(): void {
    if (this.#small || !this.#joined) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    const successor = this.#successors[0];
    if (successor === undefined) return this.#leaveRing();
    this.#busy = true;
    this.#port.ask(successor, { ask: 'state' }, (answer) => this.#heardSuccessor(successor, answer));
  }

  #heardSuccessor(successor: Contact, answer: RingAnswer | null): void {
    if (this.#successors[0]?.id !== successor.id) return this.#done(true);
    if (answer === null || answer.answer === 'outside') {
      // Dead (or no member any more): the next takes its place and is asked at once.
      const successors = this.#successors.slice(1);
      if (successors.length === 0) {
        this.#busy = false;
        return this.#leaveRing();
      }
      this.#set({ successors });
      return this.#done(true);
    }
    if (answer.answer !== 'state') {
      this.#busy = false;
      this.#port.setTimer('ring-stabilise', BUSY_RETRY_MILLIS);
      return;
    }
    this.#set({ successors: this.#clean([successor, ...answer.successors]) });
    const nearer = answer.predecessor;
    if (nearer !== null && nearer.id !== this.#port.self.id && between(this.#port.self.id, nearer.id, successor.id)) return this.#tryNearer(nearer, successor);
    this.#port.tell(successor, { tell: 'notify' });
    this.#done(false);
  }

  /** Somebody may have joined between us and our successor; adopted only when it answers. */
  #tryNearer(nearer: Contact, successor: Contact): void {
    this.#port.ask(nearer, { ask: 'state' }, (answer) => {
      const stillBetween = this.#successors[0] !== undefined && between(this.#port.self.id, nearer.id, this.#successors[0].id);
      if (answer?.answer !== 'state' || !stillBetween) {
        this.#port.tell(this.#successors[0] ?? successor, { tell: 'notify' });
        return this.#done(answer?.answer === 'busy');
      }
      this.#set({ successors: this.#clean([nearer, ...answer.successors]) });
      this.#port.tell(nearer, { tell: 'notify' });
      // Eager: the chain of predecessors is followed to its end in one go.
      this.#done(true);
    });
  }

  #done(again: boolean): void {
    this.#busy = false;
    const rerun = again || this.#again;
    this.#again = false;
    if (!rerun) return;
    this.#eagerRounds += 1;
    if (this.#eagerRounds <= EAGER_ROUNDS_MAX) this.#stabilise();
  }

  // --- being told ---

  notice(from: Contact, notice: RingNotice): void {
    this.#remember(from);
    if (this.#small || !this.#joined) return;
    switch (notice.tell) {
      case 'notify':
        return this.#rectify(from);
      case 'nearer':
        this.#remember(notice.contact);
        return this.#hintNearer(notice.contact);
      case 'leaving':
        return this.#letGo(from, notice);
    }
  }

  /** Zave's rectify: a nearer predecessor is adopted, any other only when the present one is dead. */
  #rectify(candidate: Contact): void {
    const present = this.#predecessor;
    if (present === null || between(present.id, candidate.id, this.#port.self.id)) {
      this.#set({ predecessor: candidate });
      // Eager: the one who was before us hears of the one between us.
      if (present !== null && present.id !== candidate.id) this.#port.tell(present, { tell: 'nearer', contact: candidate });
      return;
    }
    if (present.id === candidate.id) return;
    this.#port.ask(present, { ask: 'ping' }, (answer) => {
      if (this.#predecessor?.id !== present.id || (answer !== null && answer.answer !== 'outside')) return;
      this.#set({ predecessor: candidate });
    });
  }

  #hintNearer(contact: Contact): void {
    const successor = this.#successors[0];
    if (contact.id === this.#port.self.id || successor === undefined || !between(this.#port.self.id, contact.id, successor.id)) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#tryNearer(contact, successor);
  }

  #letGo(leaver: Contact, notice: Extract<RingNotice, { tell: 'leaving' }>): void {
    const change: { successors?: Contact[]; predecessor?: Contact | null } = {};
    if (this.#successors.some((contact) => contact.id === leaver.id)) {
      const rest = [...this.#successors.filter((contact) => contact.id !== leaver.id), ...notice.successors.filter((contact) => contact.id !== leaver.id)];
      change.successors = this.#clean(rest.sort((a, b) => this.#distance(a) - this.#distance(b) || compareIds(a.id, b.id)));
    }
    if (this.#predecessor?.id === leaver.id) change.predecessor = notice.predecessor?.id === this.#port.self.id ? null : notice.predecessor;
    this.#set(change);
    if (this.#successors.length === 0) this.#leaveRing();
    else this.#stabilise();
  }

  #distance(contact: Contact): number {
    const from = compareIds(contact.id, this.#port.self.id);
    return from > 0 ? 0 : 1;
  }

  /** Tells both neighbours; what must be handed over has been by then. */
  leave(): void {
    const notice: RingNotice = { tell: 'leaving', predecessor: this.#predecessor, successors: this.#successors };
    const told = new Set<NodeId>();
    for (const neighbour of [this.#predecessor, this.#successors[0]]) {
      if (neighbour === null || neighbour === undefined || told.has(neighbour.id)) continue;
      told.add(neighbour.id);
      this.#port.tell(neighbour, notice);
    }
    this.#joined = false;
  }

  // --- merging rings ---

  /**
   * Two rings never find each other by stabilisation. Now and then a remembered contact, dead ones too, is asked who follows us;
   * if its ring knows somebody nearer than our successor, that one is tried like any newcomer.
   */
  #probeForOtherRing(): void {
    const known = [...this.#remembered.values()].filter((contact) => contact.id !== this.#port.self.id && contact.id !== this.#successors[0]?.id);
    const contact = known[Math.floor(this.#port.fraction() * known.length)];
    if (contact === undefined || this.#small || !this.#joined) return;
    this.#walk({ key: justAfter(this.#port.self.id), start: contact }, (result) => {
      const found = result.owners.find((owner) => owner.id !== this.#port.self.id);
      if (found !== undefined) this.#hintNearer(found);
    });
  }

  // --- fingers and lookups ---

  #fixFinger(): void {
    if (this.#small || !this.#joined || this.#successors.length === 0) return;
    const last = this.#successors.at(-1) as Contact;
    let exponent = this.#nextFinger;
    // Fingers that begin within the successor list are served by it.
    while (exponent >= FIRST_FINGER && owns(this.#port.self.id, fingerStart(this.#port.self.id, exponent), last.id)) {
      this.#fingers.delete(exponent);
      exponent -= 1;
    }
    if (exponent < FIRST_FINGER) {
      this.#nextFinger = LAST_FINGER;
      return;
    }
    this.#nextFinger = exponent - 1 < FIRST_FINGER ? LAST_FINGER : exponent - 1;
    this.lookup(fingerStart(this.#port.self.id, exponent), (result) => {
      const owner = result.owners[0];
      if (owner === undefined || owner.id === this.#port.self.id) this.#fingers.delete(exponent);
      else {
        this.#fingers.set(exponent, owner);
        this.#remember(owner);
      }
    });
  }

  /** Finds the owner of a key and the members after it, step by step (iterative), around dead members. Calls back once. */
  lookup(key: string, done: (result: LookupResult) => void): void {
    const first = this.#next(key, []);
    if (first.done) return done({ owners: first.contacts, hops: [] });
    this.#walk({ key, start: first.contacts[0] as Contact, more: first.contacts.slice(1), why: first.why }, done);
  }

  findPredecessor(key: string, via: Contact, done: (member: Contact | null) => void): void {
    this.#walk({ key, start: via }, (result) => done(result.owners.length === 0 ? null : (result.hops.at(-1)?.asked ?? null)));
  }

  #walk(from: { key: string; start: Contact; more?: readonly Contact[]; why?: HopReason }, done: (result: LookupResult) => void): void {
    const hops: Array<LookupResult['hops'][number]> = [];
    const dead: NodeId[] = [];
    const fallbacks: Contact[] = [...(from.more ?? [])];
    const step = (contact: Contact, why: HopReason | 'start'): void => {
      if (hops.length >= this.#options.hopsMax) return done({ owners: [], hops });
      this.#port.ask(contact, { ask: 'next', key: from.key, avoid: dead }, (answer) => {
        if (answer?.answer === 'next') {
          hops.push({ asked: contact, why });
          const [next, ...others] = answer.contacts;
          if (answer.done) return done({ owners: answer.contacts, hops });
          if (next !== undefined && !hops.some((hop) => hop.asked.id === next.id)) {
            fallbacks.unshift(...others);
            return step(next, answer.why);
          }
        } else {
          hops.push({ asked: contact, why: 'dead' });
          dead.push(contact.id);
        }
        const other =
          fallbacks.find((each) => !dead.includes(each.id) && !hops.some((hop) => hop.asked.id === each.id)) ?? this.#next(from.key, dead).contacts[0];
        if (other === undefined || other.id === this.#port.self.id || hops.some((hop) => hop.asked.id === other.id)) return done({ owners: [], hops });
        step(other, 'successor');
      });
    };
    step(from.start, from.why ?? 'start');
  }

  /** What we say to whoever asks. */
  answer(from: Contact | null, question: RingQuestion): RingAnswer {
    if (from !== null) this.#remember(from);
    if (question.ask === 'ping') return { answer: this.#joined ? 'alive' : 'outside' };
    if (!this.#joined) return { answer: 'outside' };
    if (question.ask === 'next') return this.#next(question.key, question.avoid);
    return { answer: 'state', predecessor: this.#predecessor, successors: this.#successors };
  }

  #next(key: string, avoid: readonly NodeId[]): Extract<RingAnswer, { answer: 'next' }> {
    const { self } = this.#port;
    const live = this.#successors.filter((contact) => !avoid.includes(contact.id));
    if (live.length === 0 || (this.#predecessor !== null && owns(this.#predecessor.id, key, self.id))) {
      return { answer: 'next', done: true, contacts: [self, ...live], why: 'owner' };
    }
    const successor = live[0] as Contact;
    if (owns(self.id, key, successor.id)) return { answer: 'next', done: true, contacts: live, why: this.#small ? 'member-list' : 'successor' };
    const closer: Array<{ contact: Contact; why: HopReason }> = [];
    for (const contact of this.#fingers.values()) if (!avoid.includes(contact.id) && between(self.id, contact.id, key)) closer.push({ contact, why: 'finger' });
    for (const contact of live) if (between(self.id, contact.id, key)) closer.push({ contact, why: 'successor' });
    closer.sort((a, b) => (between(a.contact.id, b.contact.id, key) ? 1 : -1));
    const contacts = [...new Map(closer.map(({ contact }) => [contact.id, contact])).values()].slice(0, 4);
    return { answer: 'next', done: false, contacts, why: closer[0]?.why ?? 'successor' };
  }

  /** A failure detector believes somebody dead: routed around at once, verified by stabilisation. */
  suspect(id: NodeId): void {
    for (const [exponent, contact] of this.#fingers) if (contact.id === id) this.#fingers.delete(exponent);
    if (this.#successors[0]?.id === id) this.#stabilise();
  }

  // --- own state ---

  #clean(list: readonly Contact[]): Contact[] {
    const cleaned: Contact[] = [];
    for (const contact of list) {
      // A list that has come round to ourselves ends there.
      if (contact.id === this.#port.self.id) break;
      if (cleaned.some((known) => known.id === contact.id)) continue;
      const before = cleaned.at(-1)?.id;
      if (before !== undefined && !between(before, contact.id, this.#port.self.id)) break;
      cleaned.push(contact);
      if (cleaned.length === this.#options.successorCount) break;
    }
    return cleaned;
  }

  #set(change: { successors?: Contact[]; predecessor?: Contact | null; joined?: boolean }): void {
    const before = this.#fingerprint();
    if (change.successors !== undefined) this.#successors = change.successors;
    if (change.predecessor !== undefined) this.#predecessor = change.predecessor;
    if (change.joined !== undefined) this.#joined = change.joined;
    for (const contact of this.#successors) this.#remember(contact);
    if (this.#predecessor !== null) this.#remember(this.#predecessor);
    if (this.#fingerprint() !== before) this.#port.changed();
  }

  #fingerprint(): string {
    return `${this.#joined}|${this.#predecessor?.id ?? ''}|${this.#successors.map((contact) => contact.id).join(',')}`;
  }

  #remember(contact: Contact): void {
    if (contact.id === this.#port.self.id) return;
    this.#remembered.delete(contact.id);
    this.#remembered.set(contact.id, contact);
    if (this.#remembered.size > this.#options.rememberedMax) this.#remembered.delete(this.#remembered.keys().next().value as NodeId);
  }
}

/** The smallest id after `id` as keys go: the place behind it. */
function justAfter(id: string): string {
  return `${id.slice(0, -1)}${(Math.min(15, Number.parseInt(id.at(-1) as string, 16) + 1)).toString(16)}`;
}
