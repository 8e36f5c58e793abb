import test from 'ava';
import type { NodeInfo } from '../../src/core/commands.ts';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

async function lines(world: SmallWorld, node: string, room = 'garden'): Promise<readonly RoomMessageView[]> {
  return (await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room, limit: 500 })).messages.filter(
    (line) => line.kind === 'message',
  );
}

async function texts(world: SmallWorld, node: string): Promise<string[]> {
  return (await lines(world, node)).map((line) => (line.sealed ? '(sealed)' : line.text));
}

/** Six people, of whom the first ones are in a room, the others hold. */
async function garden(world: SmallWorld, members: readonly string[], history: 'all' | 'joined' = 'all'): Promise<string> {
  await world.people('alice', 'bob', 'carol', 'dave', 'erin', 'frank');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden', history });
  for (const name of members) await world.ask(name, 'room-join', { room: link });
  for (const name of members) {
    await world.soon(
      `${name} knows all`,
      async () => (await world.ask<RoomDetails>(name, 'room', { room: 'garden' })).memberList.length === members.length + 1,
    );
  }
  // Who has just come in may need a history key of their own.
  await world.engine.wait(2_000);
  return link;
}

async function copied(world: SmallWorld, node: string): Promise<void> {
  await world.soon('holders have it', async () => (await lines(world, node)).every((line) => !line.fromMe || line.state !== 'queued'), 30_000);
}

test('what somebody wrote alone, who then dies, is read by members who come later, and by who joins through them', async (t) => {
  const world = new SmallWorld(21);
  const link = await garden(world, ['bob']);
  await world.engine.killNode('bob');
  for (let count = 0; count < 40; count += 1) await world.ask('alice', 'room-send', { room: 'garden', text: `page ${count}` });
  await copied(world, 'alice');
  t.is((await lines(world, 'alice')).at(-1)?.state, 'held');
  await world.engine.killNode('alice');
  await world.engine.startNode('bob');
  await world.ask('bob', 'login', { password: PASSWORD });
  const pages = Array.from({ length: 40 }, (_, count) => `page ${count}`);
  await world.soon('bob reads it', async () => (await texts(world, 'bob')).join() === pages.join(), 30_000);
  await world.ask('carol', 'room-join', { room: link.replace('/alice', '/bob') });
  await world.soon('carol reads it', async () => (await texts(world, 'carol')).join() === pages.join(), 30_000);
});

test('who was removed cannot read what is put at the holders afterwards', async (t) => {
  const world = new SmallWorld(22);
  await garden(world, ['bob', 'carol']);
  await world.ask('alice', 'room-send', { room: 'garden', text: 'before' });
  await world.soon('carol reads', async () => (await texts(world, 'carol')).includes('before'));
  await copied(world, 'alice');
  await world.ask('alice', 'room-remove', { room: 'garden', user: 'carol' });
  await world.engine.killNode('bob');
  await world.ask('alice', 'room-send', { room: 'garden', text: 'after' });
  await copied(world, 'alice');
  await world.engine.killNode('alice');
  await world.engine.startNode('bob');
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('bob reads it', async () => (await texts(world, 'bob')).join() === 'before,after', 30_000);
  await world.engine.wait(120_000);
  t.deepEqual(await texts(world, 'carol'), ['before']);
});

test('in a room whose history begins with joining, members who were away read it, and who joins later does not', async (t) => {
  const world = new SmallWorld(23);
  const link = await garden(world, ['bob'], 'joined');
  await world.engine.killNode('bob');
  for (let count = 0; count < 5; count += 1) await world.ask('alice', 'room-send', { room: 'garden', text: `page ${count}` });
  await copied(world, 'alice');
  await world.engine.killNode('alice');
  await world.engine.startNode('bob');
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('bob reads it', async () => (await texts(world, 'bob')).length === 5, 30_000);
  await world.ask('carol', 'room-join', { room: link.replace('/alice', '/bob') });
  await world.ask('bob', 'room-send', { room: 'garden', text: 'welcome' });
  await world.soon('carol reads', async () => (await texts(world, 'carol')).includes('welcome'), 30_000);
  await world.engine.wait(60_000);
  t.deepEqual(await texts(world, 'carol'), ['welcome']);
});

