import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { ContactList } from './contact-list.ts';

const PASSED_FOR_ONE = 32;

export interface RememberedHooks {
  /** How many of those who speak or are spoken of need not be told here: hop by hop that is a place less in memory to wait for. */
  unheeded: number;
}

/**
 * Everybody whom we heard of, for joining and for finding other rings. Those thought dead are kept apart and on purpose:
 * after a partition they are the only way to the other side, and nothing else may push them out.
 */
export class Remembered {
  readonly #self: NodeId;
  readonly #max: number;
  readonly #hooks: RememberedHooks;
  /** The longest known gives way. */
  readonly #live: ContactList;
  /** Null while nobody is: in a calm network that is always. */
  #lost: ContactList | null = null;
  /** How many were left out since there are enough, those included who may be from now on. */
  #passed = 0;

  constructor(self: NodeId, max: number, hooks: RememberedHooks) {
    this.#self = self;
    this.#max = max;
    this.#hooks = hooks;
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

  /** Somebody spoke of this contact: it may be alive. Not to be called for those who need not be heeded. */
  mention(contact: Contact): void {
    if (this.#hasRoom() && contact.id !== this.#self && !this.#isLost(contact.id)) this.#live.put(contact);
    this.#passOn();
  }

  /** The contact itself spoke; the same holds. */
  heard(contact: Contact): void {
    // As it is now, since it may have come back at another address.
    if (this.#lost?.remove(contact.id)) {
      if (this.#lost.size === 0) this.#lost = null;
      this.#live.put(contact);
    } else if (this.#hasRoom() && contact.id !== this.#self) this.#live.put(contact);
    this.#passOn();
  }

  get #isFull(): boolean {
    return this.#live.size >= this.#max;
  }

  /** Among many most are strangers, and one is as good as another: once there are enough, only some of them are looked at. */
  #hasRoom(): boolean {
    if (!this.#isFull) return true;
    this.#passed += 1;
    return this.#passed % PASSED_FOR_ONE === 0;
  }

  /** Whoever is thought dead has to be looked out for; else those before the next one to be looked at need not be told. */
  #passOn(): void {
    if (!this.#isFull || this.#lost !== null) return;
    this.#hooks.unheeded = PASSED_FOR_ONE - 1 - (this.#passed % PASSED_FOR_ONE);
    this.#passed += this.#hooks.unheeded;
  }

  /** The contact did not answer. */
  unheard(contact: Contact): void {
    if (contact.id === this.#self) return;
    this.#passed -= this.#hooks.unheeded;
    this.#hooks.unheeded = 0;
    this.#live.remove(contact.id);
    this.#lost ??= new ContactList(this.#max);
    this.#lost.remove(contact.id);
    this.#lost.put(contact);
  }
}
