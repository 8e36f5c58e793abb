import type { NodeId } from '../types.ts';
import { type Contact, distance, PLACES } from './circle.ts';

export interface Way {
  readonly key: string;
  /** Places from us to the key, going clockwise. */
  readonly places: number;
}

/**
 * Whom a member may send a question to, in the order of the circle from its own place. Pointers and fingers change seldom and are
 * asked for at every hop of everybody's look-ups, so they are sorted once for many questions.
 */
export class Waypoints {
  /** The list that is part of it, to see whether it has been replaced since. */
  readonly successors: readonly Contact[];
  readonly #self: NodeId;
  readonly #contacts: Contact[] = [];
  /** How many places each lies beyond our own. */
  readonly #distances: number[] = [];

  constructor(self: NodeId, successors: readonly Contact[]) {
    this.#self = self;
    this.successors = successors;
    for (const contact of successors) this.add(contact);
  }

  add(contact: Contact): void {
    const away = distance(this.#self, contact.id);
    let at = this.#distances.length;
    while (at > 0 && (this.#distances[at - 1] as number) > away) at -= 1;
    if (at > 0 && (this.#contacts[at - 1] as Contact).id === contact.id) return;
    this.#contacts.splice(at, 0, contact);
    this.#distances.splice(at, 0, away);
  }

  /** How far the way to a key is, for the questions below. */
  wayTo(key: string): Way {
    const places = distance(this.#self, key);
    // A key at our own place lies either just behind us or at the end of the whole way round.
    return { key, places: places === 0 && key <= this.#self ? PLACES : places };
  }

  /** Those between us and the key, the closest to it first, at most `count`, without those to avoid. */
  before(way: Way, count: number, avoid: readonly NodeId[]): Contact[] {
    let at = this.#distances.length - 1;
    while (at >= 0 && !this.#isBefore(at, way)) at -= 1;
    const found: Contact[] = [];
    for (; at >= 0 && found.length < count; at -= 1) {
      const contact = this.#contacts[at] as Contact;
      if (avoid.length === 0 || !avoid.includes(contact.id)) found.push(contact);
    }
    return found;
  }

  #isBefore(at: number, { key, places }: Way): boolean {
    const away = this.#distances[at] as number;
    return away < places || (away === places && (this.#contacts[at] as Contact).id < key);
  }
}