test('a message that comes to the holders after the members have changed is read by those it was written for, and by nobody else', async (t) => {
  for (const seed of [27, 28, 29]) {
    // In some of these worlds the one who has just come in makes the history key, and does not know the one before.
    const world = new SmallWorld(seed, { roomCopySoonMillis: 8_000, roomCopyMillis: 8_000 });
    const link = await garden(world, ['bob'], 'joined');
    await world.engine.wait(20_000);
    await world.engine.killNode('bob');
    await world.ask('alice', 'room-send', { room: 'garden', text: 'for bob' });
    await world.ask('carol', 'room-join', { room: link });
    await copied(world, 'alice');
    await world.engine.wait(20_000);
    await world.engine.killNode('alice');
    await world.engine.killNode('carol');
    await world.engine.startNode('bob');
    await world.ask('bob', 'login', { password: PASSWORD });
    await world.soon('bob reads it', async () => (await texts(world, 'bob')).join() === 'for bob', 60_000);
    await world.engine.startNode('carol');
    await world.ask('carol', 'login', { password: PASSWORD });
    await world.engine.wait(60_000);
    t.deepEqual(await texts(world, 'carol'), [], `seed ${seed}`);
  }
});

test('what the author could not put there any more another member does', async (t) => {
  const world = new SmallWorld(24, { roomRepairMillis: 20_000 });
  await garden(world, ['bob', 'carol']);
  await world.ask('alice', 'room-send', { room: 'garden', text: 'known' });
  await world.soon('carol reads', async () => (await texts(world, 'carol')).includes('known'));
  await copied(world, 'alice');
  await world.engine.killNode('carol');
  await world.ask('alice', 'room-send', { room: 'garden', text: 'last words' });
  await world.soon('bob reads', async () => (await texts(world, 'bob')).includes('last words'), 2_000);
  await world.engine.killNode('alice');
  await world.engine.wait(90_000);
  await world.engine.killNode('bob');
  await world.engine.startNode('carol');
  await world.ask('carol', 'login', { password: PASSWORD });
  await world.soon('carol reads it', async () => (await texts(world, 'carol')).includes('last words'), 60_000);
  t.deepEqual(await texts(world, 'carol'), ['known', 'last words']);
});

test('what was not at holders when its author logged in at another node is put there by that node, and is not called held before', async (t) => {
  const world = new SmallWorld(25, { roomCopySoonMillis: 600_000, roomCopyMillis: 60_000 });
  await garden(world, ['bob']);
  await world.engine.killNode('bob');
  await world.engine.wait(10_000);
  await world.ask('alice', 'room-send', { room: 'garden', text: 'not there yet' });
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('alice'), await world.engine.endpointOf('carol')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  const state = async (): Promise<string | undefined> => (await lines(world, 'alice@desk').catch(() => [])).at(-1)?.state;
  await world.soon('alice@desk has it', async () => (await state()) !== undefined);
  t.is(await state(), 'queued');
  await world.soon('holders have it', async () => (await state()) === 'held', 120_000);
  t.true(((await world.ask<NodeInfo>('alice@desk', 'info')).counters['roomSegmentsHeld'] ?? 0) > 0);
});

test('who is alone on the ring seals nothing for nobody, and puts it there when somebody comes', async (t) => {
  const world = new SmallWorld(26);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  await world.ask('bob', 'room-join', { room: link });
  await world.soon('bob is in', async () => (await world.ask<RoomDetails>('alice', 'room', { room: 'garden' })).memberList.length === 2);
  await copied(world, 'alice');
  await world.engine.killNode('bob');
  await world.engine.wait(60_000);
  const sealed = async (): Promise<number> => (await world.ask<NodeInfo>('alice', 'info')).counters['roomSegmentsSealed'] ?? 0;
  const before = await sealed();
  await world.ask('alice', 'room-send', { room: 'garden', text: 'is anybody there' });
  await world.engine.wait(300_000);
  t.is(await sealed(), before);
  t.is((await lines(world, 'alice')).at(-1)?.state, 'queued');
  await world.engine.startNode('carol', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('carol', 'register', { password: PASSWORD });
  await world.soon('carol holds it', async () => (await lines(world, 'alice')).at(-1)?.state === 'held', 60_000);
});
