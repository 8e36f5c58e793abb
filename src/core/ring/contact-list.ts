import type { NodeId } from '../types.ts';
import { type Contact, prefixOf } from './circle.ts';

/**
 * A few dozen contacts, each id once; when there are as many as may be, the one that came first gives way. They are found by their
 * prefixes, small whole numbers that lie side by side in memory: reading that many ids, each somewhere else, would cost more than
 * all that is done with them.
 */
export class ContactList {
  readonly #contacts: Contact[] = [];
  readonly #prefixes: number[] = [];
  readonly #max: number;
  /** Where the one stands that came first; those before it came last, so that nothing needs to be moved when another takes its place. */
  #first = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get contacts(): readonly Contact[] {
    return this.#contacts;
  }

  get size(): number {
    return this.#contacts.length;
  }

  has(id: NodeId): boolean {
    return this.#indexOf(id, prefixOf(id)) >= 0;
  }

  /** A contact whose id is there takes the place of the one that had it, any other is the last that came. */
  put(contact: Contact): void {
    const prefix = prefixOf(contact.id);
    const at = this.#indexOf(contact.id, prefix);
    if (at >= 0) {
      this.#contacts[at] = contact;
      return;
    }
    if (this.#contacts.length === this.#max) {
      this.#contacts[this.#first] = contact;
      this.#prefixes[this.#first] = prefix;
      this.#first = (this.#first + 1) % this.#max;
    } else if (this.#first === 0) {
      this.#contacts.push(contact);
      this.#prefixes.push(prefix);
    } else {
      this.#contacts.splice(this.#first, 0, contact);
      this.#prefixes.splice(this.#first, 0, prefix);
      this.#first += 1;
    }
  }

  /** Whether it was there. */
  remove(id: NodeId): boolean {
    const at = this.#indexOf(id, prefixOf(id));
    if (at < 0) return false;
    this.#contacts.splice(at, 1);
    this.#prefixes.splice(at, 1);
    if (at < this.#first) this.#first -= 1;
    else if (this.#first === this.#contacts.length) this.#first = 0;
    return true;
  }

  #indexOf(id: NodeId, prefix: number): number {
    let at = this.#prefixes.indexOf(prefix);
    while (at >= 0 && (this.#contacts[at] as Contact).id !== id) at = this.#prefixes.indexOf(prefix, at + 1);
    return at;
  }
}
