import type { MonotonicMillis, NodeId } from '../types.ts';
import { awayOf, type Contact, prefixesBetween, prefixOf } from './circle.ts';
import type { RingAnswer } from './ring-port.ts';

/** Among a thousand members the one known that is next before a key stands some four places before it. */
const CONTACTS_MAX = 256;
/** Whoever was not heard of for so long may have gone without anybody telling, ms. */
const YOUNG_MILLIS = 60_000;

/**
 * Members that were met on the way to other keys, so that a look-up begins near its end: fingers halve what is left of the way with each
 * hop, and the first hops are those that many who were met before stand beyond (the location table of DHash; Dabek and others, 2004).
 * They shorten ways, and decide nothing: whose a key is only members say, each from its own successor list, as on any other way.
 */
export class LocationCache {
  readonly #self: NodeId;
  readonly #contacts: Contact[] = [];
  /** Beside them, so that a search reads these alone. */
  readonly #prefixes: number[] = [];
  readonly #heardMillis: number[] = [];

  constructor(self: NodeId) {
    this.#self = self;
  }

  get size(): number {
    return this.#contacts.length;
  }

  /**
   * Whoever answers is there, and those that follow a member are looked after by it. Returns whether it said who follow it, and nobody is
   * known who lies before the first of them: else any one answer could claim the whole circle for whom it likes.
   */
  heard(from: Contact, answer: RingAnswer, nowMillis: MonotonicMillis): boolean {
    if (answer.answer === 'outside') {
      this.remove(from.id);
      return false;
    }
    this.put(from, nowMillis);
    if (answer.answer !== 'next' || !answer.done || this.#knowsNearer(from.id, answer.contacts[0], nowMillis)) return false;
    for (const contact of answer.contacts) this.put(contact, nowMillis);
    return true;
  }

  /** Whether somebody stands between a member and whom it names as the next one. */
  #knowsNearer(from: NodeId, next: Contact | undefined, nowMillis: MonotonicMillis): boolean {
    if (next === undefined) return false;
    const fromPrefix = prefixOf(from);
    const nextAway = awayOf(next.id, from, fromPrefix);
    return this.#prefixes.some((prefix, at) => {
      const away = prefixesBetween(fromPrefix, prefix);
      return away > 0 && away < nextAway && nowMillis - (this.#heardMillis[at] as number) <= YOUNG_MILLIS;
    });
  }

  /** Is a member, or said to be one, at this time; the one that was not heard of for longest gives way. */
  put(contact: Contact, nowMillis: MonotonicMillis): void {
    if (contact.id === this.#self) return;
    const prefix = prefixOf(contact.id);
    let at = this.#indexOf(contact.id, prefix);
    if (at < 0) at = this.#contacts.length < CONTACTS_MAX ? this.#contacts.length : this.#oldest();
    this.#contacts[at] = contact;
    this.#prefixes[at] = prefix;
    this.#heardMillis[at] = nowMillis;
  }

  remove(id: NodeId): void {
    const at = this.#indexOf(id, prefixOf(id));
    if (at >= 0) this.#removeAt(at);
  }

  /** The one that stands next before a key and that nobody doubts; null when there is none. Whoever stands at the key is beyond it. */
  closestBefore(key: string, nowMillis: MonotonicMillis, isDoubted: (id: NodeId) => boolean): Contact | null {
    const keyPrefix = prefixOf(key);
    for (;;) {
      let nearest = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let at = 0; at < this.#prefixes.length; at += 1) {
        const ahead = prefixesBetween(this.#prefixes[at] as number, keyPrefix);
        // Of those that share the prefix of the key only their ids would tell which lie before it, and they are next to nobody.
        if (ahead === 0 || ahead >= least) continue;
        least = ahead;
        nearest = at;
      }
      if (nearest < 0) return null;
      const contact = this.#contacts[nearest] as Contact;
      if (nowMillis - (this.#heardMillis[nearest] as number) <= YOUNG_MILLIS && !isDoubted(contact.id)) return contact;
      this.#removeAt(nearest);
    }
  }

  #indexOf(id: NodeId, prefix: number): number {
    let at = this.#prefixes.indexOf(prefix);
    while (at >= 0 && (this.#contacts[at] as Contact).id !== id) at = this.#prefixes.indexOf(prefix, at + 1);
    return at;
  }

  #oldest(): number {
    let oldest = 0;
    for (let at = 1; at < this.#heardMillis.length; at += 1) if ((this.#heardMillis[at] as number) < (this.#heardMillis[oldest] as number)) oldest = at;
    return oldest;
  }

  #removeAt(at: number): void {
    const last = this.#contacts.length - 1;
    this.#contacts[at] = this.#contacts[last] as Contact;
    this.#prefixes[at] = this.#prefixes[last] as number;
    this.#heardMillis[at] = this.#heardMillis[last] as number;
    this.#contacts.length = last;
    this.#prefixes.length = last;
    this.#heardMillis.length = last;
  }
}
