import type { NodeId } from '../types.ts';
import { type Contact, owns, placeOf, placesBetween } from './circle.ts';
import type { HopReason, NextStep } from './ring-port.ts';

/** Where the numbers of a member stand: its own place, how far its first successor is away, and then how far each contact is. */
const OWN_PLACE = 0;
const HEAD_AWAY = 1;
const FIRST_AWAY = 2;
/** Contacts that are named to whoever asks the way, should the first be dead. */
const NEXT_CONTACTS_MAX = 4;

/** Contacts and how many places each lies beyond the member, one after the other; null for none. */
export interface Shortcuts {
  readonly contacts: ReadonlyArray<Contact | null>;
  readonly distances: readonly number[];
}

/**
 * Whom a member may send a question to, in the order of the circle back from its own place. Pointers and fingers change seldom and are
 * asked for at every hop of everybody's look-ups, so they are sorted once for many questions, which are then answered by comparing
 * numbers: the ids themselves are looked at only where two share a place.
 */
export class Waypoints {
  /** The furthest first, which stands just behind us. */
  readonly #contacts: readonly Contact[];
  /** Our own place and how many places beyond it others lie, side by side since every question asks for them. */
  readonly #numbers: readonly number[];
  /** Where the last successor stands. */
  readonly #listedFrom: number;
  /** From there on there is nobody who follows us and is not in the list. */
  readonly #onlyListed: boolean;
  /** Of those that follow us; not empty. */
  readonly successors: readonly Contact[];
  readonly #self: NodeId;

  constructor(self: NodeId, successors: readonly Contact[], shortcuts: Shortcuts) {
    this.#self = self;
    this.successors = successors;
    const sorted = { contacts: [] as Contact[], distances: [] as number[] };
    for (let at = 0; at < shortcuts.contacts.length; at += 1) {
      const contact = shortcuts.contacts[at] as Contact | null;
      if (contact !== null) insert(sorted, contact, shortcuts.distances[at] as number);
    }
    const ownPlace = placeOf(self);
    let headAway = 0;
    for (let at = successors.length - 1; at >= 0; at -= 1) {
      const contact = successors[at] as Contact;
      headAway = placesBetween(ownPlace, placeOf(contact.id));
      insert(sorted, contact, headAway);
    }
    // Copies have no room for more, which is half of what a list that has grown takes.
    this.#contacts = sorted.contacts.slice();
    this.#numbers = [ownPlace, headAway].concat(sorted.distances);
    this.#listedFrom = sorted.contacts.indexOf(successors.at(-1) as Contact);
    this.#onlyListed = sorted.contacts.length - this.#listedFrom === successors.length;
  }

  /** How many places the last successor lies beyond us. */
  get reach(): number {
    return this.#numbers[FIRST_AWAY + this.#listedFrom] as number;
  }

  #placesTo(id: string): number {
    return placesBetween(this.#numbers[OWN_PLACE] as number, placeOf(id));
  }

  /** Who is next on the way to a key: its owner, where that is our first successor, else those between us and the key, the closest first. */
  step(key: string): NextStep {
    const away = this.#placesTo(key);
    // By the successor alone: a finger may be nearer that is no member any more.
    if (this.#isHeads(key, away)) return { answer: 'next', done: true, contacts: this.successors, why: 'successor' };
    const from = this.#lastBefore(key, away);
    return { answer: 'next', done: false, contacts: this.#named(from), why: this.#why(from) };
  }

  #named(from: number): readonly Contact[] {
    const all = this.#contacts;
    // Written out, since this is asked for so often: to copy a part of a list takes far longer.
    if (from + NEXT_CONTACTS_MAX <= all.length) return [all[from], all[from + 1], all[from + 2], all[from + 3]] as Contact[];
    return all.slice(from);
  }

  /** The same around some, for a key that our successor is known not to own. */
  stepAround(key: string, avoid: readonly NodeId[]): NextStep {
    const others = this.#contacts.slice(this.#lastBefore(key, this.#placesTo(key))).filter((contact) => !avoid.includes(contact.id));
    const why = this.successors.includes(others[0] as Contact) ? 'successor' : 'finger';
    return { answer: 'next', done: false, contacts: others.slice(0, NEXT_CONTACTS_MAX), why };
  }

  #isHeads(key: string, away: number): boolean {
    const head = this.#numbers[HEAD_AWAY] as number;
    if (away === 0 || away === head) return owns(this.#self, key, (this.successors[0] as Contact).id);
    return away < head;
  }

  #why(at: number): HopReason {
    const listed = at >= this.#listedFrom && (this.#onlyListed || this.successors.includes(this.#contacts[at] as Contact));
    return listed ? 'successor' : 'finger';
  }

  /** Where the last one before a key stands; everybody from there on lies between us and the key. */
  #lastBefore(key: string, away: number): number {
    const numbers = this.#numbers;
    // A key at our own place lies either just behind us or at the end of the whole way round.
    if (away === 0 && key <= this.#self) return 0;
    let at = FIRST_AWAY;
    while (at < numbers.length && (numbers[at] as number) > away) at += 1;
    while (at < numbers.length && numbers[at] === away && (this.#contacts[at - FIRST_AWAY] as Contact).id >= key) at += 1;
    return at - FIRST_AWAY;
  }
}

/** Who comes in the order that is wanted costs no search. One who is there already is replaced: the later one's address is better known. */
function insert(sorted: { readonly contacts: Contact[]; readonly distances: number[] }, contact: Contact, away: number): void {
  const { contacts, distances } = sorted;
  let at = distances.length;
  while (at > 0 && (distances[at - 1] as number) < away) at -= 1;
  if (at > 0 && distances[at - 1] === away && (contacts[at - 1] as Contact).id === contact.id) contacts[at - 1] = contact;
  else if (at === distances.length) {
    contacts.push(contact);
    distances.push(away);
  } else {
    contacts.splice(at, 0, contact);
    distances.splice(at, 0, away);
  }
}
