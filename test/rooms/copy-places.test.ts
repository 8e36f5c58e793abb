import test from 'ava';
import type { Message } from '../../src/core/messages.ts';
import { chatNode } from '../../src/core/node.ts';
import type { Listing } from '../../src/core/replication/listings.ts';
import { PlacesRead, placesToRead } from '../../src/core/rooms/copy-places.ts';
import type { KnownKey } from '../../src/core/rooms/history-keys.ts';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { alteredEnv } from '../../src/lab/altered-env.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const never = { fraction: () => 0 };
const all: Listing = { holders: 4, byAll: true, names: new Set(['name']), complete: true };
const nothing: Listing = { ...all, names: new Set() };

function row(place: string, more: Partial<KnownKey> = {}): KnownKey {
  return { place, key: new Uint8Array(32), order: '', audience: '', shelf: 0, read: true, bridged: true, ...more };
}

async function texts(world: SmallWorld, node: string): Promise<string> {
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'attic', limit: 100 });
  const lines = messages.filter(({ kind }) => kind === 'message');
  return lines.map(({ text, sealed }) => (sealed ? '(sealed)' : text)).join();
}

test('a member who was away finds what was written under a later key although its first look finds nothing there', async (t) => {
  // Holders of what lies there are found late, as while a ring closes over somebody who died: at first bob hears of one key only.
  let late = true;
  let first: string | null = null;
  const isThere = (name: string): boolean => {
    const [key, kind] = name.split('/') as [string, string];
    if (kind !== 'room-copy') return true;
    first ??= key;
    return !late || key === first;
  };
  const say = (message: Message): Message => {
    if (message.type !== 'replica-answer' || message.answer.answer !== 'items') return message;
    return { ...message, answer: { ...message.answer, items: message.answer.items.filter(([name]) => isThere(name)) } };
  };
  const away = { bob: false };
  const program = (...[env, settings]: Parameters<typeof chatNode>) =>
    chatNode(
      alteredEnv(env, (message) => (away.bob ? say(message) : message)),
      settings,
    );
  const world = new SmallWorld(23, {}, { program });
  await world.people('alice', 'bob', 'mallory', 'carol', 'dave', 'erin', 'frank');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'attic' });
  for (const name of ['bob', 'mallory']) await world.ask(name, 'room-join', { room: link });
  const members = async (count: number): Promise<boolean> => (await world.ask<RoomDetails>('bob', 'room', { room: 'attic' })).memberList.length === count;
  await world.soon('bob knows all', () => members(3));
  await world.engine.wait(10_000);
  await world.ask('alice', 'room-remove', { room: 'attic', user: 'mallory' });
  await world.soon('bob hears of it', () => members(2));
  await world.engine.killNode('bob');
  await world.ask('alice', 'room-send', { room: 'attic', text: 'leaf' });
  const isHeld = async (): Promise<boolean> =>
    (await world.ask<{ messages: readonly RoomMessageView[] }>('alice', 'room-history', { room: 'attic' })).messages.at(-1)?.state === 'held';
  await world.soon('holders have it', isHeld, 30_000);
  await world.engine.killNode('alice');
  away.bob = true;
  await world.engine.startNode('bob');
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.engine.wait(7_000);
  t.not(first, null, 'bob has looked');
  t.is(await texts(world, 'bob'), '');
  late = false;
  await world.soon('bob reads it', async () => (await texts(world, 'bob')) === 'leaf', 30_000);
  await world.engine.stop();
});

test('a look begins with places that were not read, the latest, the present one, and where nothing was found', (t) => {
  const rows = [row('told', { empty: true }), row('old'), row('new', { read: false }), row('present'), row('older'), row('c'), row('d')];
  t.deepEqual(placesToRead(rows, 'present', never), ['told', 'new', 'present', 'c', 'd']);
});

test('keys that lead nowhere make no look long, and each has its turn', (t) => {
  const rows = Array.from({ length: 40 }, (_, at) => row(`${at}`, { empty: true }));
  const seen = new Set<string>();
  let drawn = 0;
  const random = {
    fraction: () => {
      drawn += 7;
      return (drawn % 41) / 41;
    },
  };
  for (let count = 0; count < 100; count += 1) {
    const places = placesToRead(rows, null, random);
    t.is(places.length, 10);
    t.is(new Set(places).size, 10);
    for (const place of places) seen.add(place);
  }
  t.is(seen.size, 40);
});

test('a place is read where as many as hold each key listed what they have, and had something', (t) => {
  const outcome = (listings: readonly Listing[], of = row('place', { read: false })) => {
    const read = new PlacesRead();
    const noted = listings.map((listing, shelf) => read.listed(of, shelf, listing));
    return { read: read.isRead('place'), thin: read.isThin, expects: read.expectsMore, noted: noted.find((change) => change !== null) ?? null };
  };
  t.deepEqual(outcome([all, nothing]), { read: true, thin: false, expects: false, noted: null });
  t.deepEqual(outcome([nothing]), { read: false, thin: false, expects: true, noted: { empty: true, read: false } });
  t.deepEqual(outcome([nothing], row('place', { order: '1' })), { read: false, thin: false, expects: false, noted: { empty: true, read: false } });
  t.deepEqual(outcome([{ ...nothing, byAll: false }]), { read: false, thin: true, expects: true, noted: null }, 'nor is it known to be empty');
  t.deepEqual(outcome([all, { ...nothing, byAll: false }]), { read: false, thin: true, expects: true, noted: null });
  const found = row('place', { empty: true });
  t.deepEqual(outcome([all, nothing], found), { read: true, thin: false, expects: false, noted: { empty: false, read: false } });
});
