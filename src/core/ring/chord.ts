import type { NodeId } from '../types.ts';
import { between, type Contact, distance, owns, PLACES } from './circle.ts';
import { Fingers } from './fingers.ts';
import { Joiner, type JoinerHooks } from './joiner.ts';
import { Lookups } from './lookups.ts';
import { OtherRings, type OtherRingsHooks } from './other-rings.ts';
import { Pointers, type PointersHooks } from './pointers.ts';
import { Remembered, type RememberedHooks } from './remembered.ts';
import {
  type LookupResult,
  type NextStep,
  RING_OPTIONS,
  type RingAnswer,
  type RingNotice,
  type RingOptions,
  type RingPlace,
  type RingPort,
  type RingQuestion,
  type RingTimer,
} from './ring-port.ts';
import { SmallRing, type SmallRingHooks } from './small-ring.ts';
import { Stabiliser, type StabiliserHooks } from './stabiliser.ts';
import type { WalkMember } from './walk.ts';
import { ownsKey, stepTo, type Waypoints } from './waypoints.ts';

/** What a node outside any ring knows of the way to a key. */
const NOWHERE: NextStep = { answer: 'next', done: false, contacts: [], why: 'member-list' };

/**
 * Chord by the corrected rules (Zave, "How to make Chord correct", 2016), with the additions that models of it needed:
 * eager stabilisation, a merge probe that keeps dead contacts, and the rule that a member without a live successor is none.
 * Below successorCount + 1 members the ring is the sorted member list.
 *
 * Invariants
 * R5/R7 successor lists are in ring order, without duplicates and without ourselves (Pointers).
 * R9 a pointer is adopted only from, or about, somebody who has just answered (Stabiliser, Joiner, SmallRing).
 * R10 whoever lost all successors is no member, claims no key, and joins again through anybody it remembers.
 */
export class Chord implements PointersHooks, RememberedHooks, WalkMember, StabiliserHooks, SmallRingHooks, JoinerHooks, OtherRingsHooks {
  // What every question asks for comes first, so that it shares a line of the processor's cache.
  waypoints: Waypoints | null = null;
  unheeded = 0;
  readonly #remembered: Remembered;
  readonly #pointers: Pointers;
  readonly #fingers: Fingers;
  readonly #lookups: Lookups;
  readonly #stabiliser: Stabiliser;
  readonly #small: SmallRing;
  readonly #joiner: Joiner;
  readonly #otherRings: OtherRings;
  readonly #port: RingPort;
  readonly #options: RingOptions;
  #leaving = false;
  /** Rounds are so much rarer than they would be in a ring that changes. */
  calm = 1;
  #changedSinceTick = true;

