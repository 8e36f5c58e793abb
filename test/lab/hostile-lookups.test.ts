import test from 'ava';
import type { LookupView, NodeInfo, RingView } from '../../src/core/commands.ts';
import { chatNode } from '../../src/core/node.ts';
import { idOfKey } from '../../src/core/records.ts';
import type { NodeId } from '../../src/core/types.ts';
import { alteredEnv } from '../../src/lab/altered-env.ts';
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

test('what a peer says of the ring without being asked is not remembered', async (t) => {
  const world = new SmallWorld(
    77,
    {},
    {
      program: (env, settings) => {
        if (settings.user !== 'mallory') return chatNode(env, settings);
        const own: string = idOfKey(env.crypto, env.crypto.signingKeyPair(env.nodeKeys.signingSeed).publicKey);
        const ghost = { id: own.slice(0, 32).padEnd(64, '0') as NodeId, endpoint: env.endpoint, name: 'ghost' };
        const answer = { answer: 'next', done: true, contacts: [ghost], why: 'owner' } as const;
        return chatNode(
          alteredEnv(env, (message) => (message.type === 'envelope' ? { type: 'ring-answer', id: 1_000_000, answer } : message)),
          settings,
        );
      },
    },
  );
  await world.people(...HONEST, 'mallory');
  await world.befriend('alice', 'mallory');
  await world.engine.wait(30_000);
  const contradicted = async (): Promise<number> => (await world.ask<NodeInfo>('alice', 'info')).counters['ringClaimsContradicted'] ?? 0;
  const before = await contradicted();
  for (const name of HONEST) {
    await world.ask('mallory', 'send', { to: 'alice', text: 'all of the circle is of a ghost' });
    await world.engine.wait(500);
    await world.ask<LookupView>('alice', 'lookup', { name });
  }
  t.is(await contradicted(), before, 'nobody was believed whom others had to contradict');
  await world.engine.stop();
});
