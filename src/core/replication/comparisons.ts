import { owns } from '../ring/circle.ts';
import type { NodeId } from '../types.ts';
import { endOfKey, type ReplicaIndex } from './replica-index.ts';
import type { RangeDigest } from './replication-port.ts';

/** What a member owns, (from, to] by ids; everything when both are the same. */
export interface OwnedRange {
  readonly from: string;
  readonly to: string;
}

interface Comparison {
  readonly owned: OwnedRange;
  readonly digest: RangeDigest;
  readonly atMillis: number;
}

/**
 * Which holders were found to have what this node owns. As long as nothing of it has changed here and it has not become more, they have it
 * still: a change of neighbours alone says nothing about those who stayed.
 */
export class Comparisons {
  readonly #index: ReplicaIndex;
  readonly #byPeer = new Map<NodeId, Comparison>();

  constructor(index: ReplicaIndex) {
    this.#index = index;
  }

  digestOf({ from, to }: OwnedRange): RangeDigest {
    return this.#index.digest(endOfKey(from), endOfKey(to));
  }

  /** A holder has all that had this digest, if it is still what lies here. */
  confirmed(peer: NodeId, owned: OwnedRange, digest: RangeDigest, atMillis: number): void {
    if (sameDigest(digest, this.digestOf(owned))) this.#byPeer.set(peer, { owned, digest, atMillis });
    else this.#byPeer.delete(peer);
  }

  /** Whether that one was found to have all of something. */
  knows(peer: NodeId): boolean {
    return this.#byPeer.has(peer);
  }

  /** Nothing is known of that one any more. */
  forget(peer: NodeId): void {
    this.#byPeer.delete(peer);
  }

  /** Whoever is no holder any more is asked when it becomes one again: it may have been away. */
  keepOnly(peers: ReadonlySet<NodeId>): void {
    for (const peer of this.#byPeer.keys()) if (!peers.has(peer)) this.#byPeer.delete(peer);
  }

  /** When that holder was found to have all that is owned now, if it must have it still; else null. */
  knownSince(peer: NodeId, owned: OwnedRange): number | null {
    const comparison = this.#byPeer.get(peer);
    if (comparison === undefined || !isWithin(owned, comparison.owned)) return null;
    return sameDigest(comparison.digest, this.digestOf(comparison.owned)) ? comparison.atMillis : null;
  }
}

/** A member's own place ends what it owns, so a range lies within an earlier one when it begins in it. */
function isWithin(inner: OwnedRange, outer: OwnedRange): boolean {
  if (inner.from === outer.from || outer.from === outer.to) return true;
  return inner.from !== inner.to && owns(outer.from, inner.from, outer.to);
}

function sameDigest(one: RangeDigest, other: RangeDigest): boolean {
  return one.count === other.count && one.fingerprint === other.fingerprint;
}
