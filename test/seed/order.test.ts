import test from 'ava';
import fc from 'fast-check';
import type { SignedRecord } from '../../src/core/records.ts';
import { Desk, Person } from './fixtures.ts';

const people = ['alice', 'bob', 'carol'].map((name) => new Person(name));
const [alice, , carol] = people as [Person, Person, Person];

/** All that three people ever signed, several versions of each. */
const everything: readonly SignedRecord[] = [
  ...people.flatMap((person) => [1, 2, 3].map((sequence) => person.user(sequence, { about: `version ${sequence}` }))),
  ...people.flatMap((person) => [1, 2, 3].map((sequence) => person.node({ sequence, gone: sequence === 2 }))),
  ...people.flatMap((person) => ['online', 'away', 'offline'].map((presence, index) => person.presence(presence, index + 1))),
  ...people.flatMap((person) =>
    people.filter((other) => other !== person).flatMap((other) => [1, 2].map((sequence) => person.fact(other, 1, sequence - 1, sequence))),
  ),
  ...people.flatMap((person) => [1, 2].map((sequence) => person.vault(sequence))),
  carol.tombstone(),
];

/** Nodes send again what was refused, so each delivery is repeated until one round changes nothing. */
function settle(records: readonly SignedRecord[]): Desk {
  const desk = new Desk();
  for (let before = ''; before !== desk.store.dump(); ) {
    before = desk.store.dump();
    for (const record of records) desk.publish(record);
  }
  return desk;
}

test('any order and repetition of the same records ends in the same state', (t) => {
  const expected = settle(everything);
  t.deepEqual(expected.directory.summary(expected.now), { users: ['alice', 'bob'], online: [], vaults: 2, facts: 2, nodes: 2 });
  const orders = fc.tuple(
    fc.shuffledSubarray([...everything], { minLength: everything.length }),
    fc.array(fc.constantFrom(...everything), { maxLength: 40 }),
    fc.shuffledSubarray([...everything]),
  );
  fc.assert(
    fc.property(orders, ([all, repeated, more]) => {
      const desk = settle([...more, ...repeated, ...all, ...repeated]);
      return desk.store.dump() === expected.store.dump() && desk.directory.counts(desk.now).nodes === 2;
    }),
    { numRuns: 40 },
  );
});

test('counts in memory agree with a directory that reads the same store anew', (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...everything), { maxLength: 60 }), (records) => {
      const desk = new Desk();
      for (const record of records) desk.publish(record);
      const fresh = new Desk({}, desk.store);
      t.deepEqual(desk.directory.counts(desk.now), fresh.directory.counts(fresh.now));
      const { users, online, nodes } = desk.directory.summary(desk.now);
      t.like(desk.directory.counts(desk.now), { users: users.length, online: online.length, nodes });
    }),
    { numRuns: 60 },
  );
});

test('random bytes are refused and change nothing', (t) => {
  const desk = new Desk();
  desk.publish(alice.user());
  const before = desk.store.dump();
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes, signature) => {
        return desk.publish({ bytes, signature })[0] === 'bad-record' && desk.store.dump() === before;
      }),
      { numRuns: 300 },
    ),
  );
});
