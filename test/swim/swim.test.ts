import test from 'ava';
import { SwimWorld } from '../../bench/worlds/swim-world.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { networkMark } from '../../src/core/discovery/beacon.ts';
import { encodePacket } from '../../src/core/swim/wire.ts';
import { Datagram } from '../../src/sim/datagram-net.ts';

function started(options: ConstructorParameters<typeof SwimWorld>[0], contacts?: number): SwimWorld {
  const world = new SwimWorld(options);
  world.startAll(contacts);
  world.pass(5_000);
  return world;
}

/** Who takes the member for what, over all who still run. */
function statesOf(world: SwimWorld, subject: number): string[] {
  const states = world.nodes.flatMap((node, index) => (index === subject || !node.isRunning ? [] : [world.program(index).swim.stateOf(world.idOf(subject))]));
  return [...new Set(states)].sort();
}

for (const [count, suspectMillis, deadMillis] of [
  [2, 1_600, 4_000],
  [8, 1_500, 4_500],
  [32, 1_500, 5_000],
] as const) {
  test(`M1: of ${count} nodes one is killed: suspect within ${suspectMillis} ms, dead for all within ${deadMillis} ms`, (t) => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const world = started({ seed, count });
      t.is(world.changes.filter((change) => change.state !== 'alive').length, 0, 'nobody was suspected before');
      const killedMillis = world.now;
      const id = world.idOf(seed % count);
      world.nodes[seed % count]?.kill();
      world.pass(deadMillis);
      t.true((world.said(id, 'suspect')[0]?.atMillis ?? Number.POSITIVE_INFINITY) - killedMillis <= suspectMillis);
      t.is(world.said(id, 'dead').length, count - 1);
      t.deepEqual([...new Set(world.changes.map((change) => change.subject))], [id], 'nobody else was suspected');
    }
  });
}

test('upkeep is about two packets a second at a node, whatever their number', (t) => {
  for (const count of [4, 24]) {
    const world = started({ seed: 1, count });
    const before = world.counted('swimOut');
    world.pass(10_000);
    const rate = (world.counted('swimOut') - before) / count / 10;
    t.true(rate > 1.7 && rate < 2.3, `${rate} packets a second among ${count}`);
  }
});

test('news of a death pass all members within a moment, and many at once ride on probes', (t) => {
  const world = started({ seed: 2, count: 32 });
  const id = world.idOf(3);
  world.nodes[3]?.kill();
  world.pass(3_000);
  const heard = world.said(id, 'suspect').map((change) => change.atMillis);
  t.true(heard.length >= 28, `${heard.length} of 31 have heard`);
  const first = Math.min(...heard);
  t.true(heard.filter((atMillis) => atMillis - first < 200).length >= 25, 'most within 0.2 s of the first');
  world.pass(5_000);
  // A third of all at once: each passes on a few of these changes at once and no more.
  const before = world.counted('swimOut');
  for (let index = 20; index < 30; index += 1) world.nodes[index]?.kill();
  world.pass(6_000);
  const rate = (world.counted('swimOut') - before) / 21 / 6;
  t.true(rate < 60, `${rate} packets a second`);
  world.pass(4_000);
  for (let index = 20; index < 30; index += 1) t.deepEqual(statesOf(world, index), ['dead']);
});

test('M2: a node that stands still is suspected, refutes it when it is back, and comes to no harm; it condemns nobody itself', (t) => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const world = started({ seed, count: 16 });
    world.program(3).stall(2_500);
    world.pass(2_400);
    t.deepEqual(statesOf(world, 3), ['suspect']);
    world.pass(2_000);
    t.deepEqual(statesOf(world, 3), ['alive']);
    t.is(world.changes.filter((change) => change.state === 'dead').length, 0);
    t.is(world.changes.filter((change) => change.observer === 3).length, 0, 'what it did not hear proves nothing to it');
  }
});

test('M2: one that stood still so long that it was buried is alive again within a second, and all agree (M3)', (t) => {
  const world = started({ seed: 4, count: 16 });
  world.program(5).stall(12_000);
  world.pass(11_900);
  t.deepEqual(statesOf(world, 5), ['dead']);
  world.pass(1_300);
  t.deepEqual(statesOf(world, 5), ['alive']);
});

