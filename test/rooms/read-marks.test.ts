import test from 'ava';
import type { RoomMessageView } from '../../src/core/rooms/room-commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const ROOM = 'garden';

async function garden(seed: number, ...others: readonly string[]): Promise<SmallWorld> {
  const world = new SmallWorld(seed);
  await world.people('alice', ...others);
  const { link } = await world.ask<{ link: string }>('alice', 'room-create', { name: ROOM });
  for (const name of others) await world.ask(name, 'room-join', { room: link });
  await world.soon('all are in', async () => {
    for (const name of ['alice', ...others])
      if ((await world.ask<{ members: number }>(name, 'room', { room: ROOM })).members !== others.length + 1) return false;
    return true;
  });
  return world;
}

async function lines(world: SmallWorld, at: string): Promise<readonly RoomMessageView[]> {
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>(at, 'room-history', { room: ROOM, limit: 500 });
  return messages.filter((line) => line.kind === 'message');
}

async function say(world: SmallWorld, at: string, text: string): Promise<void> {
  await world.ask(at, 'room-send', { room: ROOM, text });
}

const readers = async (world: SmallWorld, text: string): Promise<string> =>
  (await lines(world, 'alice')).find((line) => line.text === text)?.seenBy.join(' ') ?? 'no such line';

const marksSent = (world: SmallWorld, node: string): number => world.heard.filter((each) => each.node === node && each.event.type === 'room-seen').length;

test('a mark says who has read up to where; what comes later is not covered', async (t) => {
  const world = await garden(1, 'bob', 'carol');
  await say(world, 'alice', 'one');
  await world.soon('it is there', async () => (await lines(world, 'bob')).length === 1 && (await lines(world, 'carol')).length === 1);
  await world.ask('bob', 'room-read', { room: ROOM });
  await world.soon('alice sees it', async () => (await readers(world, 'one')) === 'bob');
  await say(world, 'alice', 'two');
  t.is(await readers(world, 'two'), '');
  await world.soon('it is there', async () => (await lines(world, 'carol')).length === 2);
  await world.ask('carol', 'room-read', { room: ROOM });
  await world.soon('alice sees it', async () => (await readers(world, 'two')) === 'carol');
  t.is(await readers(world, 'one'), 'bob carol');
  t.deepEqual(
    (await lines(world, 'bob')).map((line) => line.seenBy),
    [[], []],
    'readers of others are not listed',
  );
  await world.engine.stop();
});

test('a line that comes to stand above a mark later was not seen by it', async (t) => {
  const world = await garden(2, 'bob');
  await say(world, 'alice', 'before');
  await world.soon('it is there', async () => (await lines(world, 'bob')).length === 1);
  await world.engine.killNode('alice');
  for (let index = 1; index <= 8; index += 1) await say(world, 'bob', `bob ${index}`);
  await world.ask('bob', 'room-read', { room: ROOM });
  await world.engine.killNode('bob');
  await world.engine.startNode('alice');
  await world.ask('alice', 'login', { password: PASSWORD });
  await say(world, 'alice', 'meanwhile');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  const whole = async (at: string): Promise<boolean> => (await lines(world, at)).filter((line) => !line.sealed).length === 10;
  await world.soon('both have all', async () => (await whole('alice')) && (await whole('bob')));
  await world.soon('the mark has come', async () => (await readers(world, 'before')) === 'bob');
  const order = (await lines(world, 'alice')).map((line) => line.text);
  t.true(order.indexOf('meanwhile') < order.indexOf('bob 8'), 'it stands above what bob had read');
  t.is(await readers(world, 'meanwhile'), '');
  await world.ask('bob', 'room-read', { room: ROOM });
  await world.soon('now he has', async () => (await readers(world, 'meanwhile')) === 'bob');
  await world.engine.stop();
});

