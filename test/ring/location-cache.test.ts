import test from 'ava';
import fc from 'fast-check';
import { hopFigures, lookupsUnderChurn } from '../../bench/worlds/lookups.ts';
import { type Contact, distance } from '../../src/core/ring/circle.ts';
import { LocationCache } from '../../src/core/ring/location-cache.ts';
import { RecentRanges } from '../../src/core/ring/recent-ranges.ts';
import type { NextStep } from '../../src/core/ring/ring-port.ts';
import type { MonotonicMillis, NodeId } from '../../src/core/types.ts';

function contact(place: number): Contact {
  const digits = place.toString(16).padStart(2, '0');
  return { id: digits.repeat(32) as NodeId, endpoint: { address: `sim://${digits}`, key: new Uint8Array(32) }, name: digits };
}

function at(millis: number): MonotonicMillis {
  return millis as MonotonicMillis;
}

const nobody = (): boolean => false;
const SELF = contact(0);

function said(successors: readonly Contact[]): NextStep {
  return { answer: 'next', done: true, contacts: successors, why: 'successor' };
}

test('of all who were met and are not doubted the one next before the key is named', (t) => {
  const places = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 40 });
  fc.assert(
    fc.property(places, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 255 }), (met, key, doubted) => {
      const cache = new LocationCache(SELF.id);
      for (const place of [0, ...met]) cache.put(contact(place), at(0));
      const wanted = contact(key).id;
      const found = cache.closestBefore(wanted, at(1), (id) => id === contact(doubted).id);
      const [nearest] = met
        .filter((place) => place !== doubted && place !== key)
        .map(contact)
        .sort((one, other) => distance(one.id, wanted) - distance(other.id, wanted));
      t.is(found?.name, nearest?.name);
    }),
  );
});

test('who was not heard of for a minute is not named, nor who left a question without an answer or is no member', (t) => {
  const cache = new LocationCache(SELF.id);
  const key = contact(200).id;
  cache.put(contact(100), at(0));
  cache.put(contact(90), at(50_000));
  t.is(cache.closestBefore(key, at(60_001), nobody)?.name, contact(90).name);
  cache.put(contact(120), at(60_001));
  cache.heard(contact(120), { answer: 'outside' }, at(60_002));
  cache.put(contact(110), at(60_002));
  cache.remove(contact(110).id);
  t.is(cache.closestBefore(key, at(60_003), nobody)?.name, contact(90).name);
});

test('whoever names a follower beyond somebody who is known is believed no further, and whom it names is not remembered', (t) => {
  const cache = new LocationCache(SELF.id);
  const says = (...places: readonly number[]) => ({ answer: 'next', done: true, contacts: places.map(contact), why: 'owner' }) as const;
  t.true(cache.heard(contact(40), says(50, 60), at(0)));
  t.true(cache.heard(contact(250), says(40, 50), at(0)), 'over the beginning of the circle');
  t.false(cache.heard(contact(45), says(44), at(1)), 'the whole circle');
  t.false(cache.heard(contact(30), says(41), at(1)));
  t.is(cache.closestBefore(contact(45).id, at(2), nobody)?.name, contact(40).name, 'neither 44 nor 41');
  t.true(cache.heard(contact(30), says(41), at(60_001)), 'nobody there was heard of for a minute');
});

test('the table is bounded, and the one not heard of for longest gives way', (t) => {
  const cache = new LocationCache(SELF.id);
  for (let count = 0; count < 1_000; count += 1) {
    const id = (count + 1).toString(16).padStart(7, '0').padEnd(64, '0') as NodeId;
    cache.put({ ...SELF, id }, at(count));
  }
  t.is(cache.size, 256);
  t.is(cache.closestBefore('0000001'.padEnd(64, '0'), at(1_000), nobody)?.id, (1_000).toString(16).padStart(7, '0').padEnd(64, '0') as NodeId);
});

test('what a member said of its neighbours holds for two seconds, for the keys between it and the first of them', (t) => {
  const ranges = new RecentRanges();
  const owners = [contact(50), contact(60), contact(70)];
  ranges.put(contact(40), said(owners), at(0));
  t.is(ranges.ownersOf(contact(45).id, at(2_000), nobody), owners);
  t.is(ranges.ownersOf(contact(50).id, at(0), nobody), owners);
  for (const key of [40, 51, 60, 200]) t.is(ranges.ownersOf(contact(key).id, at(0), nobody), null, `${key}`);
  t.is(ranges.ownersOf(contact(45).id, at(2_001), nobody), null);
  for (const doubted of [contact(40), ...owners])
    t.is(
      ranges.ownersOf(contact(45).id, at(0), (id) => id === doubted.id),
      null,
    );
  ranges.put(contact(40), said([contact(44), contact(50)]), at(10));
  t.is(ranges.ownersOf(contact(45).id, at(10), nobody), null, 'it has said otherwise since');
});

test('who names itself is not believed for longer than it is asked', (t) => {
  const ranges = new RecentRanges();
  ranges.put(contact(40), said([contact(40)]), at(0));
  ranges.put(contact(41), said([]), at(0));
  t.is(ranges.ownersOf(contact(100).id, at(0), nobody), null);
});

test('what the members of a small ring are tells of one key, and of none between', (t) => {
  const ranges = new RecentRanges();
  const members = [contact(80), contact(40), contact(60)];
  ranges.put(contact(40), { answer: 'next', done: true, contacts: members, why: 'member-list' }, at(0));
  for (const key of [50, 70]) t.is(ranges.ownersOf(contact(key).id, at(0), nobody), null, `${key}`);
});

test('whoever remembers whom it met on 40 ways asks half as many on the next ones, and finds the same', (t) => {
  const before = hopFigures({ seed: 1, nodes: 256, lookups: 500, way: 'iterative' });
  const after = hopFigures({ seed: 1, nodes: 256, lookups: 500, way: 'iterative', metBefore: 40 });
  t.is(after.wrong, 0);
  t.true(after.mean < 0.55 * before.mean, `${after.mean} of ${before.mean}`);
});

test('under churn no more look-ups are bad where they begin with whom was met before', (t) => {
  const { bad, badAfterRetry } = lookupsUnderChurn({ seed: 1, nodes: 48, lookups: 2_000, medianSessionMillis: 600_000, lookupEveryMillis: 60, locates: true });
  t.true(bad <= 40 && badAfterRetry <= 10, `${bad} and ${badAfterRetry}`);
});
