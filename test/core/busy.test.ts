import test from 'ava';
import { PASSWORD, SmallWorld } from './small-world.ts';

const told = (world: SmallWorld, node: string): number => world.heard.filter((each) => each.node === node && each.event.type === 'request-busy').length;

test('a request can be put off: whoever asked hears it once, and it can be accepted later', async (t) => {
  const world = new SmallWorld(1);
  await world.people('alice', 'bob');
  t.is(await world.outcome('bob', 'friend-busy', { user: 'alice' }), 'no-request');
  await world.ask('alice', 'friend-add', { user: 'bob' });
  await world.soon('bob is asked', async () => (await world.relation('bob', 'alice')) === 'incoming');
  await world.ask('bob', 'friend-busy', { user: 'alice' });
  await world.soon('alice hears it', async () => told(world, 'alice') === 1);
  t.is(await world.relation('alice', 'bob'), 'outgoing');
  await world.ask('bob', 'friend-accept', { user: 'alice' });
  await world.soon('they are friends', async () => (await world.relation('alice', 'bob')) === 'friend');
  t.is(told(world, 'alice'), 1);
  await world.engine.stop();
});

test('whoever was away when they were put off hears it when they are back, after a crash of the busy one as well', async (t) => {
  const world = new SmallWorld(2);
  await world.people('alice', 'bob', 'carol');
  await world.ask('alice', 'friend-add', { user: 'bob' });
  await world.soon('bob is asked', async () => (await world.relation('bob', 'alice')) === 'incoming');
  await world.engine.killNode('alice');
  await world.ask('bob', 'friend-busy', { user: 'alice' });
  await world.engine.killNode('bob');
  for (const name of ['bob', 'alice']) {
    await world.engine.startNode(name, { peers: [await world.engine.endpointOf('carol')] });
    await world.ask(name, 'login', { password: PASSWORD });
  }
  await world.soon('alice hears it', async () => told(world, 'alice') === 1);
  await world.engine.wait(5_000);
  t.is(told(world, 'alice'), 1);
  await world.engine.stop();
});
