import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { CARDS_SENT_MAX, type RoomCard } from './room-messages.ts';

/** So many peers are asked by whoever has just come; after that one at a time, at this distance, ms. */
const FIRST_ASKS = 2;
const ASK_MILLIS = 60_000;
/** The same peer is not answered more often than this, ms: an answer may be a thousand times as long as the question. */
const ANSWER_MILLIS = 30_000;

/**
 * Above full membership a peer is told of rooms when it asks, and asks when it comes and now and then: links come and go there, and of the
 * cards that went over each new one hardly any told of a room that was not known. What is new travels by itself (CardRumours), and what
 * that missed comes with the next answer.
 */
export class CardAsks {
  readonly #parts: Parts;
  #asks = 0;
  #askedMillis = Number.NEGATIVE_INFINITY;
  readonly #answered = new WeakMap<Link, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  forget(): void {
    this.#asks = 0;
    this.#askedMillis = Number.NEGATIVE_INFINITY;
  }

  /** A link to somebody who is logged in is up. */
  linkUp(link: Link): void {
    const { env, links } = this.#parts;
    if (this.#asks >= FIRST_ASKS && env.monotonicMillis - this.#askedMillis < ASK_MILLIS) return;
    if (!links.send(link, { type: 'room-cards-ask' })) return;
    this.#asks += 1;
    this.#askedMillis = env.monotonicMillis;
  }

  /** A peer has said that the network is large; those who were met before were expected to tell of rooms by themselves. */
  crowdFound(): void {
    for (const link of this.#parts.links.upLinks()) if (this.#asks < FIRST_ASKS && link.sessionOpen) this.linkUp(link);
  }

  /** Somebody asks: they are told of `cards`, in as many frames as it takes. */
  asked(link: Link, cards: () => readonly RoomCard[]): void {
    const { env, links } = this.#parts;
    const now = env.monotonicMillis;
    if (now - (this.#answered.get(link) ?? Number.NEGATIVE_INFINITY) < ANSWER_MILLIS) return this.#parts.count('dropped:card-asks');
    this.#answered.set(link, now);
    const all = cards();
    for (let at = 0; at < all.length; at += CARDS_SENT_MAX) links.send(link, { type: 'room-cards', cards: all.slice(at, at + CARDS_SENT_MAX) });
  }
}
