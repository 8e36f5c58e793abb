import test from 'ava';
import type { NodeInfo } from '../../src/core/commands.ts';
import { NO_FAULTS } from '../../src/core/faults.ts';
import { chatNode } from '../../src/core/node.ts';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { idleSteward } from '../../src/lab/idle-steward.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const DAY_MILLIS = 86_400_000;
const KEPT_DAYS = 10;
const ROOM = { room: 'garden' };
const MEMBERS = ['alice', 'bob', 'carol', 'mallory'];
const EVERYBODY = [...MEMBERS, 'dave', 'erin', 'frank', 'grace'];

/**
 * A room of four whose copies end after ten days. Carol was away when alice wrote; then alice is gone for good, and mallory and bob are
 * there when three quarters of the copies' time are over.
 */
async function twoAreLeft(seed: number, isHostile: boolean): Promise<SmallWorld> {
  const program: ConstructorParameters<typeof SmallWorld>[2] = {
    program: (env, settings) => (isHostile && settings.user === 'mallory' ? idleSteward(env, settings) : chatNode(env, settings)),
  };
  const world = new SmallWorld(seed, { roomCopyKeptMillis: KEPT_DAYS * DAY_MILLIS, roomRenewLookMillis: 30_000 }, program);
  await world.people(...EVERYBODY);
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const name of MEMBERS.slice(1)) await world.ask(name, 'room-join', { room: link });
  for (const name of MEMBERS) {
    await world.soon(`${name} knows all`, async () => (await world.ask<RoomDetails>(name, 'room', ROOM)).memberList.length === MEMBERS.length);
  }
  await world.engine.wait(10_000);
  await world.engine.killNode('carol');
  await world.ask('alice', 'room-send', { ...ROOM, text: 'old words' });
  for (const name of ['bob', 'mallory']) await world.soon(`${name} reads`, async () => (await texts(world, name)).includes('old words'));
  await world.soon('alice has copied it', async () => (await world.ask<RoomDetails>('alice', 'room', ROOM)).uncopied === 0);
  await world.engine.wait(60_000);
  await world.engine.killNode('alice');
  return world;
}

async function texts(world: SmallWorld, node: string): Promise<string[]> {
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { ...ROOM, limit: 100 });
  return messages.filter((line) => line.kind === 'message').map((line) => (line.sealed ? '(sealed)' : line.text));
}

/** So many days have gone by for everybody; members look through what holders have, several times. */
async function later(world: SmallWorld, days: number): Promise<void> {
  for (const node of EVERYBODY) await world.engine.setFaults(node, { ...NO_FAULTS, skewMillis: days * DAY_MILLIS });
  await world.engine.wait(150_000);
}

async function counted(world: SmallWorld, node: string, counter: string): Promise<number> {
  return (await world.ask<NodeInfo>(node, 'info')).counters[counter] ?? 0;
}

/** At this seed mallory comes before bob for all that alice has put there. The last quarter begins on the ninth day. */
const SEED = 54;

test('who is first in line and takes nothing over is stood in for before the copies end', async (t) => {
  const world = await twoAreLeft(SEED, true);
  await later(world, 9);
  const read = await counted(world, 'bob', 'roomSegmentsRead');
  t.true(read > 0, 'bob has seen what ends');
  t.is(await counted(world, 'bob', 'roomSegmentsAdopted'), 0, 'and mallory still has time');
  await later(world, 10);
  t.true((await counted(world, 'bob', 'roomSegmentsAdopted')) > 0, 'bob stands in');
  await world.engine.killNode('mallory');
  await world.engine.killNode('bob');
  await later(world, KEPT_DAYS + 3);
  await world.engine.startNode('carol', { peers: [await world.engine.endpointOf('dave')] });
  await world.ask('carol', 'login', { password: PASSWORD });
  await world.soon('carol reads', async () => (await texts(world, 'carol')).join() === 'old words', 60_000);
  await world.engine.stop();
});

test('nobody stands in for who has taken over', async (t) => {
  const world = await twoAreLeft(SEED, false);
  for (const days of [9, 10]) await later(world, days);
  t.is(await counted(world, 'bob', 'roomSegmentsAdopted'), 0);
  t.true((await counted(world, 'mallory', 'roomSegmentsAdopted')) > 0);
  await world.engine.stop();
});
