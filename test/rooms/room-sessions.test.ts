import test from 'ava';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const ROOM = 'hall';

test('whoever logs out while something is new in a room, and in again, still sees that others stop typing', async (t) => {
  const world = new SmallWorld(3);
  await world.people('alice', 'bob');
  const { link } = await world.ask<{ link: string }>('alice', 'room-create', { name: ROOM });
  await world.ask('bob', 'room-join', { room: link });
  await world.soon('both are in', async () => (await world.ask<{ members: number }>('alice', 'room', { room: ROOM })).members === 2);
  await world.ask('bob', 'room-send', { room: ROOM, text: 'one' });
  await world.engine.wait(100);
  await world.ask('alice', 'logout');
  await world.ask('alice', 'login', { password: PASSWORD });
  await world.engine.wait(1_000);
  const typing = (): unknown[] =>
    world.heard.filter(({ node, event }) => node === 'alice' && event.type === 'room-typing').map(({ event }) => (event as { typing?: unknown }).typing);
  await world.ask('bob', 'room-typing', { room: ROOM, typing: true });
  await world.engine.wait(20_000);
  t.deepEqual(typing(), [true, false]);
  await world.engine.stop();
});
