import test from 'ava';
import { chatNode } from '../../src/core/node.ts';
import type { RoomsView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { hostileNode } from '../../src/lab/hostile-node.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

test('only who was asked for the way into a room can say that there is none', async (t) => {
  let closed: string | null = null;
  const say: Parameters<typeof hostileNode>[2]['say'] = (messages) =>
    closed === null ? messages : [...messages, { type: 'room-door', room: closed as never, create: null, heads: [], open: 0 }];
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    settings.user === 'mallory' ? hostileNode(env, settings, { say }) : chatNode(env, settings);
  const world = new SmallWorld(41, {}, { program });
  await world.people('alice', 'bob', 'mallory');
  await world.befriend('bob', 'mallory');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  // Mallory is heard before alice is.
  await world.engine.setRules([{ kind: 'delay', id: 'slow', from: ['alice'], to: ['bob'], oneWay: false, delayMillis: 100, jitterMillis: 0 }]);
  closed = roomId;
  const outcomes: string[] = [];
  await world.engine.parallel([
    async () => void outcomes.push((await world.ask<{ state: string }>('bob', 'room-join', { room: link })).state),
    async () => {
      for (let each = 0; each < 20; each += 1) {
        await world.ask('mallory', 'send', { to: 'bob', text: `do not go there ${each}` });
        await world.engine.wait(50);
      }
    },
  ]);
  t.deepEqual(outcomes, ['joined']);
  const counters = (await world.ask<{ counters: Record<string, number> }>('bob', 'info')).counters;
  t.true((counters['dropped:unasked'] ?? 0) > 0, 'the attack took place');
  await world.engine.stop();
});

test('one of two who were asked says that there is no way in: the other one lets in', async (t) => {
  let closed: string | null = null;
  const say: Parameters<typeof hostileNode>[2]['say'] = (messages) =>
    messages.map((message) =>
      message.type === 'room-door' && closed !== null ? { type: 'room-door', room: message.room, create: null, heads: [], open: 0 } : message,
    );
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    settings.user === 'mallory' ? hostileNode(env, settings, { say }) : chatNode(env, settings);
  const world = new SmallWorld(42, {}, { program });
  await world.people('alice', 'mallory', 'bob');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  await world.ask('mallory', 'room-join', { room: link });
  await world.soon('mallory is in', async () => (await world.ask<RoomView>('alice', 'room', { room: roomId })).members === 2);
  // Bob comes by a link of mallory's; alice told of the room as well.
  closed = roomId;
  await world.engine.setRules([{ kind: 'delay', id: 'slow', from: ['alice'], to: ['bob'], oneWay: false, delayMillis: 300, jitterMillis: 0 }]);
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: link.replace('/alice', '/mallory') })).state, 'joined');
  await world.engine.stop();
});

test('who tells of a room that only they can be asked keeps nobody from its founder', async (t) => {
  let bait: string | null = null;
  const say: Parameters<typeof hostileNode>[2]['say'] = (messages) =>
    messages.map((message) => {
      if (message.type === 'room-door' && bait !== null) return { type: 'room-door', room: message.room, create: null, heads: [], open: 0 };
      return message.type === 'room-cards' ? { ...message, cards: message.cards.map((card) => ({ ...card, hosts: ['mallory'] })) } : message;
    });
  // Alice tells nobody of the room, so that bob hears of it from mallory alone.
  const silent: typeof say = (messages) => messages.filter((message) => message.type !== 'room-cards');
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    settings.user === 'bob' ? chatNode(env, settings) : hostileNode(env, settings, { say: settings.user === 'mallory' ? say : silent });
  const world = new SmallWorld(43, {}, { program });
  await world.people('alice', 'mallory', 'bob');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  await world.ask('mallory', 'room-join', { room: link });
  bait = roomId;
  const others = async () => (await world.ask<RoomsView>('bob', 'rooms')).others.filter(({ room }) => room === 'den');
  // Rooms are told of when a link comes up.
  await world.engine.killNode('mallory');
  await world.engine.startNode('mallory', { peers: [await world.engine.endpointOf('bob')] });
  await world.ask('mallory', 'login', { password: PASSWORD });
  await world.soon('bob hears of it', async () => (await others()).length === 1, 60_000);
  t.regex((await others())[0]?.link ?? '', /\/mallory$/, 'the attack took place');
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: (await others())[0]?.link })).state, 'joined');
  await world.engine.stop();
});

test('who shows a way into a room that leads nowhere, sooner than all others, keeps nobody from those who show the right one', async (t) => {
  let shown = 0;
  let isBait = false;
  const say: Parameters<typeof hostileNode>[2]['say'] = (messages) =>
    messages.map((message) => {
      if (message.type !== 'room-door' || !isBait) return message;
      shown += 1;
      return { ...message, heads: [new Uint8Array(32).fill(shown)] };
    });
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    settings.user === 'mallory' ? hostileNode(env, settings, { say }) : chatNode(env, settings);
  const world = new SmallWorld(44, {}, { program });
  await world.people('alice', 'mallory', 'bob');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  await world.ask('mallory', 'room-join', { room: link });
  await world.soon('mallory is in', async () => (await world.ask<RoomView>('alice', 'room', { room: roomId })).members === 2);
  isBait = true;
  await world.engine.setRules([{ kind: 'delay', id: 'slow', from: ['alice'], to: ['bob'], oneWay: false, delayMillis: 50, jitterMillis: 0 }]);
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: link.replace('/alice', '/mallory') })).state, 'joined');
  t.true(shown > 0, 'the attack took place');
  await world.engine.stop();
});

test('whoever comes back to the room that they made asks the others, and hears at once when there is no way in', async (t) => {
  const world = new SmallWorld(44);
  await world.people('alice', 'bob', 'carol');
  const made = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  for (const name of ['bob', 'carol']) await world.ask(name, 'room-join', { room: made.link });
  await world.soon('all are in', async () => (await world.ask<RoomView>('alice', 'room', { room: 'den' })).members === 3);
  await world.ask('alice', 'room-leave', { room: 'den' });
  t.regex((await world.ask<RoomView>('alice', 'room', { room: 'den' })).link, /\/(bob|carol)$/);
  const { others } = await world.ask<RoomsView>('alice', 'rooms');
  for (const { link } of others) t.notRegex(link, /\/alice$/);
  // By the link in which alice stands herself.
  t.is((await world.ask<{ state: string }>('alice', 'room-join', { room: made.link })).state, 'joined');
  await world.soon('bob hears of it', async () => (await world.ask<RoomView>('bob', 'room', { room: 'den' })).members === 3);
  await world.ask('bob', 'room-remove', { room: 'den', user: 'alice' });
  await world.soon('alice hears of it', async () => (await world.ask<RoomView>('alice', 'room', { room: 'den' })).role === null);
  const before = world.engine.now();
  t.is(await world.outcome('alice', 'room-join', { room: made.link }), 'room-refused');
  t.true(world.engine.now() - before < 1_000, `${world.engine.now() - before} ms`);
  await world.engine.stop();
});
