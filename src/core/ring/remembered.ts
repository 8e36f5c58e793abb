import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { ContactList } from './contact-list.ts';

const PASSED_FOR_ONE = 32;

/**
 * Everybody whom we heard of, for joining and for finding other rings. Those thought dead are kept apart and on purpose:
 * after a partition they are the only way to the other side, and nothing else may push them out.
 */
export class Remembered {
  // What every question and answer asks for comes first, so that it shares a line of the processor's cache.
  /** There are enough live ones. */
  #full = false;
  #passed = 0;
  /** Null while nobody is: in a calm network that is always. */
  #lost: ContactList | null = null;
  readonly #self: NodeId;
  readonly #max: number;
  /** The longest known gives way. */
  readonly #live: ContactList;

  constructor(self: NodeId, max: number) {
    this.#self = self;
    this.#max = max;
    this.#live = new ContactList(max);
  }

  get all(): Contact[] {
    return [...this.live, ...this.lost];
  }

  has(id: NodeId): boolean {
    return this.#live.has(id) || this.#isLost(id);
  }

  get live(): readonly Contact[] {
    return this.#live.contacts;
  }

  get lost(): readonly Contact[] {
    return this.#lost?.contacts ?? [];
  }

  #isLost(id: NodeId): boolean {
    return this.#lost?.has(id) ?? false;
  }

  /** Somebody spoke of this contact: it may be alive. */
  mention(contact: Contact): void {
    if (!this.#hasRoom() || contact.id === this.#self || this.#isLost(contact.id)) return;
    this.#keepLive(contact);
  }

  /** The contact itself spoke. */
  heard(contact: Contact): void {
    if (this.#lost?.remove(contact.id)) {
      if (this.#lost.size === 0) this.#lost = null;
      return this.#keepLive(contact);
    }
    if (this.#hasRoom() && contact.id !== this.#self) this.#keepLive(contact);
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
    this.#live.remove(contact.id);
    this.#full = this.#live.size >= this.#max;
    this.#lost ??= new ContactList(this.#max);
    this.#lost.remove(contact.id);
    this.#lost.put(contact);
  }

  /** As it is now, since it may have come back at another address. */
  #keepLive(contact: Contact): void {
    this.#live.put(contact);
    this.#full = this.#live.size >= this.#max;
  }
}
