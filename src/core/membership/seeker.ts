import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';

interface Sought {
  readonly tries: number;
  readonly dueMillis: number;
}

export interface SeekerHooks {
  /** Somebody waits for this one here, so the ring is asked at once. */
  watched(userId: UserId): boolean;
  /** A node of theirs is known that has not failed more than once. */
  reachable(userId: UserId): boolean;
}

/**
 * Looks for people to be linked with of whom no node is known that answers. Above full membership nobody tells us where they are, so
 * peers, the seed server and the ring are asked, less and less often while that does not help.
 */
export class Seeker {
  readonly #parts: Parts;
  readonly #hooks: SeekerHooks;
  readonly #sought = new Map<UserId, Sought>();

  constructor(parts: Parts, hooks: SeekerHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /**
   * Looks for those of the wanted whose turn it is. Returns after how many ms it has to be called again, never 0; infinite: when something
   * changes. Those of whom a node is being tried may be overdue meanwhile.
   */
  review(wanted: ReadonlySet<UserId>): number {
    const { env, sync } = this.#parts;
    if (!sync.crowd) this.#sought.clear();
    else for (const userId of wanted) this.#seek(userId);
    let dueMillis = Number.POSITIVE_INFINITY;
    for (const [userId, sought] of this.#sought) {
      if (!wanted.has(userId)) this.#sought.delete(userId);
      else if (sought.dueMillis > env.monotonicMillis) dueMillis = Math.min(dueMillis, sought.dueMillis);
    }
    return dueMillis - env.monotonicMillis;
  }

  #seek(userId: UserId): void {
    const { env, options, view, links, lookup } = this.#parts;
    if (view.nodesOf(userId).some((nodeId) => links.of(nodeId)?.established)) return void this.#sought.delete(userId);
    const { tries, dueMillis } = this.#sought.get(userId) ?? { tries: 0, dueMillis: 0 };
    if (env.monotonicMillis < dueMillis || this.#hooks.reachable(userId)) return;
    const pauseMillis = Math.min(options.seekMillis * 2 ** tries, options.seekMillisMax);
    this.#sought.set(userId, { tries: tries + 1, dueMillis: env.monotonicMillis + pauseMillis });
    // Who only shares a room with us came with the record of where they listen: a few peers, and whom they ask, nearly always know.
    const byRing = tries > 0 || this.#hooks.watched(userId);
    lookup.seek(userId, { reach: tries === 1 ? 'all' : byRing && tries === 0 ? 'few' : 'far', byRing });
  }
}
