import test from 'ava';
import type { NodeInfo, UserView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

/** Registers many people at once while the seed server is there, which then goes away. */
async function crowd(count: number): Promise<{ world: SmallWorld; names: readonly string[] }> {
  const world = new SmallWorld(count);
  const names = Array.from({ length: count }, (_, index) => `user${index}`);
  await world.engine.startSeedServer();
  for (let at = 0; at < count; at += 30) {
    await world.engine.parallel(
      names.slice(at, at + 30).map((name) => async () => {
        await world.engine.startNode(name);
        await world.ask(name, 'register', { password: PASSWORD });
      }),
    );
  }
  // Those who came first found an empty list; they ask again when no peer has answered for a while.
  await world.engine.wait(3_000);
  await world.engine.stopSeedServer();
  return { world, names };
}

async function framesPerNodeAndSecond(world: SmallWorld, nodeCount: number): Promise<number> {
  const before = world.engine.world.messageCount;
  await world.engine.wait(30_000);
  return (world.engine.world.messageCount - before) / nodeCount / 30;
}

test('M3: up to full membership everybody knows everybody, and idle upkeep is small', async (t) => {
  const { world, names } = await crowd(64);
  await world.soon('everybody knows everybody', async () => {
    for (const name of names) if ((await world.ask<NodeInfo>(name, 'info')).users !== names.length) return false;
    return true;
  });
  const rate = await framesPerNodeAndSecond(world, names.length);
  t.true(rate < 30, `${rate.toFixed(1)} frames a second at each node`);
  await world.engine.stop();
});

test('X2, X5: above it views are bounded, anybody is found without the seed server, and friends see each other', async (t) => {
  const { world, names } = await crowd(100);
  const bound = 256 * 3;
  await world.engine.wait(20_000);
  const pairs = names.filter((_, index) => index % 16 === 0).map((name, index) => [name, names[(index * 16 + 77) % names.length] as string] as const);
  for (const [a, b] of pairs) {
    const found = await world.ask<UserView>(a, 'user', { user: b });
    t.is(found.name, b);
  }
  await Promise.all(pairs.map(([a, b]) => world.befriend(a, b)));
  for (const [a, b] of pairs) await world.soon(`${a} sees ${b}`, async () => (await world.presence(a, b)) === 'online');
  const [killed, friend] = pairs[0] as readonly [string, string];
  await world.engine.killNode(killed);
  await world.soon('a killed friend is seen to be away', async () => (await world.presence(friend, killed)) === 'offline', 6_000);
  for (const name of names.slice(1)) t.true((await world.ask<NodeInfo>(name, 'info')).sync.records <= bound);
  const rate = await framesPerNodeAndSecond(world, names.length);
  t.true(rate < 30, `${rate.toFixed(1)} frames a second at each node`);
  await world.engine.stop();
});
