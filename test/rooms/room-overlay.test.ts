import test from 'ava';
import * as fc from 'fast-check';
import { neighboursOf } from '../../src/core/rooms/room-overlay.ts';
import type { UserId } from '../../src/core/types.ts';
import { stream } from '../../src/sim/random.ts';

function membersOf(count: number, seed: number): UserId[] {
  const random = stream(seed, 'members');
  return Array.from({ length: count }, () => Array.from(random.bytes(32), (byte) => byte.toString(16).padStart(2, '0')).join('') as UserId);
}

const asMap = (users: readonly UserId[]): ReadonlyMap<UserId, unknown> => new Map(users.map((user) => [user, null]));

test('in a small room everybody is a neighbour of everybody', (t) => {
  const users = membersOf(10, 1);
  const [me = '' as UserId] = users;
  t.deepEqual(neighboursOf(asMap(users), me, 10).sort(), users.slice(1).sort());
});

test('who joins a large room changes the neighbours of few', (t) => {
  const users = membersOf(1_001, 2);
  const [before, after] = [asMap(users.slice(0, -1)), asMap(users)];
  let changed = 0;
  for (const user of users.slice(0, -1)) {
    const known = new Set(neighboursOf(before, user, 32));
    if (neighboursOf(after, user, 32).some((each) => !known.has(each))) changed += 1;
  }
  t.true(changed >= 2 && changed <= 40, `${changed} of 1,000 members have another neighbour`);
});

test('neighbours hang together in few steps, also when a tenth of the members are away', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 300 }), fc.integer({ min: 1, max: 1_000 }), (count, seed) => {
        const users = membersOf(count, seed);
        const members = asMap(users);
        const here = new Set(users.filter((_, index) => index % 10 !== 9));
        const links = new Map<UserId, Set<UserId>>(users.map((user) => [user, new Set<UserId>()]));
        for (const user of here) {
          for (const other of neighboursOf(members, user, 32)) {
            links.get(user)?.add(other);
            links.get(other)?.add(user);
          }
        }
        let edge: UserId[] = [users[0] as UserId];
        const reached = new Set(edge);
        let steps = 0;
        while (reached.size < here.size && edge.length > 0) {
          edge = edge.flatMap((user) => [...(links.get(user) ?? [])]).filter((user) => here.has(user) && !reached.has(user) && reached.add(user).size > 0);
          steps += 1;
        }
        return (
          reached.size === here.size &&
          steps <= Math.ceil(Math.log2(count)) + 2 &&
          neighboursOf(members, users[0] as UserId, 32).length <= 2 * Math.log2(count) + 4
        );
      }),
      { numRuns: 30, seed: 1 },
    ),
  );
});
