import type { CoreOptions } from '../options.ts';
import type { NodeId, WallMillis } from '../types.ts';
import type { Member } from './members.ts';
import type { SwimEnv } from './swim-parts.ts';
import type { Update } from './wire.ts';

/** So often others may say that a member lives on before this node, or somebody whom it asks, has to hear it. */
const VOUCHES_MAX = 4;
/** Incarnations begin as the wall clock of their node: one further ahead of the own clock than this was made up, ms. */
const AHEAD_MILLIS_MAX = 86_400_000;

/** Of an update, as far as it goes: beyond the clock, and beyond what its member has said itself (0: nothing), no number is believed. */
export function isMadeUp(update: Update, heardIncarnation: number, wallMillis: WallMillis): boolean {
  return update.incarnation > Math.max(wallMillis, heardIncarnation) + AHEAD_MILLIS_MAX;
}

interface VouchingHooks {
  /** Asks the member, over others than whoever vouches for it. */
  probe(member: Member, voucher: NodeId): void;
  /** The member lives, and with this incarnation. */
  alive(member: Member, incarnation: number): void;
  count(counter: string): void;
}

/**
 * What third parties say is not signed by whom it is about. So one liar could keep a dead member alive by counting its incarnation up:
 * after a few such words of others, this node has to hear the member, or somebody else than the voucher has to, whom it asks.
 */
export class Vouching {
  readonly #env: SwimEnv;
  readonly #options: CoreOptions;
  readonly #hooks: VouchingHooks;

  constructor(env: SwimEnv, options: CoreOptions, hooks: VouchingHooks) {
    this.#env = env;
    this.#options = options;
    this.#hooks = hooks;
  }

  /** Whether a word that is news is believed. If not, the member is asked; not each time that somebody says so. */
  believes(update: Update, member: Member, voucher: NodeId): boolean {
    // A suspicion of a higher incarnation says as well that somebody has heard the member since.
    const isVouch = (update.state === 'alive' || update.state === 'suspect') && update.incarnation > member.incarnation;
    if (!isVouch) return true;
    member.vouches += 1;
    if (member.vouches <= VOUCHES_MAX) return true;
    member.claimed = Math.max(member.claimed, update.incarnation);
    const now = this.#env.monotonicMillis;
    if (now - member.claimAskedMillis < this.#options.swimPeriodMillis) return false;
    member.claimAskedMillis = now;
    this.#hooks.count('swimVouchesAsked');
    this.#hooks.probe(member, voucher);
    return false;
  }

  /** A fresh packet of its own has come: it says itself how things stand. */
  heard(member: Member): void {
    member.vouches = 0;
    member.claimed = 0;
  }

  /** A probe has its answer, from the member itself or over somebody else: what others said before was true. */
  answered(member: Member): void {
    const { claimed } = member;
    this.heard(member);
    if (claimed > member.incarnation) this.#hooks.alive(member, claimed);
  }
}
