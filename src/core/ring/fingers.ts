import type { NodeId } from '../types.ts';
import { awayOf, between, type Contact, distance, fingerAway, fingerStart, isReachedAlike, owns, ownsDistance, prefixOf } from './circle.ts';
import type { Pointers } from './pointers.ts';
import { type Asker, type LookupResult, type NextStep, PING, type RingAnswer, type RingPort } from './ring-port.ts';
import { isBeyondSuccessors, stepAround, stepTo, type Waypoints, waypointsOf } from './waypoints.ts';

/** Below 2^30 of 2^52 places no finger is kept: with fewer than four million members the successor list reaches further. */
const FIRST_FINGER = 30;
const LAST_FINGER = 51;
const NOBODY: readonly NodeId[] = [];

export interface Finder {
  /** The ways from here, sorted; null since the pointers or the fingers have changed. */
  waypoints: Waypoints | null;
  /** Finds the owner of a key. Calls back once, maybe at once. */
  lookup(key: string, done: (result: LookupResult) => void): void;
}

/** Shortcuts across the ring: finger i is the owner of the place 2^i beyond us. They only make lookups short, never right. */
export class Fingers {
  readonly #port: RingPort;
  readonly #self: Contact;
  readonly #pointers: Pointers;
  readonly #finder: Finder;
  /** From the furthest on, as many as were ever needed. */
  readonly #contacts: Array<Contact | null> = [];
  /** How far each of them lies beyond us, by prefixes. */
  readonly #aways: number[] = [];
  readonly #ownPrefix: number;
  /** A bit for each of which somebody spoke and that nobody has asked yet. */
  #hearsay = 0;
  #turn = LAST_FINGER;

  constructor(parts: { port: RingPort; pointers: Pointers }, finder: Finder) {
    this.#port = parts.port;
    this.#self = parts.pointers.self;
    this.#ownPrefix = prefixOf(this.#self.id);
    this.#pointers = parts.pointers;
    this.#finder = finder;
  }

  /** By exponent, for people. */
  get contacts(): ReadonlyMap<number, Contact> {
    const contacts = new Map<number, Contact>();
    for (const [at, contact] of this.#contacts.entries()) if (contact !== null) contacts.set(LAST_FINGER - at, contact);
    return contacts;
  }

  restore(contacts: ReadonlyMap<number, Contact>): void {
    for (const [exponent, contact] of contacts) this.#set(exponent, contact, false);
  }

  each(visit: (contact: Contact) => void): void {
    for (const contact of this.#contacts) if (contact !== null) visit(contact);
  }

  #at(exponent: number): Contact | null {
    return this.#contacts[LAST_FINGER - exponent] ?? null;
  }

  #set(exponent: number, contact: Contact, hearsay: boolean): void {
    const at = LAST_FINGER - exponent;
    // An array with gaps is slow to walk.
    while (this.#contacts.length <= at) {
      this.#contacts.push(null);
      this.#aways.push(0);
    }
    this.#hearsay = hearsay ? this.#hearsay | (1 << at) : this.#hearsay & ~(1 << at);
    const before = this.#contacts[at];
    // The ways from here stay as they are.
    if (before?.id === contact.id && isReachedAlike(before, contact)) return;
    this.#contacts[at] = contact;
    this.#aways[at] = this.#awayOf(contact);
    this.#finder.waypoints = null;
  }

  #awayOf({ id }: Contact): number {
    return awayOf(id, this.#self.id, this.#ownPrefix);
  }

  #isHearsay(exponent: number): boolean {
    return (this.#hearsay & (1 << (LAST_FINGER - exponent))) !== 0;
  }

