import type { Parts } from '../parts.ts';
import type { NodeId } from '../types.ts';
import type { Attempts } from './attempts.ts';

/** A node that did not answer this often in a row is tried again only when it is wanted or has news. */
const FAILURES_MAX = 4;
/** So many links are opened at a time, and after this pause the next ones, ms. */
const AT_ONCE = 2;
const PAUSE_MILLIS = 900;

/**
 * Links to anybody, `randomLinkCount` of them with those that others opened here and those of the ring, so that the network hangs together.
 *
 * They are opened a few at a time: whoever joins is linked by its ring, its rooms and by others within seconds, and what it had opened
 * beyond the count at once was closed again ten seconds later. Where nobody answers, all that are missing are tried.
 */
export class RandomLinks {
  readonly #parts: Parts;
  readonly #attempts: Attempts;
  readonly #reach: (id: NodeId) => void;
  #pausedUntilMillis = Number.NEGATIVE_INFINITY;
  #missing = 0;

  constructor(parts: Parts, attempts: Attempts, reach: (id: NodeId) => void) {
    this.#parts = parts;
    this.#attempts = attempts;
    this.#reach = reach;
  }

  /** So many more there should be, as the last `open` found. */
  get missing(): number {
    return this.#missing;
  }

  /** The same as of now; below zero where there are more than enough. */
  missingNow(): number {
    let missing = this.#parts.options.randomLinkCount;
    for (const link of this.#parts.links.all()) if (!link.wanted) missing -= 1;
    return missing;
  }

  /** Opens some of those that are missing. When there is more to do, ms; infinite: not before something changes. */
  open(): number {
    const { env } = this.#parts;
    this.#missing = this.missingNow();
    if (this.#missing <= 0) return Number.POSITIVE_INFINITY;
    const { candidates, laterMillis } = this.#candidates();
    if (candidates.length === 0) return laterMillis;
    if (env.monotonicMillis < this.#pausedUntilMillis) return this.#pausedUntilMillis;
    const isFirst = this.#pausedUntilMillis === Number.NEGATIVE_INFINITY;
    this.#pausedUntilMillis = env.monotonicMillis + PAUSE_MILLIS;
    let most = isFirst || this.#parts.links.upLinks().length > 0 ? Math.min(AT_ONCE, this.#missing) : this.#missing;
    for (; most > 0 && candidates.length > 0; most -= 1) {
      const [chosen] = candidates.splice(Math.floor(env.random.fraction() * candidates.length), 1);
      this.#reach(chosen as NodeId);
    }
    return this.#pausedUntilMillis;
  }

  /** Those who may be tried now, and when the next of the others may. */
  #candidates(): { readonly candidates: NodeId[]; readonly laterMillis: number } {
    const { env, view, links, session } = this.#parts;
    const candidates: NodeId[] = [];
    let laterMillis = Number.POSITIVE_INFINITY;
    for (const record of view.nodes()) {
      const id = record.authorId as NodeId;
      if (record.body.gone || id === session.nodeId || links.of(id) !== undefined || this.#attempts.failures(id) > FAILURES_MAX) continue;
      const nextMillis = this.#attempts.nextMillis(id);
      if (nextMillis > env.monotonicMillis) laterMillis = Math.min(laterMillis, nextMillis);
      else candidates.push(id);
    }
    return { candidates, laterMillis };
  }
}
