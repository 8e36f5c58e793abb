import test from 'ava';
import type { RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

async function line(world: SmallWorld, node: string, id: string): Promise<RoomMessageView | undefined> {
  // A node to which the user has just moved does not have the room yet.
  if ((await world.outcome(node, 'room', { room: 'den' })) !== 'ok') return undefined;
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'den', limit: 100 });
  return messages.find((each) => each.id === id);
}

const isChanging = async (world: SmallWorld, node: string, id: string): Promise<boolean> => (await line(world, node, id))?.changing === true;

async function den(seed: number): Promise<{ readonly world: SmallWorld; readonly say: (node: string, text: string) => Promise<string> }> {
  const world = new SmallWorld(seed);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  await world.ask('bob', 'room-join', { room: link });
  const say = async (node: string, text: string): Promise<string> => {
    const { id } = await world.ask<{ id: string }>(node, 'room-send', { room: 'den', text });
    for (const each of ['alice', 'bob']) await world.soon(`${each} reads ${text}`, async () => (await line(world, each, id))?.text === text);
    return id;
  };
  return { world, say };
}

test('an edit, a deletion and a reaction in a room say that nobody else knows of them, until somebody does', async (t) => {
  const { world, say } = await den(51);
  const [first, second, third] = [await say('alice', 'one'), await say('alice', 'two'), await say('bob', 'three')];
  await world.ask('alice', 'room-edit', { room: 'den', id: first, text: 'uno' });
  await world.soon('bob has the edit', async () => !(await isChanging(world, 'alice', first)));
  t.is((await line(world, 'bob', first))?.text, 'uno');
  await world.engine.killNode('bob');
  const ids = [first, second, third];
  await world.ask('alice', 'room-edit', { room: 'den', id: first, text: 'eins' });
  await world.ask('alice', 'room-delete-message', { room: 'den', id: second });
  await world.ask('alice', 'room-react', { room: 'den', id: third, reaction: '👍' });
  for (const id of ids) t.true(await isChanging(world, 'alice', id));
  await world.engine.wait(20_000);
  for (const id of ids) t.true(await isChanging(world, 'alice', id), 'that holders have them is not that somebody knows');
  // A kill and a new login in between forget nothing of it.
  await world.engine.killNode('alice');
  await world.engine.startNode('alice');
  await world.ask('alice', 'login', { password: PASSWORD });
  for (const id of ids) t.true(await isChanging(world, 'alice', id));
  const told = world.heard.length;
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  for (const id of ids) await world.soon('bob knows', async () => !(await isChanging(world, 'alice', id)), 40_000);
  t.deepEqual([(await line(world, 'bob', first))?.text, (await line(world, 'bob', second))?.deleted], ['eins', true]);
  t.deepEqual((await line(world, 'bob', third))?.reactions, [{ reaction: '👍', by: ['alice'] }]);
  const changed = world.heard.slice(told).filter(({ node, event }) => node === 'alice' && event.type === 'room-message-changed');
  t.true(changed.length >= 3, 'screens are told');
  t.false(await isChanging(world, 'bob', third), "what others do is not one's own");
  await world.engine.stop();
});

test('in a room of one nothing is on its way', async (t) => {
  const world = new SmallWorld(52);
  await world.people('alice');
  await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  const { id } = await world.ask<{ id: string }>('alice', 'room-send', { room: 'den', text: 'one' });
  await world.ask('alice', 'room-edit', { room: 'den', id, text: 'uno' });
  t.false(await isChanging(world, 'alice', id));
  await world.engine.stop();
});

test('changes that somebody knows of are not on their way again at a node to which the user moves', async (t) => {
  const { world, say } = await den(53);
  const id = await say('alice', 'one');
  await world.ask('alice', 'room-edit', { room: 'den', id, text: 'uno' });
  await world.soon('bob has the edit', async () => !(await isChanging(world, 'alice', id)));
  await world.engine.killNode('bob');
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  await world.soon('it is there', async () => (await line(world, 'alice@desk', id))?.text === 'uno');
  // Bob is away, so nobody can confirm it anew.
  await world.soon('and known', async () => !(await isChanging(world, 'alice@desk', id)));
  t.false(await isChanging(world, 'alice@desk', id));
  await world.engine.stop();
});
