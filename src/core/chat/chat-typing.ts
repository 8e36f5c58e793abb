import { SourceBudget } from '../discovery/budget.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { MonotonicMillis, UserId } from '../types.ts';
import { Typing } from '../typing.ts';

/** Changes that are heard: a friend who flickers must not keep the screen busy. */
const HEARD = { perSecond: 64, perSourceAndSecond: 4 };
/** It is said again before it runs out at the other side. */
const SAID_AGAIN_SHARE = 1 / 3;

/** Typing in direct chats: said to friends who are linked now, never stored, never repeated by others, over by itself. */
export class ChatTyping {
  readonly #parts: Parts;
  readonly #heard: Typing<{ readonly user: string }>;
  readonly #budget = new SourceBudget(HEARD);
  readonly #said = new Map<UserId, { readonly typing: boolean; readonly millis: MonotonicMillis }>();
  #timerSet = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#heard = new Typing(parts.env, parts.options.roomTypingMillis, ({ user }, typing) => parts.tell({ type: 'typing', with: user, typing }));
  }

  close(): void {
    this.#heard.forget();
    this.#said.clear();
    this.#timerSet = false;
    this.#parts.env.cancelTimer('typing', '');
  }

  /** The user types to a friend, or has stopped; said as often as is needed and no more, and not at all where the settings say so. */
  say(peer: UserId, typing: boolean): void {
    const { env, options, connections, links, chat } = this.#parts;
    const link = connections.sessionLink(peer);
    if (link === null || !chat.preferences.get().typing) return;
    const before = this.#said.get(peer);
    if (
      before === undefined
        ? !typing
        : before.typing === typing && (!typing || env.monotonicMillis - before.millis < options.roomTypingMillis * SAID_AGAIN_SHARE)
    )
      return;
    if (typing) this.#said.set(peer, { typing, millis: env.monotonicMillis });
    else this.#said.delete(peer);
    links.send(link, { type: 'typing', typing: typing ? 1 : 0 });
  }

  isTyping(peer: UserId): boolean {
    return this.#heard.is(peer);
  }

  /** What was typed is sent: that says by itself that the typing is over. */
  sent(peer: UserId): void {
    this.#said.delete(peer);
  }

  message(link: Link, typing: boolean): void {
    const { env, options, session, friends, view } = this.#parts;
    const peer = link.userId;
    const user = peer === null ? undefined : view.user(peer)?.body.name;
    if (session.open === null || peer === null || user === undefined || friends.relation(peer) !== 'friend') return;
    if (!this.#budget.take(peer, env.monotonicMillis)) return this.#parts.count('typingIgnored');
    this.#heard.heard(peer, { user }, typing);
    if (!this.#heard.any || this.#timerSet) return;
    this.#timerSet = true;
    env.setTimer('typing', '', options.roomTypingMillis / 2);
  }

  /** There is no link with them any more. */
  gone(peer: UserId): void {
    this.#said.delete(peer);
    this.over(peer);
  }

  /** What they were typing is here, or will not come. */
  over(peer: UserId): void {
    const user = this.#parts.view.user(peer)?.body.name;
    if (user !== undefined && this.#heard.is(peer)) this.#heard.heard(peer, { user }, false);
  }

  tick(): void {
    this.#timerSet = false;
    this.#heard.tick();
    if (!this.#heard.any) return;
    this.#timerSet = true;
    this.#parts.env.setTimer('typing', '', this.#parts.options.roomTypingMillis / 2);
  }
}
