import test from 'ava';
import { type Link, newLink } from '../../src/core/link/link.ts';
import { surplusLinks, YOUNG_MILLIS } from '../../src/core/membership/surplus-links.ts';
import { SmallWorld } from './small-world.ts';

const OPTIONS = { randomLinkCountMax: 2 };
const NOW = 100_000;

function link(address: number, ours: boolean, ageMillis = NOW): Link {
  const made = newLink({
    address,
    endpoint: { address: `sim:${address}`, key: new Uint8Array(32) },
    name: `n${address}`,
    localRun: 1,
    nowMillis: NOW - ageMillis,
  });
  made.ours = ours;
  return made;
}
const addresses = (links: readonly Link[]) => links.map(({ address }) => address);

test('of too many links the oldest go that were opened here, and those of others stay', (t) => {
  const idle = [link(1, false), link(2, true), link(3, true), link(4, false), link(5, true)];
  t.deepEqual(addresses(surplusLinks(idle, OPTIONS, NOW)), [2, 3, 5], 'three too many, all counted');
  t.deepEqual(addresses(surplusLinks(idle.slice(0, 3), OPTIONS, NOW)), [2]);
  t.deepEqual(surplusLinks(idle.slice(0, 2), OPTIONS, NOW), []);
  t.deepEqual(
    surplusLinks(
      [1, 2, 3, 4].map((each) => link(each, false)),
      OPTIONS,
      NOW,
    ),
    [],
    'nothing to close for us',
  );
});

test('young links stay', (t) => {
  const idle = [link(1, true, YOUNG_MILLIS), link(2, true), link(3, true, YOUNG_MILLIS), link(4, true, YOUNG_MILLIS)];
  t.deepEqual(addresses(surplusLinks(idle, OPTIONS, NOW)), [2]);
});

test('whoever is crowded closes those of others, too, the oldest first', (t) => {
  const idle = Array.from({ length: 11 }, (_, index) => link(index, index === 4));
  t.deepEqual(addresses(surplusLinks(idle, OPTIONS, NOW)), [4, 0, 1]);
});

test('a network at rest leaves its links alone', async (t) => {
  const world = new SmallWorld(1, { randomLinkCount: 2, randomLinkCountMax: 2, fullMembershipUsers: 4, otherRecordsMax: 16 }, { traced: 'states' });
  const names = Array.from({ length: 16 }, (_, index) => `user${index}`);
  await world.people(...names);
  await world.engine.wait(60_000);
  const before = (await world.engine.trace()).length;
  await world.engine.wait(60_000);
  const closed = (await world.engine.trace())
    .slice(before)
    .filter(({ detail }) => detail.type === 'state' && detail.subject === 'link' && detail.to === 'closed');
  // Look-ups of the ring meet strangers, and those links are let go of again.
  t.true(closed.length < names.length * 8, `${closed.length} links were closed in a minute`);
  await world.engine.stop();
});