test('marks move with the user: who had read what is known at another node, and what the user had read stays told', async (t) => {
  const world = await garden(4, 'bob');
  await say(world, 'alice', 'seen');
  await world.soon('it is there', async () => (await lines(world, 'bob')).length === 1);
  await world.ask('bob', 'room-read', { room: ROOM });
  await world.soon('alice sees it', async () => (await readers(world, 'seen')) === 'bob');
  await say(world, 'bob', 'an answer');
  await world.soon('it is there', async () => (await lines(world, 'alice')).length === 2);
  await world.ask('alice', 'room-read', { room: ROOM });
  const ofBob = async (): Promise<string> => (await lines(world, 'bob')).find((line) => line.text === 'an answer')?.seenBy.join(' ') ?? '';
  await world.soon('bob sees it', async () => (await ofBob()) === 'alice');
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('alice')] });
  // Nobody can say it again.
  await world.engine.killNode('bob');
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  const seen = async (): Promise<string> => (await lines(world, 'alice@desk').catch(() => [])).find((line) => line.text === 'seen')?.seenBy.join(' ') ?? '';
  await world.soon('alice@desk knows it', async () => (await seen()) === 'bob');
  t.is(await seen(), 'bob');
  await world.engine.stop();
});

test('marks are few however much is read, and none where the settings say so', async (t) => {
  const world = await garden(3, 'bob', 'carol');
  await world.ask('carol', 'settings', { readReceipts: false });
  for (let index = 0; index < 40; index += 1) {
    await say(world, 'alice', `line ${index}`);
    await world.engine.wait(100);
    for (const name of ['bob', 'carol']) await world.ask(name, 'room-read', { room: ROOM });
  }
  await world.soon('bob has read it all', async () => (await readers(world, 'line 39')) === 'bob');
  const told = marksSent(world, 'alice');
  t.true(told >= 2 && told <= 5, `${told} marks for 40 messages in 4 s`);
  await world.engine.stop();
});

test('what was read at another node stays read when the user comes back to the first one', async (t) => {
  const world = await garden(5, 'bob');
  const at = async (node: string, count: number): Promise<boolean> => (await lines(world, node).catch(() => [])).length === count;
  const ofBob = async (text: string): Promise<string> => (await lines(world, 'bob')).find((line) => line.text === text)?.seenBy.join(' ') ?? '';
  await say(world, 'bob', 'one');
  await world.soon('it is there', () => at('alice', 1));
  await world.ask('alice', 'room-read', { room: ROOM });
  await world.soon('bob sees it', async () => (await ofBob('one')) === 'alice');
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  await say(world, 'bob', 'two');
  await world.soon('it is at the desk', () => at('alice@desk', 2));
  await world.ask('alice@desk', 'room-read', { room: ROOM });
  await world.soon('bob sees it', async () => (await ofBob('two')) === 'alice');
  await world.ask('alice', 'login', { password: PASSWORD });
  await world.soon('it is there', () => at('alice', 2));
  await world.engine.wait(10_000);
  t.is(await ofBob('two'), 'alice');
  await world.engine.stop();
});

test('what was read up to a line is read: counted so here, and told so to others', async (t) => {
  const world = await garden(11, 'bob', 'carol');
  for (const text of ['one', 'two', '@bob three', 'four @bob']) await say(world, 'alice', text);
  await world.soon('all is there', async () => (await lines(world, 'bob')).length === 4 && (await lines(world, 'carol')).length === 4);
  const row = async (): Promise<object> => world.ask('bob', 'room', { room: ROOM });
  t.like(await row(), { unread: 4, mentions: 2 });
  const upTo = async (text: string): Promise<object> => {
    const id = (await lines(world, 'bob')).find((line) => line.text === text)?.id;
    return world.ask('bob', 'room-read', { room: ROOM, upTo: id });
  };
  t.deepEqual(await upTo('two'), { count: 2, unread: 2 });
  await world.soon('alice sees it', async () => (await readers(world, 'two')) === 'bob');
  t.is(await readers(world, 'one'), 'bob');
  t.is(await readers(world, '@bob three'), '');
  t.deepEqual(await upTo('one'), { count: 0, unread: 2 }, 'never back');
  t.deepEqual(await upTo('@bob three'), { count: 1, unread: 1 });
  t.like(await row(), { unread: 1, mentions: 1 });
  await world.soon('alice sees it', async () => (await readers(world, '@bob three')) === 'bob');
  t.is(await readers(world, 'four @bob'), '');
  t.deepEqual(await world.ask('bob', 'room-read', { room: ROOM }), { count: 1, unread: 0 });
  await world.soon('alice sees it', async () => (await readers(world, 'four @bob')) === 'bob');
  t.like(await row(), { unread: 0, mentions: 0 });
  t.is(await world.outcome('bob', 'room-read', { room: ROOM, upTo: 'f'.repeat(64) }), 'unknown-message');
  await world.engine.stop();
});
