import test from 'ava';
import type { NodeInfo } from '../../src/core/commands.ts';
import { chatNode } from '../../src/core/node.ts';
import { hostileHolder, type MailHabit } from '../../src/lab/hostile-holder.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const TEXTS = ['one', 'two', 'three', 'four', 'five'];

/** alice and bob are friends; the others of the ring keep their mail, and some of them are hostile. */
async function stageOf(seed: number, honest: readonly string[], hostile: Readonly<Record<string, readonly MailHabit[]>>): Promise<SmallWorld> {
  const world = new SmallWorld(
    seed,
    {},
    {
      program: (env, settings) => {
        const habits = hostile[settings.user];
        return habits === undefined ? chatNode(env, settings) : hostileHolder(env, settings, habits);
      },
    },
  );
  await world.people('alice', 'bob', ...honest, ...Object.keys(hostile));
  await world.befriend('alice', 'bob');
  await world.engine.wait(3_000);
  return world;
}

async function back(world: SmallWorld, name: string): Promise<void> {
  await world.engine.startNode(name);
  await world.ask(name, 'login', { password: PASSWORD });
}

async function write(world: SmallWorld): Promise<string[]> {
  const ids: string[] = [];
  for (const text of TEXTS) ids.push((await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text })).id);
  return ids;
}

async function statesOf(world: SmallWorld, ids: readonly string[]): Promise<string[]> {
  return Promise.all(ids.map((id) => world.state('alice', id)));
}

for (const habit of ['withhold', 'forget', 'forge', 'replay', 'reorder'] as const) {
  test(`${habit}: though two of five holders do it, every message arrives once and in order, and its sender is gone`, async (t) => {
    const world = await stageOf(61, ['carol', 'dave'], { mallory: [habit], oscar: [habit] });
    await world.engine.stopNode('bob');
    const ids = await write(world);
    await world.soon('all are held', async () => (await statesOf(world, ids)).every((state) => state === 'held'));
    await world.engine.stopNode('alice');
    for (let again = 0; again < 2; again += 1) {
      await back(world, 'bob');
      await world.soon('bob has them', async () => (await world.texts('bob', 'alice')).length >= TEXTS.length);
      await world.engine.wait(5_000);
      t.deepEqual(await world.texts('bob', 'alice'), TEXTS);
      await world.engine.stopNode('bob');
    }
    await back(world, 'alice');
    await world.soon('the ticks turn', async () => (await statesOf(world, ids)).every((state) => state === 'delivered'), 60_000);
    await world.engine.stop();
  });
}

test('forge: receipts that bob did not sign turn no tick, and what was altered is counted with its reason', async (t) => {
  const world = await stageOf(62, [], { mallory: ['forge'], oscar: ['forge', 'replay'], trudy: ['forge'] });
  await world.engine.stopNode('bob');
  const ids = await write(world);
  await world.soon('all are held', async () => (await statesOf(world, ids)).every((state) => state === 'held'));
  await world.engine.wait(100_000);
  t.deepEqual(new Set(await statesOf(world, ids)), new Set(['held']));
  const { counters } = await world.ask<NodeInfo>('alice', 'info');
  t.true((counters['replicaValuesRefused'] ?? 0) > 0, 'the attack took place');
  await back(world, 'bob');
  await world.soon('bob has them', async () => (await world.texts('bob', 'alice')).length === TEXTS.length);
  t.deepEqual(await world.texts('bob', 'alice'), TEXTS);
  await world.engine.stop();
});

test('withhold, by every holder there is: nothing arrives by mail, and nothing is lost, for the sender keeps it until bob confirms it', async (t) => {
  const world = await stageOf(63, [], { mallory: ['withhold'], oscar: ['withhold'], trudy: ['withhold'] });
  await world.engine.stopNode('bob');
  const ids = await write(world);
  await world.soon('all are held', async () => (await statesOf(world, ids)).every((state) => state === 'held'));
  // Killed: what lies at alice's own node is not handed over.
  await world.engine.killNode('alice');
  await back(world, 'bob');
  await world.engine.wait(20_000);
  t.deepEqual(await world.texts('bob', 'alice'), [], 'a stated limit');
  await back(world, 'alice');
  await world.soon('bob has them', async () => (await world.texts('bob', 'alice')).length === TEXTS.length, 60_000);
  t.deepEqual(await world.texts('bob', 'alice'), TEXTS);
  await world.soon('the ticks turn', async () => (await statesOf(world, ids)).every((state) => state === 'delivered'), 60_000);
  await world.engine.stop();
});

test('what a holder keeps for others tells it nothing: neither texts nor their lengths to the byte', async (t) => {
  const world = await stageOf(64, [], { mallory: ['withhold'] });
  await world.engine.stopNode('bob');
  await world.ask('alice', 'send', { to: 'bob', text: 'hello' });
  const short = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'yes' });
  const longer = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'not at all' });
  await world.soon('both are held', async () => (await statesOf(world, [short.id, longer.id])).every((state) => state === 'held'));
  const rows = [...(world.engine.hosted('mallory').disk.node.get('replicas')?.scan({ limit: 1_000 }) ?? [])];
  const letters = rows.filter(([name]) => name.includes('/mail/')).map(([, value]) => (value as { bytes: Uint8Array }).bytes);
  t.is(letters.length, 3);
  // The first names no letter before it.
  const sizes = letters.map(({ length }) => length).sort((a, b) => a - b);
  t.is(sizes[1], sizes[2]);
  for (const letter of letters) t.false(Buffer.from(letter).includes('not at all'));
  await world.engine.stop();
});
