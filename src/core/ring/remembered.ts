import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';

const PASSED_FOR_ONE = 8;

/**
 * Everybody whom we heard of, for joining and for finding other rings. Those thought dead are kept apart and on purpose:
 * after a partition they are the only way to the other side, and nothing else may push them out.
 */
export class Remembered {
  readonly #self: NodeId;
  readonly #max: number;
  /** The longest known first. A few dozen are found as fast in a list as in a table, and a list is a tenth as large. */
  readonly #live: Contact[] = [];
  readonly #lost: Contact[] = [];
  #passed = 0;
  /** There are enough live ones. Beside the lists, because every question and answer asks for it. */
  #full = false;
  #anyLost = false;

  constructor(self: NodeId, max: number) {
    this.#self = self;
    this.#max = max;
  }

  get all(): Contact[] {
    return [...this.#live, ...this.#lost];
  }

  has(id: NodeId): boolean {
    return indexOf(this.#live, id) >= 0 || indexOf(this.#lost, id) >= 0;
  }

  get live(): readonly Contact[] {
    return this.#live;
  }

  get lost(): readonly Contact[] {
    return this.#lost;
  }

  /** Somebody spoke of this contact: it may be alive. */
  mention(contact: Contact): void {
    if (!this.#hasRoom() || contact.id === this.#self || (this.#anyLost && indexOf(this.#lost, contact.id) >= 0)) return;
    this.#keep(this.#live, contact);
  }

  /** The contact itself spoke. */
  heard(contact: Contact): void {
    if (this.#anyLost && remove(this.#lost, contact.id)) return this.#keep(this.#live, contact);
    if (this.#hasRoom() && contact.id !== this.#self) this.#keep(this.#live, contact);
  }

  /** Among many most are strangers, and one is as good as another: once there are enough, only some of them are looked at. */
  #hasRoom(): boolean {
    if (!this.#full) return true;
    this.#passed += 1;
    return this.#passed % PASSED_FOR_ONE === 0;
  }

  /** The contact did not answer. */
  unheard(contact: Contact): void {
    if (contact.id === this.#self) return;
    remove(this.#live, contact.id);
    remove(this.#lost, contact.id);
    this.#keep(this.#lost, contact);
  }

  /** As it is now, since it may have come back at another address. The longest known gives way. */
  #keep(contacts: Contact[], contact: Contact): void {
    const at = indexOf(contacts, contact.id);
    if (at >= 0) contacts[at] = contact;
    else contacts.push(contact);
    if (contacts.length > this.#max) contacts.shift();
    this.#full = this.#live.length >= this.#max;
    this.#anyLost = this.#lost.length > 0;
  }
}

function indexOf(contacts: readonly Contact[], id: NodeId): number {
  for (let at = 0; at < contacts.length; at += 1) if ((contacts[at] as Contact).id === id) return at;
  return -1;
}

function remove(contacts: Contact[], id: NodeId): boolean {
  const at = indexOf(contacts, id);
  if (at >= 0) contacts.splice(at, 1);
  return at >= 0;
}
