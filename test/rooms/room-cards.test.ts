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
