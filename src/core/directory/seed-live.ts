import type { Random } from '../capabilities.ts';
import type { MonotonicMillis } from '../types.ts';

interface LiveNode {
  readonly userId: string;
  readonly expiresAt: MonotonicMillis;
  /** Where its id lies in the list that samples are drawn from. */
  place: number;
}

interface LivePresence {
  readonly here: boolean;
  readonly expiresAt: MonotonicMillis;
}

/**
 * Who is announced and who is here now: the volatile side of the directory, held in memory so that no question
 * walks through all users.
 *
 * Invariants
 * 1. Both maps are in the order of expiry: each refresh moves an entry to the end, and all entries of a map live equally long.
 * 2. `ids` lists the keys of `nodes`, each once, in no meaningful order.
 * 3. `online` is the number of users with a live presence that is not offline and at least one live node.
 */
export class SeedLive {
  readonly #nodes = new Map<string, LiveNode>();
  readonly #ids: string[] = [];
  readonly #liveNodeCount = new Map<string, number>();
  readonly #presence = new Map<string, LivePresence>();
  #online = 0;

  get nodeCount(): number {
    return this.#nodes.size;
  }

  get online(): number {
    return this.#online;
  }

  isLive(nodeId: string): boolean {
    return this.#nodes.has(nodeId);
  }

  hasPresence(userId: string): boolean {
    return this.#presence.has(userId);
  }

  isOnline(userId: string): boolean {
    return this.#presence.get(userId)?.here === true && (this.#liveNodeCount.get(userId) ?? 0) > 0;
  }

  announce(nodeId: string, userId: string, expiresAt: MonotonicMillis): void {
    this.retire(nodeId);
    this.#nodes.set(nodeId, { userId, expiresAt, place: this.#ids.length });
    this.#ids.push(nodeId);
    this.#countNode(userId, 1);
  }

  retire(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) return;
    this.#nodes.delete(nodeId);
    const last = this.#ids.pop() as string;
    if (last !== nodeId) this.#put(node.place, last);
    this.#countNode(node.userId, -1);
  }

  present(userId: string, here: boolean, expiresAt: MonotonicMillis): void {
    this.#keepingCount(userId, () => {
      this.#presence.delete(userId);
      this.#presence.set(userId, { here, expiresAt });
    });
  }

  absent(userId: string): void {
    this.#keepingCount(userId, () => this.#presence.delete(userId));
  }

  /** Forgets what has run out. */
  expire(now: MonotonicMillis): void {
    for (const [nodeId, node] of this.#nodes) {
      if (node.expiresAt > now) break;
      this.retire(nodeId);
    }
    for (const [userId, presence] of this.#presence) {
      if (presence.expiresAt > now) break;
      this.absent(userId);
    }
  }

  /** Ids of live nodes: all when they fit, else an even choice without repeats (Fisher and Yates, stopped early). */
  sample(random: Random, limit: number): string[] {
    const ids = this.#ids;
    if (ids.length <= limit) return [...ids];
    for (let index = 0; index < limit; index += 1) {
      const other = index + Math.floor(random.fraction() * (ids.length - index));
      const chosen = ids[other] as string;
      this.#put(other, ids[index] as string);
      this.#put(index, chosen);
    }
    return ids.slice(0, limit);
  }

  #put(place: number, nodeId: string): void {
    this.#ids[place] = nodeId;
    (this.#nodes.get(nodeId) as LiveNode).place = place;
  }

  #countNode(userId: string, change: 1 | -1): void {
    this.#keepingCount(userId, () => {
      const count = (this.#liveNodeCount.get(userId) ?? 0) + change;
      if (count === 0) this.#liveNodeCount.delete(userId);
      else this.#liveNodeCount.set(userId, count);
    });
  }

  #keepingCount(userId: string, change: () => void): void {
    const before = this.isOnline(userId);
    change();
    const after = this.isOnline(userId);
    if (before !== after) this.#online += after ? 1 : -1;
  }
}
