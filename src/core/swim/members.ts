import type { NodeId } from '../types.ts';
import type { MemberState, Update } from './wire.ts';

/** Another node as the membership protocol sees it. */
export interface Member {
  readonly id: NodeId;
  address: string;
  state: MemberState;
  incarnation: number;
  /** When it came into this state. */
  sinceMillis: number;
  /** When it was last heard itself, by a packet that proved to be fresh. */
  heardMillis: number;
  /** Stamp of its newest packet. */
  stamp: number;
  suspicion: Suspicion | null;
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

export function newMember(id: NodeId, address: string, nowMillis: number): Member {
  return { id, address, state: 'alive', incarnation: 0, sinceMillis: nowMillis, heardMillis: 0, stamp: 0, suspicion: null };
}

/** Share of newcomers that take somebody's place where the bound is reached. */
const EXCHANGE_SHARE = 0.01;

/** Known members, sorted by id: all of them up to the bound, a random part above it. */
export class Members {
  readonly #max: number;
  readonly #fraction: () => number;
  readonly #byId = new Map<NodeId, Member>();
  #sorted: readonly Member[] | null = null;
  #present = 0;

  constructor(max: number, fraction: () => number) {
    this.#max = max;
    this.#fraction = fraction;
  }

  get(id: NodeId): Member | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Those that are alive or suspect. */
  get presentCount(): number {
    return this.#present;
  }

  /** Takes somebody in; null when there is no room, as is mostly so where the bound is reached. */
  add(id: NodeId, address: string, nowMillis: number): Member | null {
    if (this.#byId.size >= this.#max && !this.#makeRoom()) return null;
    const member = newMember(id, address, nowMillis);
    this.#byId.set(id, member);
    this.#changed();
    return member;
  }

  setState(member: Member, state: MemberState, nowMillis: number): void {
    member.state = state;
    member.sinceMillis = nowMillis;
    if (state !== 'suspect') member.suspicion = null;
    this.#changed();
  }

  remove(id: NodeId): void {
    if (this.#byId.delete(id)) this.#changed();
  }

  /**
   * Whoever is gone makes room first; now and then somebody who is well. So what is known stays a random part of the network,
   * which changes slowly enough to be watched.
   */
  #makeRoom(): boolean {
    for (const member of this.#byId.values()) {
      if (isPresent(member)) continue;
      this.remove(member.id);
      return true;
    }
    if (this.#fraction() >= EXCHANGE_SHARE) return false;
    const [chosen] = this.sample(1, null);
    if (chosen !== undefined) this.remove(chosen.id);
    return chosen !== undefined;
  }

  /** Those that are alive or suspect, in the order of their ids. */
  present(): readonly Member[] {
    this.#sorted ??= [...this.#byId.values()].filter(isPresent).sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }

  /** Up to `count` random members that are alive, but for `not`. */
  sample(count: number, not: NodeId | null): Member[] {
    return this.#draw(
      this.present().filter((member) => member.state === 'alive' && member.id !== not),
      count,
    );
  }

  /** Up to `count` random members of any state. */
  sampleOfAll(count: number): Member[] {
    return this.#draw([...this.#byId.values()], count);
  }

  /** Uses up the pool. */
  #draw(pool: Member[], count: number): Member[] {
    const chosen: Member[] = [];
    while (chosen.length < count && pool.length > 0) {
      const index = Math.floor(this.#fraction() * pool.length);
      chosen.push(pool[index] as Member);
      pool[index] = pool[pool.length - 1] as Member;
      pool.pop();
    }
    return chosen;
  }

  #changed(): void {
    this.#sorted = null;
    this.#present = 0;
    for (const member of this.#byId.values()) if (isPresent(member)) this.#present += 1;
  }
}

function isPresent(member: Member): boolean {
  return member.state === 'alive' || member.state === 'suspect';
}
