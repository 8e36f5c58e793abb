import { SourceBudget } from '../discovery/budget.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';

const HEARD = { perSecond: 16, perSourceAndSecond: 1 };
const PREFIX = 'busy/';

/**
 * The third answer to a friend request, besides yes and no: not now. It changes nothing between the two, the request stays open;
 * whoever asked is told once, now or when both are next linked.
 */
export class BusyAnswers {
  readonly #parts: Parts;
  readonly #budget = new SourceBudget(HEARD);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To somebody who has asked. */
  say(peer: UserId): void {
    const { env, connections } = this.#parts;
    env.store.put('settings', PREFIX + peer, 1);
    const link = connections.sessionLink(peer);
    if (link !== null) this.userLinkUp(peer, link);
  }

  userLinkUp(peer: UserId, link: Link): void {
    const { env, friends, links, session } = this.#parts;
    const key = PREFIX + peer;
    if (env.store.get('settings', key) === undefined) return;
    // Answered by a yes or a no meanwhile, or taken back.
    if (friends.relation(peer) !== 'incoming') return env.store.delete('settings', key);
    links.send(link, { type: 'request-busy' }, () => {
      if (session.open !== null) env.store.delete('settings', key);
    });
  }

  heard(link: Link): void {
    const { env, friends, session, view } = this.#parts;
    const peer = link.userId;
    const user = peer === null ? undefined : view.user(peer)?.body.name;
    if (session.open === null || peer === null || user === undefined || friends.relation(peer) !== 'outgoing') return;
    if (this.#budget.take(peer, env.monotonicMillis)) this.#parts.tell({ type: 'request-busy', user });
  }
}
