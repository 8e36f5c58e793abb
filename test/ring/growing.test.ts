import test from 'ava';
import { RingWorld } from '../../bench/worlds/ring-world.ts';
import { seedsOf } from './seeds.ts';

const ONE_WAY_MILLIS = 50;

/** Even delays keep whoever once missed each other by a step missing each other; that is where a ring that grows past its minimum went round in circles. */
test('the fifth member ends the small ring with few questions, however even delays are', (t) => {
  for (const seed of seedsOf(8)) {
    const ring = new RingWorld({
      seed,
      latency: { minMillis: ONE_WAY_MILLIS, maxMillis: ONE_WAY_MILLIS },
      detection: { tries: 1, timeoutMillis: 1_000 },
      options: { stabiliseMillis: 20_000, fingerMillis: 10_000, mergeMillis: 120_000 },
    });
    const first = ring.add();
    ring.start(first);
    for (let count = 2; count <= 4; count += 1) {
      ring.start(ring.add(), [first]);
      t.not(ring.millisUntilIdeal(60_000), null, `seed ${seed}: ${ring.notIdeal()}`);
    }
    const before = ring.world.messageCount;
    for (let count = 5; count <= 8; count += 1) {
      ring.start(ring.add(), [first]);
      t.not(ring.millisUntilIdeal(30_000), null, `seed ${seed}, ${count} members: ${ring.notIdeal()}`);
      ring.world.runUntil(ring.world.now + 20_000);
    }
    const messages = ring.world.messageCount - before;
    t.true(messages < 1_000, `seed ${seed}: four joins took ${messages} messages`);
  }
});

test('eight that start at once are one ring soon, though none is told of more than one other (seeds 3, 8 and 39 took up to 22 s)', (t) => {
  for (const seed of [3, 8, 14, 30, 39, 48]) {
    const ring = new RingWorld({ seed });
    const nodes = Array.from({ length: 8 }, () => ring.add());
    for (const node of nodes) ring.start(node, node === nodes[0] ? [] : nodes.slice(0, 1));
    t.not(ring.millisUntilIdeal(3_000), null, `seed ${seed}: ${ring.notIdeal()}`);
  }
});
