import type { NodeId } from '../types.ts';
import { type Contact, placeOf } from './circle.ts';

/**
 * A few dozen contacts in the order in which they came, each id once. They are found by their places, which lie side by side in memory:
 * reading that many ids, each somewhere else, would cost more than all that is done with them.
 */
export class ContactList {
  readonly #contacts: Contact[] = [];
  readonly #places: number[] = [];

  get contacts(): readonly Contact[] {
    return this.#contacts;
  }

  get size(): number {
    return this.#contacts.length;
  }

  has(id: NodeId): boolean {
    return this.#indexOf(id, placeOf(id)) >= 0;
  }

  /** A contact whose id is there takes the place of the one that had it, any other goes to the end. */
  put(contact: Contact): void {
    const place = placeOf(contact.id);
    const at = this.#indexOf(contact.id, place);
    if (at >= 0) {
      this.#contacts[at] = contact;
      return;
    }
    this.#contacts.push(contact);
    this.#places.push(place);
  }

  /** Whether it was there. */
  remove(id: NodeId): boolean {
    const at = this.#indexOf(id, placeOf(id));
    if (at < 0) return false;
    this.#contacts.splice(at, 1);
    this.#places.splice(at, 1);
    return true;
  }

  removeFirst(): void {
    this.#contacts.shift();
    this.#places.shift();
  }

  #indexOf(id: NodeId, place: number): number {
    let at = this.#places.indexOf(place);
    while (at >= 0 && (this.#contacts[at] as Contact).id !== id) at = this.#places.indexOf(place, at + 1);
    return at;
  }
}
