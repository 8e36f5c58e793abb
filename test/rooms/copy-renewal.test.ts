import test from 'ava';
import type { NodeInfo } from '../../src/core/commands.ts';
import { NO_FAULTS } from '../../src/core/faults.ts';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const DAY_MILLIS = 86_400_000;
const KEPT_DAYS = 10;
const EVERYBODY = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const;
const MEMBERS = ['alice', 'bob', 'carol'] as const;

/** A room of three, of whom carol was away when alice wrote and bob read. Copies end after ten days. */
async function garden(seed: number): Promise<SmallWorld> {
  const world = new SmallWorld(seed, { roomCopyKeptMillis: KEPT_DAYS * DAY_MILLIS });
  await world.people(...EVERYBODY);
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const name of MEMBERS.slice(1)) await world.ask(name, 'room-join', { room: link });
  for (const name of MEMBERS) {
    await world.soon(`${name} knows all`, async () => (await world.ask<RoomDetails>(name, 'room', { room: 'garden' })).memberList.length === MEMBERS.length);
  }
  await world.engine.wait(10_000);
  await world.engine.killNode('carol');
  await world.ask('alice', 'room-send', { room: 'garden', text: 'old words' });
  await world.soon('bob reads', async () => (await texts(world, 'bob')).includes('old words'));
  await world.engine.wait(10_000);
  return world;
}

async function texts(world: SmallWorld, node: string): Promise<string[]> {
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'garden', limit: 100 });
  return messages.filter((line) => line.kind === 'message').map((line) => (line.sealed ? '(sealed)' : line.text));
}

/** So many days have gone by for everybody; holders look through what they have. */
async function later(world: SmallWorld, days: number): Promise<void> {
  for (const node of EVERYBODY) await world.engine.setFaults(node, { ...NO_FAULTS, skewMillis: days * DAY_MILLIS });
  await world.engine.wait(60_000);
}

async function comesBack(world: SmallWorld, name: string): Promise<void> {
  if (world.engine.isRunning(name)) await world.engine.killNode(name);
  await world.engine.startNode(name, { peers: [await world.engine.endpointOf('dave')] });
  await world.ask(name, 'login', { password: PASSWORD });
}

async function counted(world: SmallWorld, node: string, counter: string): Promise<number> {
  return (await world.ask<NodeInfo>(node, 'info')).counters[counter] ?? 0;
}

test('whoever wrote copies renews them at half of their time, and they are read after the end of it', async (t) => {
  const world = await garden(41);
  await world.engine.killNode('bob');
  await later(world, 6);
  await comesBack(world, 'alice');
  await world.soon('alice has renewed them', async () => (await counted(world, 'alice', 'roomSegmentsRenewed')) > 0, 60_000);
  await world.engine.wait(30_000);
  const renewed = await counted(world, 'alice', 'roomSegmentsRenewed');
  await world.engine.wait(120_000);
  t.is(await counted(world, 'alice', 'roomSegmentsRenewed'), renewed, 'once');
  await world.engine.killNode('alice');
  await later(world, KEPT_DAYS + 3);
  await comesBack(world, 'carol');
  await world.soon('carol reads', async () => (await texts(world, 'carol')).join() === 'old words', 60_000);
  await world.engine.stop();
});

test('what its writer does not renew another member takes over', async (t) => {
  const world = await garden(42);
  await world.engine.killNode('alice');
  await later(world, 6);
  await comesBack(world, 'bob');
  await world.engine.wait(30_000);
  t.is(await counted(world, 'bob', 'roomSegmentsAdopted'), 0, 'alice still has time');
  // Where no member is linked, holders are asked each minute.
  await later(world, 9);
  await world.soon('bob has taken them over', async () => (await counted(world, 'bob', 'roomSegmentsAdopted')) > 0, 60_000);
  await world.engine.wait(30_000);
  await world.engine.killNode('bob');
  await later(world, KEPT_DAYS + 4);
  await comesBack(world, 'carol');
  await world.soon('carol reads', async () => (await texts(world, 'carol')).join() === 'old words', 60_000);
  await world.engine.stop();
});

test('what nobody renews ends', async (t) => {
  const world = await garden(43);
  await world.engine.killNode('alice');
  await world.engine.killNode('bob');
  await later(world, KEPT_DAYS + 3);
  await comesBack(world, 'carol');
  await world.engine.wait(60_000);
  t.deepEqual(await texts(world, 'carol'), []);
  await world.engine.stop();
});
