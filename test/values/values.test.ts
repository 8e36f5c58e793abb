import test from 'ava';
import type { Commands, LookupView, NodeInfo, RingView } from '../../src/core/commands.ts';
import type { Rule } from '../../src/core/rules.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const NEW_PASSWORD = 'a new battery staple';
const PEOPLE = ['anna', 'bert', 'cleo', 'dora', 'emil', 'fynn'] as const;

function cutOff(...names: string[]): Rule {
  return { id: 'cut', kind: 'cut', from: names, to: ['*'], oneWay: false };
}

async function holders(world: SmallWorld, at: string, name: string): Promise<readonly string[]> {
  return (await world.ask<LookupView>(at, 'lookup', { name })).holders;
}

/** Everybody's record lies where it belongs. */
async function settled(world: SmallWorld, at: string, ...names: readonly string[]): Promise<void> {
  const wanted = Math.min(4, world.engine.nodes().length);
  for (const name of names) {
    await world.soon(`${wanted} nodes hold the record of ${name}`, async () => (await holders(world, at, name)).length === wanted, 40_000);
  }
}

async function join(world: SmallWorld, node: string, at: string): Promise<void> {
  await world.engine.startNode(node, { peers: [await world.engine.endpointOf(at)] });
}

/** Registers a user at a running node; the recovery words. */
async function register(world: SmallWorld, node: string): Promise<string> {
  const { recoveryWords } = await world.ask<Commands['register']['result']>(node, 'register', { password: PASSWORD });
  return recoveryWords;
}

for (const seed of [1, 2]) {
  test(`the record of each user lies on four nodes, a joiner and a leaver change nothing of that (seed ${seed})`, async (t) => {
    const world = new SmallWorld(seed);
    await world.people(...PEOPLE);
    await settled(world, 'anna', ...PEOPLE);
    await join(world, 'gwen', 'bert');
    await register(world, 'gwen');
    await settled(world, 'gwen', ...PEOPLE, 'gwen');
    await world.engine.stopNode('cleo');
    await world.engine.stopNode('dora');
    for (const name of PEOPLE) t.true((await holders(world, 'anna', name)).length > 0, `${name} is found at once when two nodes have left in order`);
    await world.engine.killNode('emil');
    await settled(world, 'anna', 'cleo', 'dora', 'emil');
    const ids = await Promise.all(['anna', 'bert', 'fynn', 'gwen'].map(async (at) => (await world.ask<LookupView>(at, 'lookup', { name: 'cleo' })).userId));
    t.is(new Set(ids).size, 1);
    t.not(ids[0], null);
    await world.engine.stop();
  });
}

test('a node that restarts still holds, though nobody logs in there', async (t) => {
  const world = new SmallWorld(3);
  await world.people('anna', 'bert', 'cleo');
  await settled(world, 'anna', 'anna', 'bert', 'cleo');
  // A record, a presence and a vault of each.
  await world.soon('bert holds nine values', async () => (await world.ask<RingView>('bert', 'ring')).copies === 9);
  for (const name of ['bert', 'cleo']) await world.engine.killNode(name);
  for (const name of ['bert', 'cleo']) await join(world, name, 'anna');
  await world.soon('both are members again', async () => (await world.ask<RingView>('bert', 'ring')).successors.length === 2);
  const copies = (await world.ask<RingView>('bert', 'ring')).copies;
  t.is(copies, 9);
  t.deepEqual([...(await holders(world, 'bert', 'anna'))].sort(), ['anna', 'bert', 'cleo']);
  await world.engine.stop();
});

test('recovery words log in at a new node when neither a seed server nor the other node is there, under a new password', async (t) => {
  const world = new SmallWorld(4);
  await world.people('anna', 'bert', 'cleo', 'dora', 'emil');
  await join(world, 'zoe', 'bert');
  const words = await register(world, 'zoe');
  t.is(words.split(' ').length, 24);
  await world.befriend('zoe', 'anna');
  const { id } = await world.ask<{ id: string }>('anna', 'send', { to: 'zoe', text: 'before' });
  await world.soon('delivered', async () => (await world.state('anna', id)) === 'delivered');
  await settled(world, 'anna', 'zoe');
  await world.engine.wait(2_000);
  await world.engine.killNode('zoe');

  await join(world, 'zoe@new', 'cleo');
  t.is(await world.outcome('zoe@new', 'recover', { words: words.replace(/^\S+/, 'zebra'), password: NEW_PASSWORD }), 'bad-words');
  t.is(await world.outcome('zoe@new', 'recover', { words, password: 'x' }), 'bad-password');
  const { user } = await world.ask<Commands['recover']['result']>('zoe@new', 'recover', { words: ` ${words.toUpperCase()} `, password: NEW_PASSWORD });
  t.is(user, 'zoe');
  await world.ask('anna', 'send', { to: 'zoe', text: 'after' });
  await world.soon('what is written now arrives', async () => (await world.texts('zoe@new', 'anna')).includes('after'), 40_000);
  const shown = await world.ask<{ recoveryWords: string }>('zoe@new', 'recovery-words', { password: NEW_PASSWORD });
  t.is(shown.recoveryWords, words);
  await world.ask('zoe@new', 'logout');
  t.is(await world.outcome('zoe@new', 'login', { password: PASSWORD }), 'wrong-password');
  t.is(await world.outcome('zoe@new', 'login', { password: NEW_PASSWORD }), 'ok');
  await world.engine.stop();
});

