import { SourceBudget } from '../discovery/budget.ts';
import type { CoreOptions } from '../options.ts';
import { CONFIRMATIONS, type Member, type Members } from './members.ts';
import type { SwimEnv } from './swim-parts.ts';
import type { Update } from './wire.ts';

interface NewsSpreadHooks {
  /** Tells a member of it, by a packet that wants no answer. */
  tell(other: Member, news: Update): void;
  /** Probes the one that the news are about. */
  look(member: Member, news: Update): void;
}

/**
 * Passes changes of members' states on at once, so that how soon all know does not depend on how often members are probed. While there are
 * many changes only some of them, the others ride on probes: a crowd that falters must not make a storm.
 */
export class NewsSpread {
  readonly #env: SwimEnv;
  readonly #options: CoreOptions;
  readonly #members: Members;
  readonly #hooks: NewsSpreadHooks;
  readonly #budget: SourceBudget;

  constructor(env: SwimEnv, options: CoreOptions, members: Members, hooks: NewsSpreadHooks) {
    this.#env = env;
    this.#options = options;
    this.#members = members;
    this.#hooks = hooks;
    this.#budget = new SourceBudget({ perSecond: options.swimSpreadsPerSecond, perSourceAndSecond: options.swimSpreadsPerSecond });
  }

  /**
   * Somebody's state has changed, as others say. A few of those who hear of a suspicion look for themselves, since it ends the sooner
   * the more confirm it.
   */
  heard(member: Member, news: Update): void {
    if (!this.#budget.take('', this.#env.monotonicMillis)) return;
    const share = (2 * CONFIRMATIONS + 1) / this.#members.presentCount;
    if (member.state === 'suspect' && this.#env.random.fraction() < share) this.#hooks.look(member, news);
    for (const other of this.#members.sample(this.#options.swimSpreadCount, member.id)) this.#hooks.tell(other, news);
  }
}
