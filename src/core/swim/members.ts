import type { CoreOptions } from '../options.ts';
import type { NodeId } from '../types.ts';
import { type MemberState, type Update, updateOf } from './wire.ts';

/** So many others who suspect somebody by themselves bring the wait down to its least. */
export const CONFIRMATIONS = 2;

/** Another node as the membership protocol sees it. */
export interface Member {
  readonly id: NodeId;
  address: string;
  state: MemberState;
  incarnation: number;
  /** Since when it is known to be dead or to have left; null while it is here. */
  goneMillis: number | null;
  /** Its newest packet, one that proved to be fresh; null: most of those who are known never spoke to this node. */
  heard: { readonly millis: number; readonly stamp: number; readonly incarnation: number } | null;
  suspicion: Suspicion | null;
  /** How often it lived on by the word of others since this node, or somebody whom it asked, has heard it (vouching.ts). */
  vouches: number;
  /** The incarnation that others gave it and that waits for its answer, and when it was last asked about one, ms. */
  claimed: number;
  claimAskedMillis: number;
}

/** Somebody may be dead. The more of the others say so by themselves, the sooner it is believed (Lifeguard, section IV-B). */
export interface Suspicion {
  startMillis: number;
  /** Shortly before the end the accused is asked once more. */
  lastCallDone: boolean;
  readonly accusers: Set<string>;
  /** Confirmations that bring the wait down to its least. */
  readonly enough: number;
  readonly leastMillis: number;
  readonly mostMillis: number;
}

/** `others`: how many could confirm it but for the accused and this node, and one more. */
export function newSuspicion(accuser: string, startMillis: number, others: number, options: CoreOptions): Suspicion {
  const scaledMillis = options.swimSuspicionFactor * Math.max(1, Math.log10(others + 1)) * options.swimPeriodMillis;
  const leastMillis = Math.max(options.swimSuspicionMillisMin, scaledMillis);
  const enough = Math.max(0, Math.min(CONFIRMATIONS, others - 1));
  const mostMillis = leastMillis * options.swimSuspicionMaxFactor;
  return { startMillis, lastCallDone: false, accusers: new Set([accuser]), enough, leastMillis, mostMillis };
}

/** When a suspicion has lasted long enough, if nothing is heard until then. */
export function deadlineOf(suspicion: Suspicion): number {
  const { startMillis, accusers, enough, leastMillis, mostMillis } = suspicion;
  const confirmations = Math.min(accusers.size - 1, enough);
  const share = enough <= 0 ? 1 : Math.log(Math.max(confirmations, 0) + 1) / Math.log(enough + 1);
  return startMillis + Math.max(leastMillis, mostMillis - share * (mostMillis - leastMillis));
}

/** Whether what is said of a member overrides what is known (SWIM, section 4.2): a higher incarnation does, at equal ones the worse news. */
export function overrides(update: Update, member: Member): boolean {
  if (update.incarnation !== member.incarnation) return update.incarnation > member.incarnation;
  return badness(update.state) > badness(member.state);
}

/** What is said of a member: as it is known, but for what is given. */
export function updateOn(member: Member, state = member.state, accuser = firstAccuserOf(member), incarnation = member.incarnation): Update {
  return updateOf(member.id, state, incarnation, accuser, member.address);
}

function firstAccuserOf({ suspicion }: Member): string {
  if (suspicion === null) return '';
  for (const accuser of suspicion.accusers) return accuser;
  return '';
}

function badness(state: MemberState): number {
  switch (state) {
    case 'alive':
      return 0;
    case 'suspect':
      return 1;
    case 'dead':
    case 'left':
      return 2;
  }
}

export function newMember(id: NodeId, address: string): Member {
  return {
    id,
    address,
    state: 'alive',
    incarnation: 0,
    goneMillis: null,
    heard: null,
    suspicion: null,
    vouches: 0,
    claimed: 0,
    claimAskedMillis: Number.NEGATIVE_INFINITY,
  };
}

export interface MembersHooks {
  /** A member is forgotten to make room although it is here, so nothing is heard of it any more. */
  gaveWay?(id: NodeId): void;
}

/** Share of newcomers that take somebody's place where the bound is reached. */
const EXCHANGE_SHARE = 0.01;

/**
 * Known members: all of them up to the bound, a random part above it.
 *
 * Invariants
 * 1. `#list` holds each member once, in no order that means anything; `#present` those that are alive or suspect, by id;
 *    `#suspects` those that are suspect.
 */
export class Members {
  readonly #max: number;
  readonly #fraction: () => number;
  readonly #hooks: MembersHooks;
  readonly #byId = new Map<NodeId, Member>();
  readonly #list: Member[] = [];
  readonly #present: Member[] = [];
  readonly #suspects = new Set<Member>();

