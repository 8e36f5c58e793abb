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
    const { id } = contact;
    // Most of what is mentioned is known, so that this look is what a mention costs.
    if (this.#live.get(id) === contact || id === this.#self || this.#lost.has(id)) return;
    this.#keepLive(contact);
  }

  /** The contact itself spoke. */
  heard(contact: Contact): void {
    if (contact.id === this.#self) return;
    if (this.#lost.size > 0) this.#lost.delete(contact.id);
    if (this.#live.get(contact.id) !== contact) this.#keepLive(contact);
  }

  /** The contact did not answer. */
  unheard(contact: Contact): void {
    if (contact.id === this.#self) return;
    this.#live.delete(contact.id);
    this.#lost.delete(contact.id);
    this.#lost.set(contact.id, contact);
    this.#bound(this.#lost);
  }

  /** The longest known gives way, even if it was heard just now: whoever matters is mentioned again in a moment. */
  #keepLive(contact: Contact): void {
    this.#live.set(contact.id, contact);
    this.#bound(this.#live);
  }

  #bound(contacts: Map<NodeId, Contact>): void {
    if (contacts.size > this.#max) contacts.delete(contacts.keys().next().value as NodeId);
  }
}
