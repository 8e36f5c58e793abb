import test from 'ava';
import type { LookupView, NodeInfo, RingView } from '../../src/core/commands.ts';
import { chatNode } from '../../src/core/node.ts';
import { type LyingMemberOptions, lyingMember } from '../../src/lab/lying-member.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const HONEST = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];

/** Six honest members of a ring among liars. */
async function ringWith(seed: number, liars: Readonly<Record<string, LyingMemberOptions>>): Promise<SmallWorld> {
  const world = new SmallWorld(
    seed,
    {},
    {
      program: (env, settings) => {
        const options = liars[settings.user];
        return options === undefined ? chatNode(env, settings) : lyingMember(env, settings, options);
      },
    },
  );
  await world.people(...HONEST, ...Object.keys(liars));
  await world.befriend('alice', 'bob');
  await world.engine.wait(10_000);
  return world;
}

/** The first honest or lying member at or after a key. */
async function ownerOf(world: SmallWorld, names: readonly string[], key: string): Promise<string> {
  const views = await Promise.all(names.map((name) => world.ask<RingView>(name, 'ring')));
  const sorted = views.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  return (sorted.find(({ nodeId }) => nodeId >= key) ?? sorted[0])?.node ?? '';
}

const CASES: ReadonlyArray<readonly [title: string, liars: Readonly<Record<string, LyingMemberOptions>>]> = [
  ['one who owns every key', { mallory: { lie: 'itself' } }],
  ['one who names nodes that are not there', { mallory: { lie: 'dead' } }],
  ['one who sends askers in circles', { mallory: { lie: 'loop' } }],
  [
    'three accomplices who know nobody but each other',
    {
      mallory: { lie: 'eclipse', accomplices: ['oscar', 'trudy'] },
      oscar: { lie: 'eclipse', accomplices: ['mallory', 'trudy'] },
      trudy: { lie: 'eclipse', accomplices: ['mallory', 'oscar'] },
    },
  ],
];

for (const [index, [title, liars]] of CASES.entries()) {
  test(`${title}: names are found, keys have their right owners, and mail arrives`, async (t) => {
    const world = await ringWith(81 + index, liars);
    const everybody = [...HONEST, ...Object.keys(liars)];
    for (const name of HONEST) {
      for (const other of HONEST) {
        // Nodes that are not there are asked in vain, one after the other.
        const found = (await world.engine.command(name, 'lookup', { name: other }, 60_000)) as LookupView;
        t.not(found.userId, null, `${name} finds the record of ${other}`);
        t.is(found.owners[0], await ownerOf(world, everybody, found.key), `${name} looks ${other} up`);
      }
    }
    if (title === 'one who owns every key') {
      const infos = await Promise.all(HONEST.map((name) => world.ask<NodeInfo>(name, 'info')));
      t.true(
        infos.some(({ counters }) => (counters['ringClaimsContradicted'] ?? 0) > 0),
        'the attack took place',
      );
    }
    await world.engine.stopNode('bob');
    const { id } = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: 'in spite of them' });
    await world.soon('held', async () => (await world.state('alice', id)) === 'held', 60_000);
    await world.engine.stopNode('alice');
    await world.engine.startNode('bob');
    await world.ask('bob', 'login', { password: PASSWORD });
    await world.soon('it has arrived', async () => (await world.texts('bob', 'alice')).length === 1, 60_000);
    await world.engine.stop();
  });
}
