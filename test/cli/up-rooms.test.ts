import test from 'ava';
import { RoomGuest } from '../../src/cli/bots/room-guest.ts';
import type { RoomMessageView } from '../../src/core/rooms/room-commands.ts';
import { stream } from '../../src/sim/random.ts';
import { VirtualTime } from './fake-node.ts';

const ROOM = 'a1'.repeat(32);

function guest(seed = 1) {
  const time = new VirtualTime();
  const random = stream(seed, 'guest');
  const calls: Array<readonly [string, Readonly<Record<string, unknown>>]> = [];
  const state = { here: true };
  const made = new RoomGuest({
    name: 'bob',
    isCompanion: (user) => user === 'carol',
    isHere: () => state.here,
    call: async (command, args) => void calls.push([command, args]),
    after: (delayMillis, act) => void time.after(delayMillis, act),
    pause: ([min, max]) => min + random.fraction() * (max - min),
    random: () => random.fraction(),
    answer: (user, text) => `${user}: ${text}?`,
  });
  return { made, time, calls, state, said: () => calls.filter(([command]) => command === 'room-send').map(([, args]) => args) };
}

function line(from: string, text: string, patch: Partial<RoomMessageView> = {}): RoomMessageView {
  return { id: 'c3'.repeat(32), roomId: ROOM, room: 'garden', kind: 'message', from, fromMe: false, text, mentionsMe: false, ...patch } as RoomMessageView;
}

test('a bot comes when it is invited, also when that was while it was away', async (t) => {
  const { made, time, calls } = guest();
  made.event({ type: 'room-invited', room: 'garden', roomId: ROOM, from: 'alice', link: 'confab-room:1/alice' });
  await time.pass(10_000);
  t.deepEqual(calls, [['room-join', { room: 'confab-room:1/alice' }]]);
});

test('whoever names a bot gets an answer to that message; it is typed first', async (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { made, time, calls, said } = guest(seed);
    made.event({ type: 'room-message', message: line('alice', 'bob', { mentionsMe: true }) });
    await time.pass(10_000);
    t.deepEqual(said(), [{ room: ROOM, text: 'alice: bob?', replyTo: 'c3'.repeat(32) }], `seed ${seed}`);
    const order = calls.map(([command]) => command);
    t.true(order.indexOf('room-typing') < order.indexOf('room-send'));
    t.true(order.includes('room-read'));
  }
});

test('bots do not talk to each other in rooms, nor to what happens there, nor while away', async (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { made, time, state, said } = guest(seed);
    made.event({ type: 'room-message', message: line('carol', 'bob', { mentionsMe: true }) });
    made.event({ type: 'room-message', message: line('alice', 'alice has come in', { kind: 'joined' }) });
    state.here = false;
    made.event({ type: 'room-message', message: line('alice', 'bob', { mentionsMe: true }) });
    await time.pass(20_000);
    t.deepEqual(said(), [], `seed ${seed}`);
  }
});
