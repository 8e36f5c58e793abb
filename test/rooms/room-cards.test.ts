import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { readRoomEvent, type SignedRoomEvent, signRoomEvent } from '../../src/core/rooms/room-event.ts';
import { RoomJoining } from '../../src/core/rooms/room-joining.ts';
import type { RoomMessage } from '../../src/core/rooms/room-messages.ts';
import type { Rooms } from '../../src/core/rooms/rooms.ts';
import type { Services } from '../../src/core/services.ts';
import type { UserId } from '../../src/core/types.ts';
import { somebody, tools, userRecord } from '../core/tools.ts';

const alice = somebody('alice');
const policy = { policy: 'open' as const, history: 'all' as const, passwordSalt: new Uint8Array(), passwordKey: new Uint8Array(), nonce: new Uint8Array(16) };
const body = { name: 'garden', topic: '', ...policy, card: userRecord(alice).signed };
const { signed } = signRoomEvent(tools, alice.identity, { room: '', parents: [], stampMillis: 1, kind: 'create', body });

test('a room that is known is not told of under a signature that nobody has checked', (t) => {
  const told: SignedRoomEvent[] = [];
  const send = (_: Link, message: RoomMessage): void => {
    if (message.type === 'room-cards') told.push(...message.cards.map(({ create }) => create));
  };
  const parts = {
    env: tools,
    options: CORE_OPTIONS,
    links: { upLinks: () => [], send },
    session: { userId: null },
    sync: { crowd: false },
    count: () => undefined,
  };
  const joining = new RoomJoining(parts as unknown as Parts, { all: () => [] } as unknown as Rooms, {} as Services);
  const card = { create: signed, topic: '', members: 1, hosts: ['alice'] };
  const forged = { ...card, create: { bytes: signed.bytes, signature: new Uint8Array(64) } };
  const link = {} as Link;
  joining.cards.take(link, [card]);
  joining.cards.take(link, [forged]);
  joining.linkUp('b'.repeat(64) as UserId, link);
  t.is(told.length, 1);
  t.is(typeof readRoomEvent(tools, told[0] as SignedRoomEvent), 'object');
});

for (const crowd of [false, true]) {
  test(`of more rooms than are remembered those founded last stay, and none is passed on twice${crowd ? ', in a crowd' : ''}`, (t) => {
    const stamps = [7, 3, 9, 1, 8, 4, 10 ** 15, 6, 2, 5];
    const cards = stamps.map((stampMillis) => {
      const founded = signRoomEvent(tools, alice.identity, { room: '', parents: [], stampMillis, kind: 'create', body: { ...body, name: `r${stampMillis}` } });
      return { create: founded.signed, topic: '', members: 1, hosts: ['alice'] };
    });
    const links = ['a', 'b'].map((name) => ({ name, sessionOpen: true }) as Link);
    const passedOn: string[] = [];
    const send = (_: Link, message: RoomMessage): void => {
      if (message.type !== 'room-cards' && message.type !== 'room-rumours') return;
      for (const { create } of message.cards) passedOn.push(Buffer.from(create.signature).toString('hex'));
    };
    const parts = {
      env: { ...tools, wallMillis: 1_000, random: { fraction: () => 0 }, setTimer: () => undefined },
      options: { ...CORE_OPTIONS, roomCardsMax: 4 },
      links: { upLinks: () => links, send },
      settings: { user: 'bob' },
      sync: { crowd },
      count: () => undefined,
    };
    const { cards: known } = new RoomJoining(parts as unknown as Parts, { all: () => [], get: () => undefined } as unknown as Rooms, {} as Services);
    for (let round = 0; round < 3; round += 1) {
      for (const card of cards) {
        known.take(links[0] as Link, [card]);
        known.rumours.timer();
      }
    }
    t.deepEqual(
      known.others().map(({ room }) => room),
      ['r6', 'r7', 'r8', 'r9'],
    );
    t.is(new Set(passedOn).size, passedOn.length);
  });
}
