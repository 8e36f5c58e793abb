import type { NodeId, WallMillis } from '../types.ts';

/**
 * A login's claim to be the one session of its user: it travels in the user's presence record, signed by the identity key.
 * `claimedMillis` is the time of the login by the clock of its node, and above that of every claim that was known then.
 */
export interface Claim {
  readonly epoch: number;
  readonly claimedMillis: WallMillis;
  readonly node: NodeId;
}

/** Below zero when `a` gives way to `b`. A total order that everybody applies alike, so that of any claims exactly one wins everywhere. */
export function compareClaims(a: Claim, b: Claim): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  if (a.claimedMillis !== b.claimedMillis) return a.claimedMillis < b.claimedMillis ? -1 : 1;
  if (a.node === b.node) return 0;
  return a.node < b.node ? -1 : 1;
}

/** The claim of a login that happens now: above all that are known. */
export function nextClaim(
  known: ReadonlyArray<Pick<Claim, 'epoch' | 'claimedMillis'>>,
  login: { readonly node: NodeId; readonly wallMillis: WallMillis },
): Claim {
  const epoch = 1 + Math.max(0, ...known.map((claim) => claim.epoch));
  const claimedMillis = Math.max(Math.trunc(login.wallMillis), ...known.map((claim) => claim.claimedMillis + 1));
  return { epoch, claimedMillis, node: login.node };
}

/**
 * What a session does about another claim of its user. keep: it stands. raise: the other one is higher but of an earlier login, which
 * ours cannot have known of, or it would have claimed more; the user meant the later one, so it claims again above it. yield: it ends.
 */
export function judgeClaim(own: Claim, other: Claim): 'keep' | 'raise' | 'yield' {
  if (compareClaims(own, other) >= 0) return 'keep';
  return other.claimedMillis < own.claimedMillis || other.node === own.node ? 'raise' : 'yield';
}
