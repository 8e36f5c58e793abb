import test from 'ava';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { NodeInfo, PeerView } from '../../src/core/commands.ts';
import { encodeBeacon, networkMark } from '../../src/core/discovery/beacon.ts';
import type { SimEngine } from '../../src/engine/sim.ts';
import { Datagram } from '../../src/sim/datagram-net.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { engineOf, sees } from '../sim/fixtures/chat-run.ts';

const crypto = new NodeCrypto();

async function upPeers(engine: SimEngine, node: string): Promise<number> {
  const { peers } = (await engine.command(node, 'peers', {})) as { peers: readonly PeerView[] };
  return peers.filter((peer) => peer.state === 'up').length;
}

async function counters(engine: SimEngine, node: string): Promise<Readonly<Record<string, number>>> {
  return ((await engine.command(node, 'info', {})) as NodeInfo).counters;
}

async function linked(engine: SimEngine, node: string, count: number, millis: number): Promise<void> {
  await sees(engine, async () => ((await upPeers(engine, node)) >= count ? null : `${node} has ${await upPeers(engine, node)} peers`), millis);
}

for (const seed of [1, 2, 3]) {
  test(`nodes that start together find each other within 2 s, and so does a late one; 20 % loss, seed ${seed}`, async (t) => {
    const engine = engineOf({ seed, beacon: true, lossProbability: 0.2 });
    const names = Array.from({ length: 12 }, (_, index) => `user${index}`);
    await engine.parallel(names.map((name) => () => engine.startNode(name, { seedServer: false })));
    for (const name of names) await linked(engine, name, 2, 2_000 - engine.now());
    t.true(engine.now() <= 2_000);
    await engine.wait(20_000);
    await engine.startNode('late', { seedServer: false });
    await linked(engine, 'late', 3, 2_000);
    await engine.stop();
  });
}

test('without beacons, or in another network, nobody is found', async (t) => {
  const engine = engineOf({ seed: 4 });
  await engine.startNode('alice', { seedServer: false, beacon: true });
  await engine.startNode('bob', { seedServer: false });
  await engine.wait(5_000);
  t.is(await upPeers(engine, 'alice'), 0);
  t.is((await counters(engine, 'bob'))['beaconsOut'], undefined);

  engine.hosted('alice').receive(0, new Datagram(forged('another', 1, true)));
  await engine.wait(10);
  t.is((await counters(engine, 'alice'))['beaconsRefused:foreign'], 1);
  await engine.stop();
});

/** A beacon of a made-up node. */
function forged(network: string, stamp: number, signed: boolean, seed = 1): Uint8Array {
  const key = crypto.signingKeyPair(new SeededRandom(`forger ${seed}`).bytes(32));
  const bytes = encodeBeacon(crypto, key, networkMark(crypto, network), {
    nodeKey: key.publicKey,
    agreementKey: new SeededRandom(`key ${seed}`).bytes(32),
    port: 77,
    run: 1,
    stamp,
  });
  return signed ? bytes : bytes.with(150, (bytes[150] as number) ^ 1);
}

test('wrong, torn, repeated and flooding beacons are counted and change nothing', async (t) => {
  const engine = engineOf({ seed: 5, beacon: true });
  await engine.startNode('alice', { seedServer: false });
  const alice = engine.hosted('alice');
  const hit = (bytes: Uint8Array) => alice.receive(0, new Datagram(bytes));
  hit(forged('sim', 5, false));
  hit(forged('sim', 5, true).slice(0, 90));
  hit(new Uint8Array(0));
  hit(new Uint8Array(1_200).fill(0x43));
  await engine.wait(10);
  t.is(await upPeers(engine, 'alice'), 0);
  t.is(((await engine.command('alice', 'peers', {})) as { peers: unknown[] }).peers.length, 0, 'nobody was tried');
  hit(forged('sim', 5, true));
  hit(forged('sim', 5, true));
  hit(forged('sim', 4, true));
  for (let each = 10; each < 300; each += 1) hit(forged('sim', 5, false, each));
  await engine.wait(10);
  const counts = await counters(engine, 'alice');
  t.is(counts['beaconsRefused:malformed'], 3);
  t.is(counts['beaconsRefused:repeated'], 2);
  t.is(counts['beaconsUsed'], 1);
  t.true((counts['beaconsRefused:unsigned'] as number) <= 21, 'signatures are checked within the budget only');
  t.true((counts['beaconsRefused:flood'] as number) >= 200);
  await engine.stop();
});

test('the last beacon says that a node leaves; it is not tried any more', async (t) => {
  const engine = engineOf({ seed: 6, beacon: true });
  await engine.parallel(['alice', 'bob'].map((name) => () => engine.startNode(name, { seedServer: false })));
  await linked(engine, 'alice', 1, 1_000);
  await engine.stopNode('bob');
  await engine.wait(300);
  t.is(((await engine.command('alice', 'peers', {})) as { peers: unknown[] }).peers.length, 0);
  await engine.stop();
});

test('a cut holds for beacons, and the same seed gives the same run', async (t) => {
  const run = async () => {
    const engine = engineOf({ seed: 7, beacon: true });
    await engine.setRules([{ id: 'r', kind: 'cut', from: ['alice'], to: ['bob'], oneWay: false }]);
    await engine.parallel(['alice', 'bob'].map((name) => () => engine.startNode(name, { seedServer: false })));
    await engine.wait(5_000);
    t.is(await upPeers(engine, 'alice'), 0);
    await engine.setRules([]);
    await linked(engine, 'alice', 1, 2_500);
    await engine.stop();
    return (await engine.traceSummary()).sha256;
  };
  t.is(await run(), await run());
});
