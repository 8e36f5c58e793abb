import test from 'ava';
import fc from 'fast-check';
import { hopFigures, lookupsUnderChurn } from '../../bench/worlds/lookups.ts';
import { ownerAmong, REAL, type RingNode, RingWorld, randomKey } from '../../bench/worlds/ring-world.ts';
import { between, compareIds, fingerStart, justAfter, owns, PLACES, placeOf } from '../../src/core/ring/circle.ts';
import type { LookupResult } from '../../src/core/ring/ring-port.ts';

for (const [nodes, lookups] of [
  [8, 1_000],
  [64, 1_000],
  [512, 1_000],
  [10_000, 1_000],
] as const) {
  for (const way of ['iterative', 'recursive'] as const) {
    if (nodes === 10_000 && way === 'recursive') continue;
    test(`hops of ${way} lookups among ${nodes}: on average half of log2 N, nearly never more than log2 N, never wrong`, (t) => {
      const { mean, p99, wrong } = hopFigures({ seed: 1, nodes, lookups, way });
      t.is(wrong, 0);
      t.true(mean <= 0.5 * Math.log2(nodes), `mean ${mean}`);
      t.true(p99 <= Math.log2(nodes), `p99 ${p99}`);
    });
  }
}

test('a lookup says who was asked and why, and goes around the dead', (t) => {
  for (const way of ['iterative', 'recursive'] as const) {
    const ring = new RingWorld({ seed: 2, detection: REAL });
    const nodes = ring.addIdealRing(64, true);
    ring.world.runUntil(500);
    for (const node of nodes.slice(0, 12)) ring.crash(node);
    const living = nodes.slice(12);
    const results: Array<{ readonly key: string; readonly result: LookupResult }> = [];
    for (let count = 0; count < 100; count += 1) {
      const key = randomKey(ring.random);
      const { chord } = ring.program(living[count % living.length] as RingNode) ?? {};
      const done = (result: LookupResult): void => void results.push({ key, result });
      if (way === 'iterative') chord?.lookup(key, done);
      else chord?.lookupRecursive(key, done);
    }
    ring.world.runUntil(8_000);
    t.is(results.length, 100);
    const sorted = [...living].sort((a, b) => compareIds(a.contact.id, b.contact.id));
    // The member before the key may not have noticed yet that the owner died; the next owner is in its answer.
    const good = results.filter(({ key, result }) => result.owners.some((owner) => owner.id === ownerAmong(sorted, key).id));
    t.true(good.length >= 97, `${way}: ${good.length} of 100`);
    const hops = results.flatMap(({ result }) => result.hops);
    t.true(hops.some((hop) => hop.why === 'dead'));
    t.true(hops.some((hop) => hop.why === 'finger'));
    t.true(hops.every((hop) => hop.why !== 'dead' || !living.some((node) => node.contact.id === hop.asked.id)));
  }
});

test('lookups under churn: bad ones in 10,000, first and after a retry', (t) => {
  const { bad, badAfterRetry } = lookupsUnderChurn({ seed: 1, nodes: 48, lookups: 4_000, medianSessionMillis: 600_000, lookupEveryMillis: 60 });
  t.true(bad <= 40 && badAfterRetry <= 10, `${bad} and ${badAfterRetry}`);
});

test('a recursive lookup that is lost ends by itself', (t) => {
  const ring = new RingWorld({ seed: 4, detection: REAL });
  const nodes = ring.addIdealRing(32, true);
  ring.world.runUntil(1_000);
  const asker = nodes[0] as RingNode;
  const results: LookupResult[] = [];
  for (let count = 0; count < 20; count += 1) ring.program(asker)?.chord.lookupRecursive(randomKey(ring.random), (result) => results.push(result));
  // The answers come straight from others; nothing reaches the asker any more.
  ring.world.rules = [{ id: 'deaf', kind: 'cut', from: nodes.slice(1).map((node) => node.contact.name), to: [asker.contact.name], oneWay: true }];
  ring.world.runUntil(8_000);
  t.is(results.length, 20);
});

test('idle upkeep grows as log N and stays under 20 messages a second', (t) => {
  for (const count of [8, 100, 400]) {
    const ring = new RingWorld({ seed: count, detection: REAL });
    ring.addIdealRing(count, true);
    ring.world.runUntil(10_000);
    const from = ring.world.messageCount;
    ring.world.runUntil(30_000);
    const perSecond = (ring.world.messageCount - from) / count / 20;
    t.true(perSecond < 10, `${perSecond} a second at ${count}`);
  }
});

const id = fc.stringMatching(/^[0-9a-f]{64}$/);

test('circle: between is what it says, whichever way round', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(id, id, id, (a, b, c) => {
        if (new Set([a, b, c]).size < 3) return true;
        // Of three different places, exactly one of the two ways round meets b before c.
        return between(a, b, c) !== between(a, c, b) && between(a, b, c) === between(b, c, a);
      }),
    ),
  );
});

test('circle: a key has one owner, fingers begin where they should, and the place behind an id is not its own', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 2, maxLength: 12 }), id, (ids, key) => {
      const sorted = [...ids].sort(compareIds);
      const owners = sorted.filter((owner, at) => owns(sorted.at(at - 1) as string, key, owner));
      return owners.length === 1;
    }),
  );
  fc.assert(
    fc.property(id, fc.integer({ min: 0, max: 51 }), (from, exponent) => {
      return placeOf(fingerStart(from, exponent)) === (placeOf(from) + 2 ** exponent) % PLACES;
    }),
  );
  fc.assert(fc.property(id, id, (from, other) => from === other || owns(from, justAfter(from), other)));
  t.is(justAfter('f'.repeat(64)), '0'.repeat(64));
});

test('a look-up does not wait for whoever is slow: another one is asked as well, and the answer that comes first leads on', (t) => {
  const ring = new RingWorld({ seed: 5, detection: { tries: 1, timeoutMillis: 5_000 } });
  const nodes = ring.addIdealRing(64, true);
  const living = nodes.slice(8);
  for (const node of nodes.slice(0, 8)) ring.crash(node);
  let answered = 0;
  let slowest = 0;
  for (let count = 0; count < 60; count += 1) {
    const key = randomKey(ring.random);
    ring.program(living[count % living.length] as RingNode)?.chord.lookup(key, ({ owners, hops }) => {
      answered += 1;
      slowest = Math.max(slowest, ring.world.now);
      t.true(owners.length > 0, `no owner after ${hops.map((hop) => `${hop.asked.name} ${hop.why}`).join(', ')}`);
    });
  }
  ring.world.runUntil(4_000);
  t.is(answered, 60);
  t.true(slowest > 300 && slowest < 2_000, `the slowest took ${slowest} ms`);
});