test('a new password reaches the older nodes of the user: their own vaults open with the old one no more, and say why', async (t) => {
  const world = new SmallWorld(14);
  await world.people('anna', 'bert', 'cleo');
  await join(world, 'zoe', 'bert');
  const words = await register(world, 'zoe');
  await world.befriend('zoe', 'anna');
  await world.ask('zoe', 'send', { to: 'anna', text: 'written at the old node' });
  await join(world, 'zoe@desk', 'anna');
  t.is(await world.outcome('zoe@desk', 'login', { password: PASSWORD }), 'ok');
  await settled(world, 'anna', 'zoe');
  await world.engine.wait(2_000);
  for (const name of ['zoe', 'zoe@desk']) await world.engine.killNode(name);
  await join(world, 'zoe@new', 'cleo');
  t.is(await world.outcome('zoe@new', 'recover', { words, password: NEW_PASSWORD }), 'ok');

  // One that meets the others before anybody logs in.
  await world.engine.startNode('zoe');
  await world.soon('the old node is told', async () => world.notices('zoe').some((text) => text.includes('password was changed')));
  t.is(await world.outcome('zoe', 'login', { password: PASSWORD }), 'password-changed');
  await world.engine.killNode('zoe');
  await world.engine.startNode('zoe');
  t.is(await world.outcome('zoe', 'login', { password: PASSWORD }), 'password-changed', 'after a restart, too');
  t.is(await world.outcome('zoe', 'login', { password: NEW_PASSWORD }), 'ok');
  t.deepEqual(await world.texts('zoe', 'anna'), ['written at the old node']);
  await world.ask('zoe', 'logout');
  t.is(await world.outcome('zoe', 'login', { password: PASSWORD }), 'wrong-password', 'its own vault is the new one now');
  t.is(await world.outcome('zoe', 'login', { password: NEW_PASSWORD }), 'ok');

  // And one at which somebody logs in with the old password while it can reach nobody: until it does.
  const others = world.engine.nodes().filter((name) => name !== 'zoe@desk');
  await world.engine.setRules([{ id: 'alone', kind: 'cut', from: ['zoe@desk'], to: others, oneWay: false }]);
  await world.engine.startNode('zoe@desk');
  t.is(await world.outcome('zoe@desk', 'login', { password: PASSWORD }), 'ok', 'a stated limit');
  await world.engine.setRules([]);
  await world.soon('its session ends', async () => (await world.ask<NodeInfo>('zoe@desk', 'info')).userId === null, 60_000);
  t.is(await world.outcome('zoe@desk', 'login', { password: PASSWORD }), 'password-changed');
  // The vault of the new password comes from where somebody is logged in with it.
  t.true(['ok', 'already-logged-in'].includes(await world.outcome('zoe', 'login', { password: NEW_PASSWORD })));
  await world.soon('it comes', async () => (await world.outcome('zoe@desk', 'login', { password: NEW_PASSWORD })) === 'ok', 40_000);
  await world.engine.stop();
});

test('an account that is deleted where nobody can be reached: nothing of it is left there but the word that it is gone, which reaches the first who comes', async (t) => {
  const world = new SmallWorld(15);
  await world.people('anna', 'bert', 'cleo');
  await join(world, 'zoe', 'bert');
  const words = await register(world, 'zoe');
  await world.befriend('zoe', 'anna');
  await settled(world, 'anna', 'zoe');
  await world.engine.wait(2_000);
  await world.engine.setRules([cutOff('zoe')]);
  await world.soon('zoe has no links', async () => (await world.ask<Commands['peers']['result']>('zoe', 'peers')).peers.length === 0, 120_000);
  t.is(await world.outcome('zoe', 'delete-account', { password: PASSWORD }), 'ok');
  t.true(world.notices('zoe').some((text) => text.includes('nobody could be told yet')));
  await world.engine.wait(5_000);
  t.true(world.engine.isRunning('zoe'));
  const { disk } = world.engine.hosted('zoe');
  t.is(disk.user, null);
  t.is(disk.vault.get('vault')?.size ?? 0, 0);
  t.is(await world.outcome('zoe', 'register', { password: PASSWORD }), 'busy');
  t.not((await world.ask<LookupView>('anna', 'lookup', { name: 'zoe' })).userId, null, 'nobody knows');
  await world.engine.killNode('zoe');
  await world.engine.startNode('zoe');
  await world.engine.wait(5_000);

  await world.engine.setRules([]);
  await world.soon('the node has ended', async () => !world.engine.isRunning('zoe'), 120_000);
  await world.soon('anna has heard of it', async () => (await world.outcome('anna', 'user', { user: 'zoe' })) === 'unknown-user', 40_000);
  t.is((await world.ask<LookupView>('bert', 'lookup', { name: 'zoe' })).userId, null);
  await join(world, 'zoe@new', 'cleo');
  t.is(await world.outcome('zoe@new', 'recover', { words, password: NEW_PASSWORD }), 'nothing-to-recover');
  t.is(await world.outcome('zoe@new', 'register', { password: PASSWORD }), 'ok');
  await world.engine.stop();
});

