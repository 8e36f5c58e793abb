import test from 'ava';
import type { UserView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

test('with nothing but the ring: the first message to somebody who is away is sealed by keys that others keep', async (t) => {
  const world = new SmallWorld(21);
  await world.people('alice', 'bob', 'carol', 'dave', 'erin', 'frank');
  await world.befriend('alice', 'bob');
  const { userId } = await world.ask<UserView>('alice', 'user', { user: 'bob' });
  const rowsOf = (node: string, table: string) => world.engine.hosted(node).disk.node.get(table)?.scan({}) ?? [];
  const holders = () => world.engine.nodes().filter((node) => rowsOf(node, 'replicas').some(([key]) => key.includes('/prekeys/')));
  await world.soon('holders have prekeys', async () => holders().length >= 4, 60_000);
  await world.engine.wait(10_000);
  const { disk } = world.engine.hosted('alice');
  const records = disk.node.get('records');
  await world.engine.stopNode('alice');
  await world.engine.stopNode('bob');
  t.not(records?.get(`prekeys/${userId}`), undefined);
  records?.delete(`prekeys/${userId}`);
  await world.engine.startNode('alice', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('alice', 'login', { password: PASSWORD });
  const { id } = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'sealed while you are away' });
  await world.soon('alice has found the keys', async () => records?.get(`prekeys/${userId}`) !== undefined);
  const waiting = disk.user?.tables.get('outbox')?.scan({}) ?? [];
  t.deepEqual(
    waiting.map(([, row]) => (row as { suite: number }).suite),
    [2],
    'sealed although there is no link',
  );
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('delivered', async () => (await world.state('alice', id)) === 'delivered');
  t.deepEqual(await world.texts('bob', 'alice'), ['sealed while you are away']);
  await world.engine.stop();
});
