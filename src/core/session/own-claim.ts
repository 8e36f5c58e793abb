import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId, UserId } from '../types.ts';
import { type Claim, judgeClaim, nextClaim } from './claim.ts';

/** The claim with which this node's session speaks for its user, on disk so that no login of this node claims less than an earlier one. */
export class OwnClaim {
  readonly #parts: Parts;
  readonly #node: NodeId;
  #claim: Claim;

  constructor(parts: Parts, node: NodeId) {
    this.#parts = parts;
    this.#node = node;
    this.#claim = { epoch: 0, claimedMillis: 0, node };
  }

  get current(): Claim {
    return this.#claim;
  }

  /** Claims the session above all that is known; the same again after a reload of the program, since nobody has logged in then. */
  open(userId: UserId, kept?: Claim): void {
    const { env, view } = this.#parts;
    const known = [env.store.get<Claim>('self', 'claim'), view.presenceOf(userId)?.body].filter((claim) => claim !== undefined);
    this.#set(kept ?? nextClaim(known, { node: this.#node, wallMillis: env.wallMillis }));
  }

  /** What another claim of the user means for this session; where it is to be raised, that is done. */
  hear(record: VerifiedRecord<'presence'>): ReturnType<typeof judgeClaim> {
    const verdict = judgeClaim(this.#claim, record.body);
    if (verdict === 'raise') this.#set(nextClaim([this.#claim, record.body], { node: this.#node, wallMillis: 0 }));
    return verdict;
  }

  #set(claim: Claim): void {
    this.#claim = claim;
    this.#parts.env.store.put('self', 'claim', claim);
  }
}