  constructor(port: RingPort, options: RingOptions = RING_OPTIONS) {
    this.#port = port;
    this.#options = options;
    this.#pointers = new Pointers(port.self, options.successorCount, this);
    this.#remembered = new Remembered(port.self.id, options.rememberedMax, this);
    const parts = { port, options, pointers: this.#pointers, remembered: this.#remembered };
    this.#fingers = new Fingers(parts, this);
    this.#lookups = new Lookups(parts, this);
    this.#stabiliser = new Stabiliser(parts, this);
    this.#small = new SmallRing(parts, this);
    this.#joiner = new Joiner({ ...parts, lookups: this.#lookups }, this);
    this.#otherRings = new OtherRings({ ...parts, lookups: this.#lookups }, this);
  }

  /** A member of a ring, which may be a ring of one. Only a member claims keys. */
  get joined(): boolean {
    // Only members have sorted their ways, which are at hand.
    return this.waypoints !== null || this.#pointers.joined;
  }
  /** The ring is below its minimum size, and the lists are its sorted members. */
  get small(): boolean {
    return this.#pointers.small;
  }
  get successors(): readonly Contact[] {
    return this.#pointers.successors;
  }
  get predecessor(): Contact | null {
    return this.#pointers.predecessor;
  }
  get fingers(): ReadonlyMap<number, Contact> {
    return this.#fingers.contacts;
  }

  /** Joins through the port's members; with `place` it stands there at once. */
  start(place: RingPlace | null = null): void {
    const { stabiliseMillis, fingerMillis, mergeMillis } = this.#options;
    this.#port.setTimer('ring-stabilise', stabiliseMillis * this.#port.fraction());
    this.#port.setTimer('ring-fingers', fingerMillis * this.#port.fraction());
    this.#port.setTimer('ring-merge', mergeMillis * this.#port.fraction());
    if (place === null) return this.#joiner.begin();
    this.#fingers.restore(place.fingers ?? new Map());
    this.#pointers.set({ successors: place.successors, predecessor: place.predecessor, joined: true, small: false });
    this.#rememberNeighbours();
  }

  timer(kind: RingTimer): void {
    const { stabiliseMillis, fingerMillis, mergeMillis } = this.#options;
    switch (kind) {
      case 'ring-stabilise':
        // Changes are told at once, so that one round without any is enough to be calm.
        this.calm = this.#changedSinceTick || !this.joined || this.small ? 1 : this.#options.calmFactorMax;
        this.#changedSinceTick = false;
        this.#port.setTimer(kind, stabiliseMillis * this.#jitter * (this.#hearsOfSuccessor ? this.calm : 1));
        return this.#stabiliseTick();
      case 'ring-fingers':
        // Where neighbours stay, those further away do, too; whoever is known to be dead is no finger any more.
        this.#port.setTimer(kind, fingerMillis * this.#jitter * this.calm);
        if (this.waypoints !== null || (this.joined && !this.small)) this.#fingers.fixNext();
        return;
      case 'ring-merge':
        // All members probe, and one of them has to find the other ring: among many, each may do so more seldom.
        this.#port.setTimer(kind, mergeMillis * this.#jitter * Math.max(1, Math.log2(this.sizeGuess) / 3) * this.#otherRings.rarer(this.calm));
        if (!this.joined || this.small) return;
        this.#stabiliser.tryNearest();
        return this.#otherRings.round(this.calm > 1);
      case 'ring-join':
        if (!this.#leaving) this.#joiner.timer();
        return;
      case 'ring-routes':
        return this.#lookups.expire();
    }
  }

  /** Members that began together do not stay together. */
  get #jitter(): number {
    return 0.9 + 0.2 * this.#port.fraction();
  }

  /** Else these rounds are what finds its death. */
  get #hearsOfSuccessor(): boolean {
    const successor = this.#pointers.successors[0];
    return successor !== undefined && this.#port.hearsOf?.(successor.id) === true;
  }

