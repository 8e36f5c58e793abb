import { between, type Contact, isReachedAlike } from './circle.ts';
import type { Waypoints } from './waypoints.ts';

const NOBODY: readonly Contact[] = [];

export interface PointersHooks {
  /** The ways from here, sorted; null since the pointers or the fingers have changed. */
  waypoints: Waypoints | null;
  /** Successors, predecessor or membership have changed. */
  pointersChanged(): void;
}

export interface PointerChange {
  readonly successors?: readonly Contact[];
  readonly predecessor?: Contact | null;
  readonly joined?: boolean;
  readonly small?: boolean;
}

/**
 * Where a node stands in the ring.
 *
 * Invariants
 * R5/R7 the successor list is in ring order, without duplicates and without ourselves.
 */
export class Pointers {
  #joined = false;
  #small = true;
  #successors: readonly Contact[] = NOBODY;
  #predecessor: Contact | null = null;
  readonly self: Contact;
  readonly successorCount: number;
  readonly #hooks: PointersHooks;

  constructor(self: Contact, successorCount: number, hooks: PointersHooks) {
    this.self = self;
    this.successorCount = successorCount;
    this.#hooks = hooks;
  }

  get successors(): readonly Contact[] {
    return this.#successors;
  }
  get predecessor(): Contact | null {
    return this.#predecessor;
  }
  /** A member of a ring, which may be a ring of one. */
  get joined(): boolean {
    return this.#joined;
  }
  /** The lists follow the member list, because the ring is below the minimum size. */
  get small(): boolean {
    return this.#small;
  }

  set(change: PointerChange): void {
    const { successors = this.#successors, predecessor = this.#predecessor, joined = this.#joined, small = this.#small } = change;
    const same = joined === this.#joined && small === this.#small && predecessor?.id === this.#predecessor?.id && sameContacts(successors, this.#successors);
    // A list that only says again what ours says leaves ours in its place, and the ways from here as they are.
    if (!same || !sameEndpoints(successors, this.#successors)) {
      this.#successors = successors;
      this.#hooks.waypoints = null;
    }
    this.#predecessor = predecessor;
    this.#joined = joined;
    this.#small = small;
    if (!same) this.#hooks.pointersChanged();
  }

  /** As much of a list as may be ours: it ends where it comes round to ourselves, goes back, or is long enough. */
  clean(list: readonly Contact[]): Contact[] {
    const cleaned: Contact[] = [];
    for (const contact of list) {
      if (contact.id === this.self.id) break;
      const before = cleaned.at(-1)?.id;
      if (before !== undefined && (before === contact.id || !between(before, contact.id, this.self.id))) break;
      cleaned.push(contact);
      if (cleaned.length === this.successorCount) break;
    }
    // A copy has no room for more: such lists are kept by many.
    return cleaned.slice();
  }

  /** Whether our list is as long as it may be and says that this successor follows us, and those of its own list follow it. */
  isFollowedBy(successor: Contact, others: readonly Contact[]): boolean {
    const ours = this.#successors;
    if (ours.length !== this.successorCount || others.length + 1 < ours.length) return false;
    for (let at = 0; at < ours.length; at += 1) {
      const [known, told] = [ours[at] as Contact, at === 0 ? successor : (others[at - 1] as Contact)];
      if (known !== told && (known.id !== told.id || !isReachedAlike(known, told))) return false;
    }
    return true;
  }

  /** Whether a contact lies between us and our successor. */
  isNearer(contact: Contact): boolean {
    const successor = this.#successors[0];
    return contact.id !== this.self.id && successor !== undefined && between(this.self.id, contact.id, successor.id);
  }
}

/** Whether two lists name the same members in the same order. */
export function sameContacts(one: readonly Contact[], other: readonly Contact[]): boolean {
  return one.length === other.length && one.every((contact, at) => contact.id === other[at]?.id);
}

/** Members can come back at another address; the lists name the same members. */
function sameEndpoints(one: readonly Contact[], other: readonly Contact[]): boolean {
  return one.every((contact, at) => other[at] !== undefined && isReachedAlike(contact, other[at]));
}
