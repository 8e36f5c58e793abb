import test from 'ava';
import type { NodeInfo, UserView } from '../../src/core/commands.ts';
import { SEED_CONDUCTS, seedConductNamed } from '../../src/lab/lying-seed-server.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';
import { tools } from '../core/tools.ts';

/** alice and bob are friends and know a seed server that lies like that from the first moment. */
async function stage(seed: number, conduct: string): Promise<SmallWorld> {
  const world = new SmallWorld(seed);
  await world.engine.startSeedServer(conduct);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  return world;
}

async function counter(world: SmallWorld, node: string, name: string): Promise<number> {
  return (await world.ask<NodeInfo>(node, 'info')).counters[name] ?? 0;
}

async function talk(world: SmallWorld, from: string, to: string, at: string = to): Promise<void> {
  await world.ask(from, 'send', { to, text: `from ${from}` });
  await world.soon('it arrives', async () => (await world.texts(at, from)).at(-1) === `from ${from}`);
}

test('every conduct exists by name, and none by the name of something else', (t) => {
  const random = new SeededRandom('seed conducts');
  for (const name of Object.keys(SEED_CONDUCTS)) t.is(typeof seedConductNamed(name, { ...tools, random }), 'function');
  t.is(seedConductNamed('toString', { ...tools, random }), null);
});

test('wrong records: signatures that are not right are refused and counted, and nobody gets the record of another', async (t) => {
  const world = await stage(91, 'wrong-records');
  await world.engine.startNode('carol', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('carol', 'register', { password: PASSWORD });
  await world.engine.wait(5_000);
  const refused = await Promise.all(['alice', 'bob', 'carol'].map((name) => counter(world, name, 'recordsRefused')));
  t.true(
    refused.some((count) => count > 0),
    `the attack took place: ${refused.join(' ')}`,
  );
  const seen = await world.ask<UserView>('carol', 'user', { user: 'bob' });
  t.is(seen.userId, (await world.ask<NodeInfo>('bob', 'info')).userId as never);
  await talk(world, 'alice', 'bob');
  await world.engine.stop();
});

test('wrong vaults: a login at a second node neither opens the vault of another nor gives up', async (t) => {
  const world = await stage(92, 'wrong-vaults');
  await world.engine.startNode('bob@desk', { peers: [await world.engine.endpointOf('alice')] });
  t.is(await world.outcome('bob@desk', 'login', { password: 'not the password' }), 'wrong-password');
  t.is(await world.outcome('bob@desk', 'login', { password: PASSWORD }), 'ok', 'the same password as alice has');
  t.true((await counter(world, 'bob@desk', 'seedVaultsUnfit')) > 0, 'the attack took place');
  t.is((await world.ask<NodeInfo>('bob@desk', 'info')).userId, await idOf(world, 'bob'));
  await talk(world, 'alice', 'bob', 'bob@desk');
  await world.engine.stop();
});

async function idOf(world: SmallWorld, name: string): Promise<NodeInfo['userId']> {
  return (await world.ask<UserView>('alice', 'user', { user: name })).userId as NodeInfo['userId'];
}

test('wrong vaults, and no other node: the login says that the vault does not open', async (t) => {
  const world = await stage(93, 'wrong-vaults');
  await world.engine.killNode('bob');
  await world.engine.startNode('bob@desk', { peers: [await world.engine.endpointOf('alice')] });
  t.is(await world.outcome('bob@desk', 'login', { password: PASSWORD }), 'bad-record');
  await world.engine.stop();
});

test('forged nodes: made-up users may be listed, and neither they nor their nodes keep anybody from the others', async (t) => {
  const world = await stage(94, 'forged-nodes');
  await world.engine.startNode('carol', { peers: [await world.engine.endpointOf('bob')] });
  await world.ask('carol', 'register', { password: PASSWORD });
  await world.befriend('carol', 'alice');
  await talk(world, 'carol', 'alice');
  const { peers } = await world.ask<{ peers: readonly { node: string; state: string }[] }>('carol', 'peers');
  t.false(peers.some(({ node, state }) => node.startsWith('ghost') && state === 'up'));
  t.true(peers.filter(({ state }) => state === 'up').length >= 2);
  await world.engine.stop();
});

test('dropped writes and stale records: what peers know outweighs what the server says', async (t) => {
  for (const [seed, conduct] of [
    [95, 'dropped-writes'],
    [96, 'stale-records'],
  ] as const) {
    const world = await stage(seed, conduct);
    await world.engine.wait(1_000);
    await world.ask('alice', 'profile', { displayName: 'Alice the Second' });
    await world.engine.wait(20_000);
    await world.engine.startNode('carol', { peers: [await world.engine.endpointOf('bob')] });
    await world.ask('carol', 'register', { password: PASSWORD });
    await world.soon('carol knows the newer', async () => (await world.ask<UserView>('carol', 'user', { user: 'alice' })).displayName === 'Alice the Second');
    await world.engine.wait(30_000);
    t.is((await world.ask<UserView>('carol', 'user', { user: 'alice' })).displayName, 'Alice the Second', conduct);
    t.is((await world.ask<UserView>('bob', 'user', { user: 'alice' })).displayName, 'Alice the Second', conduct);
    await talk(world, 'alice', 'bob');
    await world.engine.stop();
  }
});
