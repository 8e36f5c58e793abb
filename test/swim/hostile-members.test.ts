import test from 'ava';
import { SwimWorld } from '../../bench/worlds/swim-world.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { networkMark } from '../../src/core/discovery/beacon.ts';
import { encodePacket, type Update } from '../../src/core/swim/wire.ts';
import { Datagram } from '../../src/sim/datagram-net.ts';

const STAMP_MAX = 2 ** 48 - 1;

/** A member of its own keys that says to everybody whatever it is told to say. */
class Liar {
  readonly #world: SwimWorld;
  readonly #crypto = new NodeCrypto();
  readonly #key = this.#crypto.signingKeyPair(new Uint8Array(32).fill(9));
  #stamp: number;

  constructor(world: SwimWorld) {
    this.#world = world;
    this.#stamp = this.wallMillis;
  }

  get wallMillis(): number {
    return this.#world.hosted.world.epochMillis + this.#world.now;
  }

  say(update: Omit<Update, 'accuser' | 'address'>): void {
    this.#stamp += 1;
    const mark = networkMark(this.#crypto, 'swim');
    const head = { kind: 'ping' as const, senderKey: this.#key.publicKey, incarnation: 1, sequence: 0, target: '0'.repeat(64), targetAddress: '' };
    const updates = [{ ...update, accuser: update.state === 'suspect' ? '99999999' : '', address: 'udp://sim:1' }];
    const bytes = encodePacket(this.#crypto, this.#key, mark, { ...head, stamp: this.#stamp, address: 'udp://sim:99', updates });
    for (const node of this.#world.nodes) if (node.isRunning) node.receive(0, new Datagram(bytes));
  }
}

function statesOf(world: SwimWorld, subject: number): string[] {
  const states = world.nodes.flatMap((node, index) => (index === subject || !node.isRunning ? [] : [world.program(index).swim.stateOf(world.idOf(subject))]));
  return [...new Set(states)].sort();
}

for (const state of ['alive', 'suspect'] as const) {
  for (const count of [6, 24]) {
    test(`one who says over and over that a dead member is ${state}, counting on, keeps it alive for nobody (of ${count})`, (t) => {
      const world = new SwimWorld({ seed: 21, count });
      world.startAll();
      world.pass(5_000);
      const liar = new Liar(world);
      world.nodes[1]?.kill();
      for (let each = 1; each <= 120; each += 1) {
        liar.say({ id: world.idOf(1), state, incarnation: liar.wallMillis + each * 10 });
        world.pass(100);
      }
      t.deepEqual(statesOf(world, 1), ['dead']);
      t.deepEqual([...new Set(world.changes.filter((change) => change.state === 'dead').map(({ subject }) => subject))], [world.idOf(1)], 'and nobody else is');
    });
  }
}

test('a living member whom somebody buries again and again, and under the greatest number there is, is alive for all', (t) => {
  const world = new SwimWorld({ seed: 22, count: 8 });
  world.startAll();
  world.pass(5_000);
  const liar = new Liar(world);
  for (const each of [liar.wallMillis + 500, STAMP_MAX, liar.wallMillis + 5_000, STAMP_MAX, liar.wallMillis + 9_000]) {
    liar.say({ id: world.idOf(3), state: 'dead', incarnation: each });
    world.pass(1_500);
    t.deepEqual(statesOf(world, 3), ['alive'], `said with ${each}`);
  }
  t.true(world.counted('swimRefutations') > 0 && world.counted('swimMadeUp') > 0, 'the attack took place');
});

test('a member that somebody suspects again and again proves each time that it lives, at the price of one question a second of each', (t) => {
  const world = new SwimWorld({ seed: 23, count: 8 });
  world.startAll();
  world.pass(5_000);
  const liar = new Liar(world);
  const before = world.counted('swimOut');
  for (let each = 1; each <= 100; each += 1) {
    liar.say({ id: world.idOf(1), state: 'suspect', incarnation: liar.wallMillis + each });
    world.pass(100);
  }
  const rate = (world.counted('swimOut') - before) / 8 / 10;
  // The last suspicion ends with its last call at the latest, after 2.8 s where others confirm it.
  world.pass(5_000);
  t.deepEqual(statesOf(world, 1), ['alive']);
  t.is(world.said(world.idOf(1), 'dead').length, 0);
  t.true(world.counted('swimVouchesAsked') > 0, 'it was asked');
  t.true(rate < 60, `${rate} packets a second at a node`);
});