  /** Nobody else would tell of that one's death any more: rounds come at their full pace again. */
  unwatched(id: NodeId): void {
    if (this.#pointers.successors[0]?.id === id) this.#stirred();
  }

  /** Pointers have changed: more may be about to. */
  #stirred(): void {
    this.#changedSinceTick = true;
    if (this.calm === 1) return;
    this.calm = 1;
    const { stabiliseMillis, mergeMillis } = this.#options;
    if (!this.#stabiliser.isDueSoon) this.#port.setTimer('ring-stabilise', stabiliseMillis * (0.9 + 0.2 * this.#port.fraction()));
    this.#port.setTimer('ring-merge', mergeMillis * (0.5 + this.#port.fraction()));
  }

  #stabiliseTick(): void {
    this.#rememberNeighbours();
    if (this.joined) (this.small ? this.#small : this.#stabiliser).round();
  }

  #rememberNeighbours(): void {
    for (const contact of this.#pointers.successors) this.mention(contact);
    if (this.#pointers.predecessor !== null) this.mention(this.#pointers.predecessor);
  }

  /** The port's `members` may name somebody new. */
  membersChanged(): void {
    for (const member of this.#port.members()) {
      const unheardOf = !this.#remembered.has(member.id);
      this.learn(member);
      if (unheardOf || this.small) this.meet(member);
    }
  }

  /** Somebody may be a member: worth remembering, and as a shortcut. Asked only when it would be our successor. */
  learn(contact: Contact): void {
    this.mention(contact);
    if (this.joined && !this.small) this.#fingers.consider(contact);
    this.#stabiliser.hint(contact);
  }

  /** Asks somebody whether it belongs to us: in a small ring as one more member, in a larger one because it may live in another ring. */
  meet(contact: Contact): void {
    if (!this.joined) return;
    if (this.small) this.#small.consider(contact);
    else this.#otherRings.probe(contact);
  }

  /** About how many members the ring has, by the distance to those who follow; 1 in a ring of one. */
  get sizeGuess(): number {
    const { successors } = this.#pointers;
    const last = successors.at(-1);
    if (last === undefined) return 1;
    if (this.small) return successors.length + 1;
    return Math.max(successors.length + 1, (successors.length * PLACES) / distance(this.#port.self.id, last.id));
  }

  /** Whether a contact lies between us and our successor. */
  isNearer(contact: Contact): boolean {
    return this.#pointers.isNearer(contact);
  }

  hint(contact: Contact): void {
    this.#stabiliser.hint(contact);
  }

  /** Whether a finger points there. */
  isFinger(id: NodeId): boolean {
    return this.#fingers.has(id);
  }

  // --- losing and changing rings: what the parts report ---

  pointersChanged(): void {
    this.#stirred();
    this.#port.changed();
  }

  lostAll(): void {
    if (!this.joined) return;
    this.#rememberNeighbours();
    this.#fingers.each((contact) => this.mention(contact));
    this.#pointers.set({ successors: [], predecessor: null, joined: false, small: false });
    this.#fingers.clear();
    if (!this.#leaving) this.#joiner.recover();
  }

  shrunk(members: readonly Contact[]): void {
    this.#small.census(members);
  }

  grown(): void {
    this.#stabiliser.round();
  }

  metRing(contact: Contact): void {
    this.#joiner.begin(contact);
  }

  tookPlace(): void {
    for (const contact of [...this.#remembered.live, ...this.#port.members()]) this.#fingers.consider(contact);
    this.#stabiliser.round();
  }

  enterSmall(member: Contact, state: Extract<RingAnswer, { answer: 'state' }>): void {
    this.#small.begin([member], state.successors);
  }

  /** Tells both neighbours; what must be handed over has been by then. The node claims nothing from now on. */
  leave(): void {
    this.#leaving = true;
    const { predecessor, successors } = this.#pointers;
    const told = new Set<NodeId>([this.#port.self.id]);
    // In a small ring everybody lists us, else only the two neighbours point at us directly.
    for (const neighbour of [predecessor, ...(this.small ? successors : successors.slice(0, 1))]) {
      if (neighbour === null || neighbour === undefined || told.has(neighbour.id)) continue;
      told.add(neighbour.id);
      this.#port.tell(neighbour, { tell: 'leaving', predecessor });
    }
    this.#pointers.set({ successors: [], predecessor: null, joined: false });
  }

  // --- being asked and told ---

  /** Somebody spoke of this contact. */
  mention(contact: Contact): void {
    if (this.unheeded > 0) this.unheeded -= 1;
    else this.#remembered.mention(contact);
  }

  #heard(from: Contact): void {
    if (this.unheeded > 0) this.unheeded -= 1;
    else this.#remembered.heard(from);
  }

  /** What we say to whoever asks; null for an answer that is none of the ring's. */
  answer(from: Contact, question: RingQuestion): RingAnswer {
    this.#heard(from);
    // Nearly every question, and the ways are known to members only: nothing else of us need be read for it.
    if (this.waypoints !== null && question.ask === 'next' && question.avoid.length === 0) return stepTo(this.waypoints, question.key);
    if (!this.joined) return { answer: 'outside' };
    switch (question.ask) {
      case 'ping':
        return { answer: 'alive', predecessor: this.predecessor };
      case 'next':
        return this.#fingers.nextStep(question.key, question.avoid);
      case 'route':
        this.#lookups.forward(question);
        return { answer: 'forwarding' };
      case 'state':
        if (this.#stabiliser.busy) return { answer: 'busy' };
        return { answer: 'state', predecessor: this.predecessor, successors: this.successors, small: this.small };
    }
  }

  /** What a stranger is told, who may be no member and cannot become one yet: the way to a key and that we are there, nothing else, and he is not remembered. */
  guide(question: RingQuestion): RingAnswer {
    if (!this.joined) return { answer: 'outside' };
    if (question.ask === 'ping') return { answer: 'alive', predecessor: this.predecessor };
    return question.ask === 'next' ? this.#fingers.nextStep(question.key, question.avoid) : { answer: 'outside' };
  }

  notice(from: Contact, notice: RingNotice): void {
    this.#heard(from);
    if (notice.tell === 'routed') return this.#lookups.routed(notice);
    if (notice.tell === 'nearer') this.mention(notice.contact);
    if (!this.joined) return;
    if (this.small) return this.#noticeInSmallRing(from, notice);
    switch (notice.tell) {
      case 'notify':
        return this.#stabiliser.rectify(from);
      case 'nearer':
        return this.#stabiliser.hint(notice.contact);
      case 'changed':
        return this.#stabiliser.successorChanged(from);
      case 'leaving':
        this.#fingers.forget(from.id);
        return this.#stabiliser.letGo(from, notice.predecessor);
    }
  }

  #noticeInSmallRing(from: Contact, notice: Exclude<RingNotice, { tell: 'routed' }>): void {
    if (notice.tell === 'leaving') return this.#small.forget(from);
    this.#small.consider(notice.tell === 'nearer' ? notice.contact : from);
  }

  /** A failure detector believes somebody dead: routed around at once, verified by stabilisation. */
  suspect(id: NodeId): void {
    this.#fingers.forget(id);
    this.check(id);
  }

  /** Something is wrong with a contact: a neighbour is asked now rather than in the next round. */
  check(id: NodeId): void {
    if (this.small) this.#small.check(id);
    else if (this.#pointers.successors[0]?.id === id) this.#stabiliser.round();
  }

  // --- lookups ---

  /** Who is next on the way to a key, as we know by ourselves. */
  next(key: string, avoid: readonly NodeId[]): NextStep {
    return this.joined ? this.#fingers.nextStep(key, avoid) : NOWHERE;
  }

  /** Whether we own a key, as far as we know. */
  owns(key: string): boolean {
    const known = this.waypoints === null ? null : ownsKey(this.waypoints, key);
    if (known !== null) return known;
    if (!this.joined) return false;
    const { predecessor } = this.#pointers;
    return predecessor === null ? this.#pointers.successors.length === 0 : owns(predecessor.id, key, this.#port.self.id);
  }

  /**
   * Finds the owner of a key and the members after it, step by step, around dead members. Calls back once, maybe at once. `own`: by our own
   * pointers, since whoever was met on other ways may live in another ring.
   */
  lookup(key: string, done: (result: LookupResult) => void, from: 'met' | 'own' = 'met'): void {
    const first = this.#first(key, done);
    if (first === null) return;
    const { contacts, why } = from === 'own' ? first : this.#nearer(key, first);
    if (contacts.length === 0) return done({ owners: [], hops: [] });
    this.#lookups.walk({ key, contacts, why }, done);
  }

  /** The same, passed on from member to member: fewer messages and half the time, but nobody steers around trouble on the way back. */
  lookupRecursive(key: string, done: (result: LookupResult) => void): void {
    if (this.#first(key, done) !== null) this.#lookups.route(key, done);
  }

  /** Null when the answer was known here. Outside a ring any remembered contact may begin. */
  #first(key: string, done: (result: LookupResult) => void): NextStep | null {
    if (!this.joined) {
      const contacts = [...this.#port.members(), ...this.#remembered.all].slice(0, 8);
      return { answer: 'next', done: false, contacts, why: 'member-list' };
    }
    if (this.owns(key)) {
      done({ owners: [this.#port.self, ...this.successors], hops: [] });
      return null;
    }
    const step = this.waypoints === null ? this.#fingers.nextStep(key) : stepTo(this.waypoints, key);
    if (!step.done) return step;
    done({ owners: step.contacts, hops: [] });
    return null;
  }

  /** The same with somebody before the others who was met on another way and stands nearer to the key, if there is such a one. */
  #nearer(key: string, step: NextStep): NextStep {
    const met = this.#port.closestBefore?.(key) ?? null;
    const [nearest] = step.contacts;
    if (met === null || met.id === this.#port.self.id || (nearest !== undefined && !between(nearest.id, met.id, key))) return step;
    return { ...step, contacts: [met, ...step.contacts], why: 'member-list' };
  }
}
