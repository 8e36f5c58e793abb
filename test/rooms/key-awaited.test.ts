import test from 'ava';
import type { RoomDetails } from '../../src/core/rooms/room-commands.ts';
import { SmallWorld } from '../core/small-world.ts';

const MEMBERS = ['alice', 'bob', 'carol'] as const;

async function historyKeys(world: SmallWorld): Promise<number> {
  const { events } = await world.ask<{ events: readonly { kind: string }[] }>('alice', 'room-order', { room: 'garden', limit: 500 });
  return events.filter(({ kind }) => kind === 'history-key').length;
}

async function arrived(world: SmallWorld, node: string, count: number): Promise<void> {
  const knows = async () => (await world.ask<RoomDetails>(node, 'room', { room: 'garden' })).memberList.length === count;
  await world.soon(`${node} knows all`, knows, 60_000);
}

test('who comes into a room waits for the key of its copies, where members are slow to tell of it, and makes none', async (t) => {
  const world = new SmallWorld(31);
  await world.people(...MEMBERS, 'dave');
  const { link } = await world.ask<{ link: string }>('alice', 'room-create', { name: 'garden' });
  for (const name of MEMBERS.slice(1)) await world.ask(name, 'room-join', { room: link });
  await arrived(world, 'alice', MEMBERS.length);
  await world.engine.wait(20_000);
  const before = await historyKeys(world);
  t.true(before > 0);
  await world.engine.setRules([{ kind: 'delay', id: 'slow', from: [...MEMBERS], to: ['dave'], oneWay: true, delayMillis: 300, jitterMillis: 0 }]);
  await world.ask('dave', 'room-join', { room: link });
  await arrived(world, 'alice', MEMBERS.length + 1);
  await world.engine.wait(20_000);
  t.is(await historyKeys(world), before);
  await world.engine.stop();
});