test('words of nobody find nothing, and those of another say so', async (t) => {
  const world = new SmallWorld(5);
  await world.people('anna', 'bert');
  await join(world, 'zoe', 'bert');
  const words = await register(world, 'zoe');
  await settled(world, 'anna', 'zoe');
  await world.engine.wait(2_000);
  await join(world, 'yves', 'bert');
  t.is(await world.outcome('yves', 'recover', { words, password: NEW_PASSWORD }), 'words-of-another');
  const nobody = `${'abandon '.repeat(23)}art`;
  t.is(await world.outcome('yves', 'recover', { words: nobody, password: NEW_PASSWORD }), 'nothing-to-recover');
  await world.engine.stop();
});

test('of a deleted account nothing can be recovered, and its name is free', async (t) => {
  const world = new SmallWorld(6);
  await world.people('anna', 'bert', 'cleo');
  await join(world, 'zoe', 'bert');
  const words = await register(world, 'zoe');
  await settled(world, 'anna', 'zoe');
  await world.engine.wait(2_000);
  await world.ask('zoe', 'delete-account', { password: PASSWORD });
  await world.soon('the node has ended', async () => !world.engine.isRunning('zoe'));
  t.is((await world.ask<LookupView>('anna', 'lookup', { name: 'zoe' })).userId, null);
  await join(world, 'zoe@new', 'cleo');
  t.is(await world.outcome('zoe@new', 'recover', { words, password: NEW_PASSWORD }), 'nothing-to-recover');
  t.is(await world.outcome('zoe@new', 'register', { password: PASSWORD }), 'ok');
  await world.engine.stop();
});

for (const seed of [7, 8, 9]) {
  test(`one name in two halves: the earlier has it everywhere, the other is told (seed ${seed})`, async (t) => {
    const world = new SmallWorld(seed);
    const left = ['anna', 'bert', 'cleo', 'mona'];
    await world.people('anna', 'bert', 'cleo', 'dora', 'emil', 'fynn');
    await join(world, 'mona', 'anna');
    await join(world, 'mona@far', 'dora');
    await world.engine.setRules([cutOff(...left)]);
    await world.engine.wait(8_000);
    await register(world, 'mona');
    await world.engine.wait(1_500);
    await register(world, 'mona@far');
    await world.engine.setRules([]);
    await world.soon('the later one is told', async () => world.notices('mona@far').some((text) => text.includes('registered it earlier')), 60_000);
    const first = await world.ask<{ userId: string }>('mona', 'info');
    // Where none of the holders of now was one in her half, hers comes to them when its lease has run out.
    for (const at of ['anna', 'dora', 'fynn']) {
      await world.soon(`${at} agrees`, async () => (await world.ask<LookupView>(at, 'lookup', { name: 'mona' })).userId === first.userId, 100_000);
    }
    t.deepEqual(
      world.notices('mona').filter((text) => text.includes('registered it earlier')),
      [],
    );
    t.is(await world.outcome('mona@far', 'login', { password: PASSWORD }), 'name-taken');
    await world.engine.stop();
  });
}

test('when neighbours on the ring change, names are looked after, but presence and vaults are not written again', async (t) => {
  const world = new SmallWorld(5, {}, { traced: 'states' });
  await world.people(...PEOPLE);
  await settled(world, 'anna', ...PEOPLE);
  await world.engine.wait(25_000);
  const fromMillis = world.engine.now();
  await world.engine.killNode('emil');
  await world.engine.wait(30_000);
  const trace = (await world.engine.trace()).filter(({ monotonicMillis }) => monotonicMillis >= fromMillis);
  const states = trace.flatMap(({ detail }) => (detail.type === 'state' ? [detail] : []));
  t.true(
    states.some(({ subject }) => subject === 'ring'),
    'the ring has changed',
  );
  t.deepEqual(
    states.filter(({ subject }) => subject === 'write').map(({ data }) => data?.['kind']),
    [],
  );
  await settled(world, 'anna', ...PEOPLE);
  await world.engine.stop();
});
