import type { MonotonicMillis, NodeId } from '../types.ts';
import { type Contact, owns } from './circle.ts';
import type { NextStep } from './ring-port.ts';

const RANGES_MAX = 16;
/** What was said so long ago counts as if it were asked for now, ms. Neighbours change by then in a network in which hundreds join at once. */
const RECENT_MILLIS = 2_000;

interface Range {
  readonly from: Contact;
  /** Not empty. */
  readonly owners: readonly [Contact, ...Contact[]];
  readonly saidMillis: MonotonicMillis;
}

/**
 * What members said of whom their successors are, for a moment: a name is written and read again, and looked at once more, within a
 * second, and each time the ring was asked the whole way for what it had just said.
 */
export class RecentRanges {
  /** The last that was said comes last. */
  #ranges: Range[] = [];

  /**
   * Its successors own what lies between it and the first of them. The list of a small ring's members begins with the owner of one key and
   * says nothing of others; and that ring may be about to merge with a larger one.
   */
  put(from: Contact, { done, why, contacts }: NextStep, nowMillis: MonotonicMillis): void {
    const [owner] = contacts;
    // Who names itself is nobody's neighbour.
    if (!done || why !== 'successor' || owner === undefined || owner.id === from.id) return;
    const others = this.#ranges.filter((range) => range.from.id !== from.id && nowMillis - range.saidMillis <= RECENT_MILLIS);
    this.#ranges = [...others.slice(1 - RANGES_MAX), { from, owners: contacts as readonly [Contact, ...Contact[]], saidMillis: nowMillis }];
  }

  /** The owner of a key and the members after it; null where nobody said so of late, or one of them is doubted. */
  ownersOf(key: string, nowMillis: MonotonicMillis, isDoubted: (id: NodeId) => boolean): readonly Contact[] | null {
    const said = this.#ranges.findLast(({ from, owners, saidMillis }) => nowMillis - saidMillis <= RECENT_MILLIS && owns(from.id, key, owners[0].id));
    return said === undefined || isDoubted(said.from.id) || said.owners.some(({ id }) => isDoubted(id)) ? null : said.owners;
  }
}
