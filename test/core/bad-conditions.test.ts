import test from 'ava';
import type { NodeInfo, UserView } from '../../src/core/commands.ts';
import type { Rule } from '../../src/core/rules.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

const CUT: Rule = { id: 'cut', kind: 'cut', from: ['*'], to: ['*'], oneWay: false };
const HOUR_MILLIS = 3_600_000;
const YEAR_MILLIS = 365 * 24 * HOUR_MILLIS;

// --- a full disk ---

test('X4: with a full disk a message is refused and not half kept; with space again all goes on without a login', async (t) => {
  const world = new SmallWorld(1);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  const { disk } = world.engine.hosted('alice');
  disk.full = true;
  t.is(await world.outcome('alice', 'send', { to: 'bob', text: 'lost' }), 'store-failed');
  t.is(await world.outcome('alice', 'status', { text: 'x' }), 'store-failed');
  disk.full = false;
  await world.soon('alice is back', async () => (await world.outcome('alice', 'send', { to: 'bob', text: 'kept' })) === 'ok');
  await world.soon('it arrives', async () => (await world.texts('bob', 'alice')).includes('kept'));
  t.deepEqual(await world.texts('bob', 'alice'), ['kept']);
  await world.soon('presence is right', async () => (await world.presence('bob', 'alice')) === 'online');
  await world.engine.stop();
});

test('X4: what a full disk could not keep is not acknowledged, and arrives once there is space', async (t) => {
  const world = new SmallWorld(2);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  const { disk } = world.engine.hosted('bob');
  disk.full = true;
  const { id } = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'wait' });
  await world.engine.wait(20_000);
  t.is(await world.state('alice', id), 'queued');
  disk.full = false;
  await world.soon('delivered', async () => (await world.state('alice', id)) === 'delivered', 90_000);
  t.deepEqual(await world.texts('bob', 'alice'), ['wait']);
  await world.engine.stop();
});

for (const withSeedServer of [true, false]) {
  test(`a registration on a full disk is refused and takes no name, ${withSeedServer ? 'with' : 'without'} the seed server`, async (t) => {
    const world = new SmallWorld(3);
    if (withSeedServer) await world.engine.startSeedServer();
    await world.people('bob');
    await world.engine.startNode('alice', { peers: [await world.engine.endpointOf('bob')] });
    await world.engine.wait(1_000);
    world.engine.hosted('alice').disk.full = true;
    t.is(await world.outcome('alice', 'register', { password: PASSWORD }), 'store-failed');
    world.engine.hosted('alice').disk.full = false;
    await world.soon('alice can register', async () => (await world.outcome('alice', 'register', { password: PASSWORD })) === 'ok');
    await world.soon('bob knows alice', async () => (await world.relation('bob', 'alice')) === 'none');
    await world.engine.stop();
  });
}

// --- clocks ---

for (const [title, skewMillis] of [
  ['an hour ahead', HOUR_MILLIS],
  ['an hour back', -HOUR_MILLIS],
  ['a year ahead', YEAR_MILLIS],
  ['a year back', -YEAR_MILLIS],
] as const) {
  test(`a clock that jumps ${title} loses no message and no friend, and all is right when it is set`, async (t) => {
    const world = new SmallWorld(4);
    await world.people('alice', 'bob', 'carol');
    await world.befriend('alice', 'bob');
    const hosted = world.engine.hosted('alice');
    hosted.skewMillis = skewMillis;
    await world.engine.wait(30_000);
    const sent = await Promise.all([
      world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'from the other time' }),
      world.ask<{ id: string }>('bob', 'send', { to: 'alice', text: 'to the other time' }),
    ]);
    await world.soon(
      'both arrive',
      async () => (await world.state('alice', sent[0].id)) === 'delivered' && (await world.state('bob', sent[1].id)) === 'delivered',
    );
    await world.befriend('alice', 'carol');
    hosted.skewMillis = 0;
    await world.engine.wait(60_000);
    await world.ask('alice', 'status', { presence: 'busy', text: 'set' });
    await world.soon('bob sees the status', async () => (await world.presence('bob', 'alice')) === 'busy');
    t.is(await world.relation('carol', 'alice'), 'friend');
    await world.ask('alice', 'send', { to: 'bob', text: 'back' });
    await world.soon('it arrives', async () => (await world.texts('bob', 'alice')).includes('back'));
    t.is((await world.texts('bob', 'alice')).length, 3);
    await world.engine.stop();
  });
}

