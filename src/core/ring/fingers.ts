import type { NodeId } from '../types.ts';
import { between, type Contact, distance, fingerStart, owns } from './circle.ts';
import type { Pointers } from './pointers.ts';
import type { HopReason, LookupResult, NextStep, RingPort } from './ring-port.ts';

/** Below 2^30 of 2^52 places no finger is kept: with fewer than four million members the successor list reaches further. */
const FIRST_FINGER = 30;
const LAST_FINGER = 51;
const NEXT_CONTACTS_MAX = 4;

/** Shortcuts across the ring: finger i is the owner of the place 2^i beyond us. They only make lookups short, never right. */
export class Fingers {
  readonly #port: RingPort;
  readonly #pointers: Pointers;
  readonly #lookup: (key: string, done: (result: LookupResult) => void) => void;
  readonly #contacts = new Map<number, Contact>();
  /** Fingers that nobody has asked yet: somebody spoke of them. */
  readonly #hearsay = new Set<number>();
  #turn = LAST_FINGER;

  constructor(parts: { port: RingPort; pointers: Pointers }, lookup: (key: string, done: (result: LookupResult) => void) => void) {
    this.#port = parts.port;
    this.#pointers = parts.pointers;
    this.#lookup = lookup;
  }

  get contacts(): ReadonlyMap<number, Contact> {
    return this.#contacts;
  }

  restore(contacts: ReadonlyMap<number, Contact>): void {
    for (const [exponent, contact] of contacts) this.#contacts.set(exponent, contact);
  }

  /** Somebody who may be a member: serves as a shortcut where there is none, until a look-up has found the right one. */
  consider(contact: Contact): void {
    const last = this.#pointers.successors.at(-1);
    const { self } = this.#port;
    if (contact.id === self.id || last === undefined || contact.id === last.id || between(self.id, contact.id, last.id)) return;
    const exponent = Math.floor(Math.log2(distance(self.id, contact.id)));
    if (exponent < FIRST_FINGER) return;
    const present = this.#contacts.get(exponent);
    if (present !== undefined) {
      // One beyond its own stretch was right when the ring had fewer members.
      const astray = Math.floor(Math.log2(distance(self.id, present.id))) !== exponent;
      if (!astray && (!this.#hearsay.has(exponent) || !between(self.id, contact.id, present.id))) return;
    }
    this.#contacts.set(exponent, contact);
    this.#hearsay.add(exponent);
  }

  has(id: NodeId): boolean {
    for (const contact of this.#contacts.values()) if (contact.id === id) return true;
    return false;
  }

  forget(id: NodeId): void {
    for (const [exponent, contact] of this.#contacts) if (contact.id === id) this.#drop(exponent);
  }

  clear(): void {
    this.#contacts.clear();
    this.#hearsay.clear();
  }

  #drop(exponent: number): void {
    this.#contacts.delete(exponent);
    this.#hearsay.delete(exponent);
  }

  /** Checks one finger, the furthest first. Usually it still owns its place, which one question shows. */
  fixNext(): void {
    const last = this.#pointers.successors.at(-1);
    if (last === undefined) return;
    const { self } = this.#port;
    const exponent = this.#turn;
    const start = fingerStart(self.id, exponent);
    if (exponent < FIRST_FINGER || owns(self.id, start, last.id)) {
      // From here down the successor list serves.
      for (let near = exponent; near >= FIRST_FINGER; near -= 1) this.#drop(near);
      this.#turn = LAST_FINGER;
      return;
    }
    this.#turn = exponent - 1;
    const present = this.#contacts.get(exponent);
    if (present === undefined) return this.#find(exponent, start);
    this.#port.ask(present, { ask: 'ping' }, (answer) => {
      if (answer?.answer !== 'alive') {
        this.forget(present.id);
        return this.#find(exponent, start);
      }
      const before = answer.predecessor;
      if (before === null || this.#contacts.get(exponent)?.id !== present.id) return;
      if (owns(before.id, start, present.id)) {
        this.#hearsay.delete(exponent);
        return;
      }
      // It has got a neighbour that is nearer to the place, so in a few turns the finger arrives there, without any look-up.
      this.#contacts.set(exponent, before);
      this.#hearsay.add(exponent);
    });
  }

  #find(exponent: number, start: string): void {
    this.#lookup(start, (result) => {
      const owner = result.owners[0];
      if (owner === undefined || owner.id === this.#port.self.id) return this.#drop(exponent);
      this.#contacts.set(exponent, owner);
      this.#hearsay.delete(exponent);
    });
  }

  /** Who is next on the way to a key, as the pointers and fingers of this member tell. */
  nextStep(key: string, avoid: readonly NodeId[]): NextStep {
    const { self } = this.#port;
    const live = this.#pointers.successors.filter((contact) => !avoid.includes(contact.id));
    const successor = live[0];
    if (successor === undefined || this.#pointers.small) return memberStep(key, self, live);
    if (owns(self.id, key, successor.id)) return { answer: 'next', done: true, contacts: live, why: 'successor' };
    const closer = new Map<NodeId, { contact: Contact; why: HopReason }>();
    for (const contact of this.#contacts.values()) {
      if (between(self.id, contact.id, key) && !avoid.includes(contact.id)) closer.set(contact.id, { contact, why: 'finger' });
    }
    for (const contact of live) if (between(self.id, contact.id, key)) closer.set(contact.id, { contact, why: 'successor' });
    const sorted = [...closer.values()].sort((a, b) => (between(a.contact.id, b.contact.id, key) ? 1 : -1)).slice(0, NEXT_CONTACTS_MAX);
    return { answer: 'next', done: false, contacts: sorted.map((each) => each.contact), why: sorted[0]?.why ?? 'successor' };
  }
}

/** In a small ring everybody is known, so the owner is: the first at or after the key. */
function memberStep(key: string, self: Contact, others: readonly Contact[]): NextStep {
  const circle = [self, ...others];
  const owner = circle.findIndex((contact, index) => owns((circle.at(index - 1) as Contact).id, key, contact.id));
  const contacts = owner < 0 ? circle : [...circle.slice(owner), ...circle.slice(0, owner)];
  return { answer: 'next', done: true, contacts, why: 'member-list' };
}