  constructor(max: number, fraction: () => number, hooks: MembersHooks = {}) {
    this.#max = max;
    this.#fraction = fraction;
    this.#hooks = hooks;
  }

  get(id: NodeId): Member | undefined {
    return this.#byId.get(id);
  }

  /** Those that are suspect: seldom any, and asked for at each change. */
  get suspects(): ReadonlySet<Member> {
    return this.#suspects;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** As many are known as may be: there are others, and each node knows another part. */
  get isPart(): boolean {
    return this.#byId.size >= this.#max;
  }

  /** Those that are alive or suspect. */
  get presentCount(): number {
    return this.#present.length;
  }

  /** Those that are dead or have left. */
  get goneCount(): number {
    return this.#list.length - this.#present.length;
  }

  /** Takes somebody in; null when there is no room, as is mostly so where the bound is reached. */
  add(id: NodeId, address: string): Member | null {
    if (this.#byId.size >= this.#max && !this.#makeRoom()) return null;
    const member = newMember(id, address);
    this.#byId.set(id, member);
    this.#list.push(member);
    this.#present.splice(rankOf(id, this.#present), 0, member);
    return member;
  }

  setState(member: Member, state: MemberState, nowMillis: number): void {
    const before = isPresent(member);
    member.state = state;
    if (!isPresent(member)) member.goneMillis = nowMillis;
    else member.goneMillis = null;
    if (state !== 'suspect') {
      member.suspicion = null;
      this.#suspects.delete(member);
    }
    // Whoever has lost its place here meanwhile has no rank either.
    if (this.#byId.get(member.id) !== member) return;
    if (state === 'suspect') this.#suspects.add(member);
    if (isPresent(member) === before) return;
    this.#present.splice(rankOf(member.id, this.#present), before ? 1 : 0, ...(before ? [] : [member]));
  }

  remove(id: NodeId): void {
    const member = this.#byId.get(id);
    if (member === undefined) return;
    this.#byId.delete(id);
    this.#suspects.delete(member);
    this.#list.splice(this.#list.indexOf(member), 1);
    if (isPresent(member)) this.#present.splice(rankOf(id, this.#present), 1);
  }

  /** Forgets those that have been dead, or have left, since before that time. */
  forgetTheDead(beforeMillis: number): void {
    if (this.goneCount === 0) return;
    for (const member of this.#byId.values()) if (member.goneMillis !== null && member.goneMillis < beforeMillis) this.remove(member.id);
  }

  /**
   * Whoever is gone makes room first; now and then somebody who is well. So what is known stays a random part of the network,
   * which changes slowly enough to be watched.
   */
  #makeRoom(): boolean {
    const gone = this.goneCount === 0 ? undefined : this.#list.find((member) => !isPresent(member));
    if (gone !== undefined) {
      this.remove(gone.id);
      return true;
    }
    if (this.#fraction() >= EXCHANGE_SHARE) return false;
    const [chosen] = this.sample(1, null);
    if (chosen === undefined) return false;
    this.remove(chosen.id);
    this.#hooks.gaveWay?.(chosen.id);
    return true;
  }

  /** Those that are alive or suspect, in the order of their ids. */
  present(): readonly Member[] {
    return this.#present;
  }

  /** Up to `count` random members that are alive, but for `not` and `norThis`. */
  sample(count: number, not: NodeId | null, norThis: NodeId | null = null): Member[] {
    return this.#draw(count, (member) => member.state === 'alive' && member.id !== not && member.id !== norThis);
  }

  /** Up to `count` random members of any state. */
  sampleOfAll(count: number): Member[] {
    return this.#draw(count, () => true);
  }

  /** The first steps of a shuffle (Fisher and Yates, 1938), as many as it takes to find `count` that fit. */
  #draw(count: number, fits: (member: Member) => boolean): Member[] {
    const list = this.#list;
    const chosen: Member[] = [];
    for (let drawn = 0; drawn < list.length && chosen.length < count; drawn += 1) {
      const index = drawn + Math.floor(this.#fraction() * (list.length - drawn));
      const member = list[index] as Member;
      list[index] = list[drawn] as Member;
      list[drawn] = member;
      if (fits(member)) chosen.push(member);
    }
    return chosen;
  }
}

/** How many of the members, which stand in the order of their ids, have a smaller one. */
export function rankOf(id: NodeId, members: readonly Member[]): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((members[middle] as Member).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isPresent(member: Member): boolean {
  return member.state === 'alive' || member.state === 'suspect';
}
