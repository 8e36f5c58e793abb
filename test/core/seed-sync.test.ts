import test from 'ava';
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
