import test from 'ava';
import type { UserView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

async function trustOf(world: SmallWorld, node: string, user: string): Promise<string> {
  return (await world.ask<UserView>(node, 'user', { user })).trust;
}

function told(world: SmallWorld, node: string): string[] {
  return world.heard.filter((each) => each.node === node && each.event.type.startsWith('key-')).map((each) => each.event.type);
}

/** bob deletes the account while `meanwhile` happens, and registers anew under the same name. */
async function replaced(world: SmallWorld): Promise<void> {
  await world.ask('bob', 'delete-account', { password: PASSWORD });
  await world.soon('bob is forgotten', async () => (await world.relation('alice', 'bob')) === 'unknown');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.soon('bob can register', async () => (await world.outcome('bob', 'register', { password: PASSWORD })) === 'ok');
  await world.soon('alice hears of the new bob', async () => (await world.relation('alice', 'bob')) === 'none');
}

test('a new key under the name of a friend is told once, stops everything, and outlives a restart', async (t) => {
  const world = new SmallWorld(11);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  t.is(await trustOf(world, 'alice', 'bob'), 'pinned');
  t.is(await world.outcome('alice', 'trust', { user: 'bob' }), 'key-unchanged');
  await replaced(world);
  t.is(await trustOf(world, 'alice', 'bob'), 'changed');
  t.deepEqual(told(world, 'alice'), ['key-changed']);
  for (const [command, args] of [
    ['send', { to: 'bob', text: 'hello' }],
    ['friend-add', { user: 'bob' }],
  ] as const)
    t.is(await world.outcome('alice', command, args), 'key-changed');
  await world.engine.killNode('alice');
  await world.engine.startNode('alice', { peers: [await world.engine.endpointOf('bob')] });
  await world.ask('alice', 'login', { password: PASSWORD });
  t.is(await trustOf(world, 'alice', 'bob'), 'changed');
  t.is(await world.outcome('alice', 'trust', { user: 'bob' }), 'ok');
  t.deepEqual(told(world, 'alice'), ['key-changed', 'key-accepted']);
  await world.befriend('alice', 'bob');
  t.is(await world.outcome('alice', 'send', { to: 'bob', text: 'hello' }), 'ok');
  await world.soon('it arrives', async () => (await world.texts('bob', 'alice')).includes('hello'));
  await world.engine.stop();
});

test('what changed while nobody was logged in is told at the login', async (t) => {
  const world = new SmallWorld(12);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  await world.ask('alice', 'logout');
  await world.ask('bob', 'delete-account', { password: PASSWORD });
  await world.engine.wait(2_000);
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.soon('bob can register', async () => (await world.outcome('bob', 'register', { password: PASSWORD })) === 'ok');
  await world.engine.wait(2_000);
  await world.ask('alice', 'login', { password: PASSWORD });
  t.is(await trustOf(world, 'alice', 'bob'), 'changed');
  t.deepEqual(told(world, 'alice'), ['key-changed']);
  await world.engine.stop();
});

test('numbers that people found different stop everything until they are found equal', async (t) => {
  const world = new SmallWorld(13);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  t.is((await world.ask<{ trust: string }>('alice', 'verify', { user: 'bob', answer: 'different' })).trust, 'changed');
  t.is(await world.outcome('alice', 'send', { to: 'bob', text: 'hello' }), 'key-changed');
  t.is((await world.ask<{ trust: string }>('alice', 'verify', { user: 'bob', answer: 'equal' })).trust, 'verified');
  t.is(await world.outcome('alice', 'send', { to: 'bob', text: 'hello' }), 'ok');
  t.deepEqual(told(world, 'alice'), ['key-changed', 'key-accepted']);
  await world.engine.stop();
});
