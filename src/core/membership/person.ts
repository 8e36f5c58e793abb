import type { VerifiedRecord } from '../records.ts';
import type { NodeId, UserId } from '../types.ts';

/** What is known of one user. One object and one look-up for all of it: a crowd of which each knows hundreds is made of these. */
export interface Person {
  readonly id: UserId;
  /** Where it lies in the list that samples are drawn from. */
  place: number;
  user: VerifiedRecord<'user'> | null;
  nodes: readonly NodeId[];
  presence: VerifiedRecord<'presence'> | null;
  /** Not gossiped: whoever wants to write to somebody has them from a hello, a look-up, the ring or the seed server. */
  prekeys: VerifiedRecord<'prekeys'> | null;
}
