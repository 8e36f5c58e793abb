import test from 'ava';
import type { SeedSummary } from '../../src/core/directory/seed-directory.ts';
import { CROWD_PACE } from '../../src/engine/crowd-pace.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

test('X2: nodes that asked the seed server for others before there were any find each other all the same, soon', async (t) => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const world = new SmallWorld(seed);
    await world.engine.startSeedServer();
    for (const name of ['alice', 'bob']) await world.engine.startNode(name);
    // Both have heard an empty list twice by now.
    await world.engine.wait(2_500);
    for (const name of ['alice', 'bob']) await world.ask(name, 'register', { password: PASSWORD });
    const linked = async () => (await world.ask<{ peers: readonly { state: string }[] }>('alice', 'peers')).peers.some((peer) => peer.state === 'up');
    await world.soon(`seed ${seed}: alice and bob are linked`, linked, 6_000);
    t.true(await linked(), `seed ${seed}`);
  }
});

test('X2: the seed server lists everybody who is there all the while, also where few people live at the pace of a crowd', async (t) => {
  const names = ['alice', 'bob', 'carol', 'dave'];
  for (const pace of [{}, CROWD_PACE]) {
    const world = new SmallWorld(1, pace);
    await world.engine.startSeedServer();
    await world.people(...names);
    for (let look = 0; look < 40; look += 1) {
      await world.engine.wait(5_000);
      const { nodes } = (await world.engine.seedServerState()) as unknown as SeedSummary;
      t.is(nodes, names.length, `after ${(look + 1) * 5} s`);
    }
    await world.engine.stop();
  }
});
