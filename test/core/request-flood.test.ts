import test from 'ava';
import type { UserView } from '../../src/core/commands.ts';
import type { Message } from '../../src/core/messages.ts';
import { chatNode } from '../../src/core/node.ts';
import { hostileNode } from '../../src/lab/hostile-node.ts';
import { SmallWorld } from './small-world.ts';

const FRIENDS_MAX = 6;
const CROWD = Array.from({ length: 9 }, (_, index) => `stranger${index}`);

async function requests(world: SmallWorld): Promise<string[]> {
  const { users } = await world.ask<{ users: readonly UserView[] }>('alice', 'users');
  return users.filter(({ relation }) => relation === 'incoming').map(({ name }) => name);
}

test('a crowd that asks for friendship keeps nobody out who asks later, and friends stay friends', async (t) => {
  const world = new SmallWorld(61, { friendsMax: FRIENDS_MAX });
  await world.people('alice', 'bob', 'carol', 'dave', ...CROWD);
  await world.befriend('alice', 'bob');
  await world.ask('alice', 'friend-add', { user: 'dave' });
  for (const name of CROWD) await world.ask(name, 'friend-add', { user: 'alice' });
  await world.soon('alice is asked by many', async () => (await requests(world)).length === FRIENDS_MAX - 2);
  await world.engine.wait(3_000);
  t.is((await requests(world)).length, FRIENDS_MAX - 2, 'no more than there is room for');
  await world.befriend('carol', 'alice');
  for (const name of CROWD) {
    if ((await world.relation('alice', name)) === 'incoming') await world.ask('alice', 'friend-decline', { user: name });
  }
  for (const name of CROWD) await world.outcome(name, 'friend-add', { user: 'alice' });
  await world.engine.wait(5_000);
  t.deepEqual(
    [await world.relation('alice', 'bob'), await world.relation('alice', 'carol'), await world.relation('alice', 'dave')],
    ['friend', 'friend', 'outgoing'],
  );
  t.true((await world.ask<{ counters: Record<string, number> }>('alice', 'info')).counters['friendsForgotten'] !== undefined);
  await world.ask('dave', 'friend-accept', { user: 'alice' });
  await world.soon('dave is a friend', async () => (await world.relation('alice', 'dave')) === 'friend');
  await world.engine.stop();
});

test('who was a friend once, and has kept the word that alice gave, is none again because a crowd made her forget that she took it back', async (t) => {
  const kept: Message[] = [];
  let stage: 'hears' | 'waits' | 'replays' = 'hears';
  let replayed = 0;
  const hear = (messages: readonly Message[]): void => {
    if (stage === 'hears') kept.push(...messages.filter(({ type }) => type === 'facts'));
  };
  const say = (messages: readonly Message[]): readonly Message[] => {
    if (stage !== 'replays') return messages;
    replayed += kept.length;
    return [...messages, ...kept];
  };
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    settings.user === 'mallory' ? hostileNode(env, settings, { hear, say }) : chatNode(env, settings);
  const world = new SmallWorld(62, { friendsMax: FRIENDS_MAX }, { program });
  await world.people('alice', 'bob', 'mallory', ...CROWD);
  await world.befriend('alice', 'bob');
  await world.befriend('mallory', 'alice');
  stage = 'waits';
  await world.ask('alice', 'friend-remove', { user: 'mallory' });
  await world.soon('mallory hears of it', async () => (await world.relation('mallory', 'alice')) === 'none');
  // Each makes room for the next, so that what alice knows the longest would go.
  for (const name of CROWD) {
    await world.ask(name, 'friend-add', { user: 'alice' });
    await world.soon(`${name} asks`, async () => (await world.relation('alice', name)) === 'incoming');
    await world.ask('alice', 'friend-decline', { user: name });
  }
  stage = 'replays';
  await world.ask('mallory', 'friend-add', { user: 'alice' });
  await world.soon('mallory asks once more', async () => ['incoming', 'friend'].includes(await world.relation('alice', 'mallory')));
  await world.engine.wait(3_000);
  t.true(replayed > 0, 'the attack took place');
  t.is(await world.relation('alice', 'mallory'), 'incoming');
  await world.engine.stop();
});
