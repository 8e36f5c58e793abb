import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { CardRumours } from '../../src/core/rooms/card-rumours.ts';
import type { RoomId } from '../../src/core/rooms/room-commands.ts';
import { CARDS_SENT_MAX, type RoomCard, type RoomMessage } from '../../src/core/rooms/room-messages.ts';
import { SeededRandom } from '../../src/sim/random.ts';

const ROOMS = 40;
const PEERS = 12;

test('rumours of rooms wait for each other and go to a few in as few frames as they fit in, and not back to who told of them', (t) => {
  const peers = Array.from({ length: PEERS }, (_, index) => ({ name: `peer${index}`, sessionOpen: true }) as Link);
  const stranger = { name: 'nobody logged in', sessionOpen: false } as Link;
  const sent: Array<{ readonly to: Link; readonly cards: readonly RoomCard[] }> = [];
  let timers = 0;
  const parts = {
    env: {
      random: new SeededRandom('rumours'),
      setTimer: () => {
        timers += 1;
      },
      cancelTimer: () => undefined,
    },
    options: CORE_OPTIONS,
    links: {
      upLinks: () => [stranger, ...peers],
      send: (to: Link, message: RoomMessage) => void (message.type === 'room-rumours' && sent.push({ to, cards: message.cards })),
    },
  };
  const rumours = new CardRumours(parts as unknown as Parts);
  const told = new Map<RoomCard, Link>();
  for (let index = 0; index < ROOMS; index += 1) {
    const card = { topic: `room ${index}` } as RoomCard;
    const from = peers[index % PEERS] as Link;
    told.set(card, from);
    rumours.add(`room${index}` as RoomId, { card, from });
  }
  t.is(timers, 1, 'one timer for all of them');
  t.is(sent.length, 0);
  rumours.timer();
  const chosen = new Set(sent.map(({ to }) => to));
  t.is(chosen.size, CORE_OPTIONS.gossipFanout);
  t.false(chosen.has(stranger));
  t.true(sent.every(({ cards }) => cards.length <= CARDS_SENT_MAX));
  for (const peer of chosen) {
    const heard = sent.filter(({ to }) => to === peer).flatMap(({ cards }) => cards);
    t.deepEqual(
      heard,
      [...told].filter(([, from]) => from !== peer).map(([card]) => card),
    );
  }
  sent.length = 0;
  rumours.timer();
  t.is(sent.length, 0, 'each is told once');
  rumours.add('room0' as RoomId, { card: { topic: 'again' } as RoomCard, from: stranger });
  t.is(timers, 2);
  rumours.forget();
  rumours.timer();
  t.is(sent.length, 0, 'whoever logs out tells nothing');
});
