import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { RoomId } from './room-commands.ts';
import { CARDS_SENT_MAX, type RoomCard } from './room-messages.ts';

interface Rumour {
  readonly card: RoomCard;
  /** Over which link it came. */
  readonly from: Link;
}

/**
 * Rooms that this node has heard of and passes on, above full membership. In a crowd many rooms are founded while everybody comes, and a
 * frame for each of them, from everybody to a few, was a quarter of what was said then; so they wait for each other. Whoever joins by a
 * link needs none of it. They travel outside the numbered stream: several pass the same on, and who missed it hears of it by asking.
 */
export class CardRumours {
  readonly #parts: Parts;
  readonly #waiting = new Map<RoomId, Rumour>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Bounded like what is known of rooms: the oldest gives way. */
  add(room: RoomId, rumour: Rumour): void {
    const { env, options } = this.#parts;
    if (this.#waiting.size === 0) env.setTimer('room-cards', '', options.gossipDelayMillis * (0.5 + env.random.fraction()));
    this.#waiting.set(room, rumour);
    if (this.#waiting.size > options.roomCardsMax) this.#waiting.delete(this.#waiting.keys().next().value as RoomId);
  }

  /** Timer: each goes to a few peers, not to the one who told of it. */
  timer(): void {
    const { env, links, options } = this.#parts;
    const peers = links.upLinks().filter((link) => link.sessionOpen);
    const rumours = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let count = 0; count < options.gossipFanout && peers.length > 0; count += 1) {
      const [link] = peers.splice(Math.floor(env.random.fraction() * peers.length), 1) as [Link];
      const cards = rumours.filter(({ from }) => from !== link).map(({ card }) => card);
      for (let at = 0; at < cards.length; at += CARDS_SENT_MAX) links.send(link, { type: 'room-rumours', cards: cards.slice(at, at + CARDS_SENT_MAX) });
    }
  }

  forget(): void {
    this.#waiting.clear();
    this.#parts.env.cancelTimer('room-cards', '');
  }
}
