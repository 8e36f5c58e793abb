import test from 'ava';
import type { RoomDetails, RoomMessageView, RoomsView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { SmallWorld } from '../core/small-world.ts';

async function lines(world: SmallWorld, node: string, room: string): Promise<readonly RoomMessageView[]> {
  return (await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room, limit: 500 })).messages;
}

async function texts(world: SmallWorld, node: string, room: string): Promise<string[]> {
  return (await lines(world, node, room)).filter((line) => line.kind === 'message').map((line) => (line.sealed ? '(sealed)' : line.text));
}

test('three people talk in a room: everybody has every message once, in one order', async (t) => {
  const world = new SmallWorld(1);
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'The garden', topic: 'roses' });
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: link })).state, 'joined');
  t.is((await world.ask<{ state: string }>('carol', 'room-join', { room: link })).state, 'joined');
  for (const [who, text] of [
    ['alice', 'one'],
    ['bob', 'two'],
    ['carol', 'three'],
  ] as const) {
    await world.ask(who, 'room-send', { room: 'The garden', text });
    await world.soon(`${text} everywhere`, async () => {
      for (const node of ['alice', 'bob', 'carol']) if ((await texts(world, node, 'the garden')).at(-1) !== text) return false;
      return true;
    });
  }
  for (const node of ['alice', 'bob', 'carol']) t.deepEqual(await texts(world, node, 'The garden'), ['one', 'two', 'three'], node);
  const details = await world.ask<RoomDetails>('bob', 'room', { room: 'The garden' });
  t.deepEqual(
    details.memberList.map((member) => member.name),
    ['alice', 'bob', 'carol'],
  );
  t.is((await world.ask<RoomsView>('bob', 'rooms')).rooms[0]?.unread, 2);
});
