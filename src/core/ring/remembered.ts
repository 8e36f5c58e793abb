import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';

/**
 * Everybody whom we heard of, for joining and for finding other rings. Those thought dead are kept apart and on purpose:
 * after a partition they are the only way to the other side, and nothing else may push them out.
 */
export class Remembered {
  readonly #self: NodeId;
  readonly #max: number;
  readonly #live = new Map<NodeId, Contact>();
  readonly #lost = new Map<NodeId, Contact>();

  constructor(self: NodeId, max: number) {
    this.#self = self;
    this.#max = max;
  }

  get all(): Contact[] {
    return [...this.#live.values(), ...this.#lost.values()];
  }

  has(id: NodeId): boolean {
    return this.#live.has(id) || this.#lost.has(id);
  }

  get live(): Contact[] {
    return [...this.#live.values()];
  }

  get lost(): Contact[] {
    return [...this.#lost.values()];
  }

  /** Somebody spoke of this contact: it may be alive. */
  mention(contact: Contact): void {
    if (contact.id === this.#self || this.#lost.has(contact.id)) return;
    this.#keep(this.#live, contact);
  }

  /** The contact itself spoke. */
  heard(contact: Contact): void {
    if (contact.id === this.#self) return;
    this.#lost.delete(contact.id);
    this.#keep(this.#live, contact);
  }

  /** The contact did not answer. */
  unheard(contact: Contact): void {
    if (contact.id === this.#self) return;
    this.#live.delete(contact.id);
    this.#keep(this.#lost, contact);
  }

  #keep(contacts: Map<NodeId, Contact>, contact: Contact): void {
    contacts.delete(contact.id);
    contacts.set(contact.id, contact);
    if (contacts.size > this.#max) contacts.delete(contacts.keys().next().value as NodeId);
  }
}
