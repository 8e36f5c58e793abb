import { SourceBudget } from '../discovery/budget.ts';
import type { CoreOptions } from '../options.ts';
import { CONFIRMATIONS, type Member, type Members, rankOf, updateOn } from './members.ts';
import type { SwimEnv } from './swim-parts.ts';
import type { Update } from './wire.ts';

/** So many look at somebody whom another one suspects: two who find the same settle it, and some of them may be cut off. */
const LOOKERS = CONFIRMATIONS + 2;

interface NewsSpreadHooks {
  readonly nodeId: Member['id'];
  /** Tells a member of it, and of what else is new, by a packet that wants no answer. */
  tell(other: Member, news: Update): void;
  /** Probes the one that the news are about. */
  look(member: Member, news: Update): void;
}

/**
 * Passes changes of members' states on at once, so that how soon all know does not depend on how often members are probed. News that come
 * close behind others wait for each other and share their packets: a crowd that falters must not make a storm.
 */
export class NewsSpread {
  readonly #env: SwimEnv;
  readonly #options: CoreOptions;
  readonly #members: Members;
  readonly #hooks: NewsSpreadHooks;
  readonly #looks: SourceBudget;
  /** Of whom the newest change tells that was not passed on yet; those before it are among the news that ride on each packet. */
  #pending: Member | null = null;
  #waits = false;
  #passedOnMillis = Number.NEGATIVE_INFINITY;

  constructor(env: SwimEnv, options: CoreOptions, members: Members, hooks: NewsSpreadHooks) {
    this.#env = env;
    this.#options = options;
    this.#members = members;
    this.#hooks = hooks;
    this.#looks = new SourceBudget({ perSecond: options.swimSpreadsPerSecond, perSourceAndSecond: options.swimSpreadsPerSecond });
  }

  /**
   * Somebody's state has changed, as others say; `passOn` follows when all that came with it was heard. A few of those who hear of a
   * suspicion look for themselves, since it ends the sooner the more confirm it.
   */
  heard(member: Member, news: Update): void {
    this.#pending = member;
    if (member.state !== 'suspect' || !this.#looks.take('', this.#env.monotonicMillis)) return;
    if (this.#looksFor(member, news)) this.#hooks.look(member, news);
  }

  /**
   * Where all know all, those look who come next to the accuser on the circle of ids, so that neither too few do nor too many. Where each
   * knows another part of the members, chance decides.
   */
  #looksFor(member: Member, { accuser }: Update): boolean {
    if (this.#members.isPart) return this.#env.random.fraction() < (2 * CONFIRMATIONS + 1) / this.#members.presentCount;
    const others = this.#members.present();
    const rank = rankOf(this.#hooks.nodeId, others);
    let before = 0;
    const first = rankOf(accuser as Member['id'], others);
    for (let step = 0; step < others.length && before < LOOKERS; step += 1) {
      const at = (first + step) % others.length;
      // This node stands before the one that has its rank.
      if (at === rank % others.length && step > 0) return true;
      const other = others[at] as Member;
      const isAccuser = step === 0 && other.id.startsWith(accuser);
      if (other.state === 'alive' && other !== member && !isAccuser) before += 1;
    }
    return before < LOOKERS;
  }

  /** Passes on what was heard: at once, unless something was passed on a moment ago. */
  passOn(): void {
    if (this.#pending === null || this.#waits) return;
    const waitMillis = this.#passedOnMillis + 1_000 / this.#options.swimSpreadsPerSecond - this.#env.monotonicMillis;
    if (waitMillis <= 0) return this.#tellOthers();
    this.#waits = true;
    this.#env.setTimer('swim-news', '', waitMillis);
  }

  /** Timer: the pause after the last packets is over. */
  timer(): void {
    this.#waits = false;
    if (this.#pending !== null) this.#tellOthers();
  }

  #tellOthers(): void {
    const member = this.#pending as Member;
    // As it is known by now: whoever was under suspicion may have been heard since.
    const news = updateOn(member);
    this.#pending = null;
    this.#passedOnMillis = this.#env.monotonicMillis;
    for (const other of this.#nextOf(member)) this.#hooks.tell(other, news);
  }

  /**
   * To whom it goes: where all know all, so that everybody is told by exactly as many as tell it (a de Bruijn graph over the members in the
   * order of their ids, another one for each change). Drawn at random, one in fifty of the members would be told by nobody, although
   * each tells four. Where each knows another part of the members, at random.
   */
  #nextOf({ id, incarnation }: Member): Member[] {
    const count = this.#options.swimSpreadCount;
    if (this.#members.isPart) return this.#members.sample(count + 1, id);
    const others = this.#members.present().filter((other) => other.id !== id);
    const rank = rankOf(this.#hooks.nodeId, others);
    const all = others.length + 1;
    const next = new Set<Member>();
    for (let step = 0; step < count; step += 1) {
      const other = nextAlive(others, (rank * count + incarnation + step) % all, rank);
      if (other !== null) next.add(other);
    }
    return [...next];
  }
}

/** The member at that place of the circle of all, or the next one that is not under suspicion, in whose place we are not; null: nobody. */
function nextAlive(others: readonly Member[], place: number, rank: number): Member | null {
  const all = others.length + 1;
  for (let step = 0; step < all; step += 1) {
    const at = (place + step) % all;
    // Whoever would tell itself tells nobody: else somebody would be told once too often, and nobody would be told more.
    if (at === rank) {
      if (step === 0) return null;
      continue;
    }
    const other = others[at < rank ? at : at - 1];
    if (other?.state === 'alive') return other;
  }
  return null;
}
