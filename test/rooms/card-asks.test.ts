import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { CardAsks } from '../../src/core/rooms/card-asks.ts';
import { CARDS_SENT_MAX, type RoomCard, type RoomMessage } from '../../src/core/rooms/room-messages.ts';

const peerOf = (name: string): Link => ({ name, sessionOpen: true }) as Link;

/** A node in a crowd with these links, and what it sends. */
function member(up: readonly Link[]) {
  const sent: Array<{ readonly to: string; readonly message: RoomMessage }> = [];
  const env = { monotonicMillis: 0 };
  const links = { upLinks: () => up, send: (to: Link, message: RoomMessage) => sent.push({ to: to.name, message }) > 0 };
  return { asks: new CardAsks({ env, options: CORE_OPTIONS, links, count: () => undefined } as unknown as Parts), sent, env };
}

test('who comes to a crowd asks two peers for rooms, and one of those who are met later now and then', (t) => {
  const { asks, sent, env } = member(['a', 'b', 'c'].map(peerOf));
  asks.crowdFound();
  asks.linkUp(peerOf('d'));
  env.monotonicMillis = 59_000;
  asks.linkUp(peerOf('e'));
  env.monotonicMillis = 61_000;
  for (const name of ['f', 'g']) asks.linkUp(peerOf(name));
  t.deepEqual(
    sent.map(({ to, message }) => `${message.type} ${to}`),
    ['a', 'b', 'f'].map((name) => `room-cards-ask ${name}`),
  );
  sent.length = 0;
  asks.forget();
  asks.linkUp(peerOf('h'));
  t.is(sent.length, 1, 'whoever logs in anew asks anew');
});

test('who asks is told of all rooms in as few frames as they fit in, and not again at once', (t) => {
  const { asks, sent, env } = member([]);
  const cards = Array.from({ length: 2 * CARDS_SENT_MAX + 5 }, (_, index) => ({ topic: `room ${index}` }) as RoomCard);
  const [peer, other] = [peerOf('a'), peerOf('b')];
  const told = (): readonly RoomCard[] => sent.flatMap(({ message }) => (message.type === 'room-cards' ? message.cards : []));
  asks.asked(peer, () => cards);
  t.is(sent.length, 3);
  t.deepEqual(told(), cards);
  asks.asked(peer, () => t.fail('gathered in vain') as never);
  t.is(sent.length, 3);
  asks.asked(other, () => cards);
  t.is(sent.length, 6);
  env.monotonicMillis = 31_000;
  asks.asked(peer, () => cards.slice(0, 1));
  t.is(sent.length, 7);
});