test('somebody whose clock is a year ahead is told so, and is known to all when it is set', async (t) => {
  const world = new SmallWorld(5);
  await world.people('bob');
  await world.engine.startNode('alice', { peers: [await world.engine.endpointOf('bob')] });
  world.engine.hosted('alice').skewMillis = YEAR_MILLIS;
  await world.ask('alice', 'register', { password: PASSWORD });
  await world.soon('alice is told', async () => world.notices('alice').some((text) => text.includes('clock')));
  world.engine.hosted('alice').skewMillis = 0;
  await world.soon('bob knows alice', async () => (await world.relation('bob', 'alice')) === 'none', 60_000);
  t.is(await world.relation('bob', 'alice'), 'none');
  await world.engine.stop();
});

// --- one name, two people ---

test('two nodes register one name at the same instant: the seed server lets one win', async (t) => {
  const world = new SmallWorld(6);
  await world.engine.startSeedServer();
  await world.engine.startNode('alice');
  await world.engine.startNode('alice@desk');
  const outcomes = await Promise.all(['alice', 'alice@desk'].map((node) => world.outcome(node, 'register', { password: PASSWORD })));
  t.deepEqual(outcomes.toSorted(), ['name-taken', 'ok']);
  await world.engine.stop();
});

test('two nodes register one name while they cannot meet: when they do, the later one is told and logged out, and nobody else is confused', async (t) => {
  const world = new SmallWorld(7);
  await world.people('bob');
  const peers = [await world.engine.endpointOf('bob')];
  await world.engine.setRules([CUT]);
  await world.engine.startNode('alice', { peers });
  await world.engine.startNode('alice@desk', { peers });
  await world.ask('alice@desk', 'register', { password: PASSWORD });
  const winner = await world.ask<NodeInfo>('alice@desk', 'info');
  await world.engine.wait(1_000);
  await world.ask('alice', 'register', { password: PASSWORD });
  await world.engine.setRules([]);
  await world.soon('alice is told', async () => world.notices('alice').some((text) => text.includes('earlier')), 60_000);
  t.false((await world.ask<NodeInfo>('alice', 'info')).loggedIn);
  t.is(await world.outcome('alice', 'login', { password: PASSWORD }), 'name-taken');
  t.true((await world.ask<NodeInfo>('alice@desk', 'info')).loggedIn);
  for (const node of ['bob', 'alice', 'alice@desk']) {
    await world.soon(`${node} knows who it is`, async () => (await world.ask<UserView>(node, 'user', { user: 'alice' })).userId === winner.userId);
  }
  await world.engine.stop();
});

// --- parts of a network ---

test('X2: a network that was cut for long joins again without friends across and without the seed server', async (t) => {
  const world = new SmallWorld(8);
  await world.people('alice', 'bob', 'carol', 'dave');
  const cut: Rule = { id: 'cut', kind: 'cut', from: ['alice', 'bob'], to: ['carol', 'dave'], oneWay: false };
  await world.engine.setRules([cut]);
  await world.engine.wait(300_000);
  await world.engine.setRules([]);
  await world.engine.startNode('erin', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('erin', 'register', { password: PASSWORD });
  await world.soon('dave hears of erin', async () => (await world.relation('dave', 'erin')) === 'none', 120_000);
  t.is(await world.relation('dave', 'erin'), 'none');
  await world.engine.stop();
});

test('C3: the frames of a whole conversation played once more change nothing', async (t) => {
  const world = new SmallWorld(9);
  await world.people('alice', 'bob');
  const bob = world.engine.hosted('bob');
  const receive = bob.receive.bind(bob);
  const captured: Array<readonly [number, unknown]> = [];
  bob.receive = (from, frame) => {
    captured.push([from, frame]);
    receive(from, frame);
  };
  await world.befriend('alice', 'bob');
  for (const text of ['one', 'two', 'three']) await world.ask('alice', 'send', { to: 'bob', text });
  await world.soon('all arrive', async () => (await world.texts('bob', 'alice')).length === 3);
  await world.ask('alice', 'status', { presence: 'away' });
  await world.engine.wait(2_000);
  const before = captured.slice();
  t.true(before.length >= 6, `${before.length} frames`);
  for (const [from, frame] of before) receive(from, frame);
  await world.engine.wait(10_000);
  t.deepEqual(await world.texts('bob', 'alice'), ['one', 'two', 'three']);
  t.is(await world.presence('bob', 'alice'), 'away');
  t.is(await world.relation('bob', 'alice'), 'friend');
  await world.ask('alice', 'send', { to: 'bob', text: 'four' });
  await world.soon('it goes on', async () => (await world.texts('bob', 'alice')).length === 4);
  await world.engine.stop();
});