  /** Whoever stands there is the right one. */
  #confirm(exponent: number): void {
    this.#hearsay &= ~(1 << (LAST_FINGER - exponent));
  }

  #drop(exponent: number): void {
    if (this.#at(exponent) === null) return;
    this.#contacts[LAST_FINGER - exponent] = null;
    this.#finder.waypoints = null;
  }

  /** Somebody who may be a member: serves as a shortcut where there is none, until a look-up has found the right one. */
  consider(contact: Contact): void {
    const last = this.#pointers.successors.at(-1);
    const self = this.#self;
    if (contact.id === self.id || last === undefined || contact.id === last.id || between(self.id, contact.id, last.id)) return;
    const exponent = Math.floor(Math.log2(distance(self.id, contact.id)));
    if (exponent < FIRST_FINGER) return;
    const present = this.#at(exponent);
    if (present !== null) {
      // One beyond its own stretch was right when the ring had fewer members.
      const astray = Math.floor(Math.log2(distance(self.id, present.id))) !== exponent;
      if (!astray && (!this.#isHearsay(exponent) || !between(self.id, contact.id, present.id))) return;
    }
    this.#set(exponent, contact, true);
  }

  has(id: NodeId): boolean {
    return this.#contacts.some((contact) => contact?.id === id);
  }

  forget(id: NodeId): void {
    for (let exponent = FIRST_FINGER; exponent <= LAST_FINGER; exponent += 1) if (this.#at(exponent)?.id === id) this.#drop(exponent);
  }

  clear(): void {
    this.#contacts.length = 0;
    this.#aways.length = 0;
    this.#finder.waypoints = null;
  }

  /** Checks one finger, the furthest first. Usually it still owns its place, which one question shows. */
  fixNext(): void {
    const ways = this.#finder.waypoints ?? (this.#pointers.successors.length === 0 ? null : this.#sort());
    if (ways === null) return;
    const exponent = this.#turn;
    if (exponent < FIRST_FINGER || !isBeyondSuccessors(ways, exponent)) {
      // From here down the successor list serves.
      for (let near = exponent; near >= FIRST_FINGER; near -= 1) this.#drop(near);
      this.#turn = LAST_FINGER;
      return;
    }
    this.#turn = exponent - 1;
    const present = this.#at(exponent);
    if (present === null) return this.#find(exponent);
    this.#port.ask(present, PING, new FingerCheck(this, exponent, present));
  }

  /** What a finger that was asked says; null when it is silent. */
  checked(exponent: number, present: Contact, answer: RingAnswer | null): void {
    if (answer?.answer !== 'alive') {
      this.forget(present.id);
      return this.#find(exponent);
    }
    const before = answer.predecessor;
    if (before === null || this.#at(exponent)?.id !== present.id) return;
    if (this.#ownsStart(before, exponent, present)) this.#confirm(exponent);
    // It has got a neighbour that is nearer to the place, so in a few turns the finger arrives there, without any look-up.
    else this.#set(exponent, before, true);
  }

  /** Whether the place where a finger begins belongs to whom it points at, whose predecessor is `before`. Only where two share a prefix their ids tell. */
  #ownsStart(before: Contact, exponent: number, present: Contact): boolean {
    const from = this.#awayOf(before);
    const start = fingerAway(exponent);
    const to = this.#aways[LAST_FINGER - exponent] as number;
    if (from === start || start === to || from === to) return owns(before.id, fingerStart(this.#self.id, exponent), present.id);
    return ownsDistance(from, start, to);
  }

  #find(exponent: number): void {
    this.#finder.lookup(fingerStart(this.#self.id, exponent), (result) => {
      const owner = result.owners[0];
      if (owner === undefined || owner.id === this.#self.id) return this.#drop(exponent);
      this.#set(exponent, owner, false);
    });
  }

  /** Who is next on the way to a key, as the pointers and fingers of this member tell. */
  nextStep(key: string, avoid: readonly NodeId[] = NOBODY): NextStep {
    const { waypoints } = this.#finder;
    if (waypoints !== null && avoid.length === 0) return stepTo(waypoints, key);
    const { successors, small } = this.#pointers;
    const live = avoid.length === 0 ? successors : successors.filter((contact) => !avoid.includes(contact.id));
    const first = live[0];
    if (first === undefined || small) return memberStep(key, this.#self, live);
    const sorted = waypoints ?? this.#sort();
    if (avoid.length === 0) return stepTo(sorted, key);
    if (owns(this.#self.id, key, first.id)) return { answer: 'next', done: true, contacts: live, why: 'successor' };
    return stepAround(sorted, key, avoid);
  }

  #sort(): Waypoints {
    const waypoints = waypointsOf(this.#pointers, { contacts: this.#contacts, aways: this.#aways });
    this.#finder.waypoints = waypoints;
    return waypoints;
  }
}

/** Waits for what a finger says. */
class FingerCheck implements Asker {
  readonly #fingers: Fingers;
  readonly #exponent: number;
  readonly #present: Contact;

  constructor(fingers: Fingers, exponent: number, present: Contact) {
    this.#fingers = fingers;
    this.#exponent = exponent;
    this.#present = present;
  }

  answered(answer: RingAnswer | null): void {
    this.#fingers.checked(this.#exponent, this.#present, answer);
  }
}

/** In a small ring everybody is known, so the owner is: the first at or after the key. */
function memberStep(key: string, self: Contact, others: readonly Contact[]): NextStep {
  const circle = [self, ...others];
  const owner = circle.findIndex((contact, index) => owns((circle.at(index - 1) as Contact).id, key, contact.id));
  const contacts = owner < 0 ? circle : [...circle.slice(owner), ...circle.slice(0, owner)];
  return { answer: 'next', done: true, contacts, why: 'member-list' };
}