test('loss of a tenth of all packets kills nobody', (t) => {
  const world = started({ seed: 5, count: 16, loss: 0.1 });
  world.pass(60_000);
  t.is(world.changes.filter((change) => change.state === 'dead').length, 0);
});

test('who leaves in order is known to have left, without being suspected', (t) => {
  const world = started({ seed: 6, count: 12 });
  world.nodes[2]?.stop();
  world.pass(3_000);
  t.deepEqual(statesOf(world, 2), ['left']);
  t.is(world.said(world.idOf(2), 'suspect').length, 0);
});

test('each knowing one other is enough: soon all know all', (t) => {
  const world = started({ seed: 7, count: 24 }, 1);
  world.pass(20_000);
  for (const index of world.nodes.keys()) t.is(world.program(index).swim.presentCount, 23);
});

test('a killed node that comes back is alive again for all', (t) => {
  const world = started({ seed: 8, count: 8 });
  world.nodes[1]?.kill();
  world.pass(6_000);
  t.deepEqual(statesOf(world, 1), ['dead']);
  world.nodes[1]?.start();
  world.pass(50);
  world.introduce(1, 2);
  world.pass(3_000);
  t.deepEqual(statesOf(world, 1), ['alive']);
});

test('two parts of a cut network bury each other, and are one again once some of them meet', (t) => {
  const world = started({ seed: 9, count: 10 });
  const [left, right] = [world.nodes.slice(0, 5), world.nodes.slice(5)].map((nodes) => nodes.map((node) => node.name));
  world.hosted.world.rules = [{ id: 'r', kind: 'cut', from: left ?? [], to: right ?? [], oneWay: false }];
  world.pass(15_000);
  t.deepEqual(statesOf(world, 0), ['alive', 'dead']);
  world.hosted.world.rules = [];
  world.introduce(0, 10);
  world.pass(5_000);
  for (const index of world.nodes.keys()) t.deepEqual(statesOf(world, index), ['alive']);
});

test('the bound on members holds, and whoever is known is watched all the same', (t) => {
  const world = started({ seed: 10, count: 24, core: { swimMembersMax: 10 } }, 6);
  const id = world.idOf(4);
  for (const index of world.nodes.keys()) t.true(world.program(index).swim.presentCount <= 10);
  world.nodes[4]?.kill();
  world.pass(8_000);
  t.true(world.said(id, 'dead').length >= 2);
  for (const index of world.nodes.keys()) if (index !== 4) t.not(world.program(index).swim.stateOf(id), 'alive');
});

test('switched off it sends nothing and says nothing', (t) => {
  const world = started({ seed: 11, count: 4, core: { swimPeriodMillis: 0 } });
  t.is(world.counted('swimOut'), 0);
  t.is(world.program(0).swim.stateOf(world.idOf(1)), 'unknown');
});

test('forged, repeated and flooding packets bring nobody down', (t) => {
  const world = started({ seed: 12, count: 6 });
  const crypto = new NodeCrypto();
  const key = crypto.signingKeyPair(new Uint8Array(32).fill(9));
  const lie = { id: world.idOf(1), state: 'dead' as const, incarnation: world.hosted.world.epochMillis + 60_000, accuser: '', address: 'udp://sim:2' };
  const head = {
    kind: 'ping' as const,
    senderKey: key.publicKey,
    incarnation: 1,
    sequence: 7,
    target: world.idOf(0),
    address: 'udp://sim:99',
    targetAddress: '',
  };
  const hit = (bytes: Uint8Array) => world.nodes[0]?.receive(0, new Datagram(bytes));
  const bytes = encodePacket(crypto, key, networkMark(crypto, 'swim'), { ...head, stamp: 5, updates: [lie] });
  for (let each = 0; each < 500; each += 1) hit(bytes.with(120, each & 255));
  world.pass(3_000);
  t.deepEqual(statesOf(world, 1), ['alive'], 'unsigned lies have no effect');
  t.true((world.program(0).counters.get('swimRefused:flood') ?? 0) > 300);
  hit(bytes);
  world.pass(3_000);
  t.deepEqual(statesOf(world, 1), ['alive'], 'a signed one is refuted');
  t.true(world.counted('swimRefutations') >= 1);
});
