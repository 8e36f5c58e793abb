import type { NodeId } from '../types.ts';
import { type Contact, owns, placeOf, placesBetween } from './circle.ts';

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
  /** The list that is part of it, to see whether it has been replaced since. */
  readonly successors: readonly Contact[];
  readonly #self: NodeId;
  readonly #selfPlace: number;
  /** The furthest first, which stands just behind us. */
  readonly #contacts: Contact[] = [];
  /** How many places each lies beyond our own. */
  readonly #distances: number[] = [];
  /** Where the first successor stands; -1 without any. */
  readonly #headAt: number;

  constructor(self: NodeId, successors: readonly Contact[], shortcuts: Shortcuts) {
    this.#self = self;
    this.#selfPlace = placeOf(self);
    this.successors = successors;
    for (let at = 0; at < shortcuts.contacts.length; at += 1) {
      const contact = shortcuts.contacts[at] as Contact | null;
      if (contact !== null) this.#add(contact, shortcuts.distances[at] as number);
    }
    for (let at = successors.length - 1; at >= 0; at -= 1) {
      const contact = successors[at] as Contact;
      this.#add(contact, this.#placesTo(contact.id));
    }
    this.#headAt = this.#contacts.indexOf(successors[0] as Contact);
  }

  /** Who comes in the order that is wanted costs no search. One who is there already is replaced: the list knows its address better. */
  #add(contact: Contact, away: number): void {
    let at = this.#distances.length;
    while (at > 0 && (this.#distances[at - 1] as number) < away) at -= 1;
    if (at > 0 && this.#distances[at - 1] === away && (this.#contacts[at - 1] as Contact).id === contact.id) this.#contacts[at - 1] = contact;
    else if (at === this.#distances.length) {
      this.#contacts.push(contact);
      this.#distances.push(away);
    } else {
      this.#contacts.splice(at, 0, contact);
      this.#distances.splice(at, 0, away);
    }
  }

  #placesTo(id: string): number {
    return placesBetween(this.#selfPlace, placeOf(id));
  }

  /** Whether our first successor, which there must be, owns a key: whether it lies in (we, successor]. */
  endAt(key: string): boolean {
    const away = this.#placesTo(key);
    const head = this.#distances[this.#headAt] as number;
    if (away === 0 || away === head) return owns(this.#self, key, (this.#contacts[this.#headAt] as Contact).id);
    return away < head;
  }

  /** Those between us and a key, the closest to it first, at most `count`, without those to avoid. */
  before(key: string, count: number, avoid: readonly NodeId[]): Contact[] {
    const from = this.#lastBefore(key);
    if (avoid.length === 0) return this.#contacts.slice(from, from + count);
    const others = this.#contacts.slice(from).filter((contact) => !avoid.includes(contact.id));
    return others.slice(0, count);
  }

  /** Where the last one before a key stands; everybody from there on lies between us and the key. */
  #lastBefore(key: string): number {
    const away = this.#placesTo(key);
    const distances = this.#distances;
    // A key at our own place lies either just behind us or at the end of the whole way round.
    if (away === 0 && key <= this.#self) return 0;
    let at = 0;
    while (at < distances.length && (distances[at] as number) > away) at += 1;
    while (at < distances.length && distances[at] === away && (this.#contacts[at] as Contact).id >= key) at += 1;
    return at;
  }
}
