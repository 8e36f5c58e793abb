import test from 'ava';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { SmallWorld } from '../core/small-world.ts';

const ROOM = 'nook';
const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const;

async function nook(seed: number): Promise<SmallWorld> {
  const world = new SmallWorld(seed);
  await world.people(...PEOPLE);
  const { link } = await world.ask<{ link: string }>('alice', 'room-create', { name: ROOM });
  for (const name of PEOPLE.slice(1)) await world.ask(name, 'room-join', { room: link });
  await world.soon('all are in', async () => {
    for (const name of PEOPLE) if ((await world.ask<{ members: number }>(name, 'room', { room: ROOM })).members !== PEOPLE.length) return false;
    return true;
  });
  return world;
}

/** How often members have asked each other whether the room is alike, all together. */
async function samples(world: SmallWorld): Promise<number> {
  let sum = 0;
  for (const name of PEOPLE) sum += (await world.ask<{ counters: Readonly<Record<string, number>> }>(name, 'info')).counters['roomSamples'] ?? 0;
  return sum;
}

async function sampledIn(world: SmallWorld, millis: number): Promise<number> {
  const before = await samples(world);
  await world.engine.wait(millis);
  return (await samples(world)) - before;
}

/** Nobody but chance decides whom others ask, and questions may get lost: within a few rounds at the full pace. */
async function reads(world: SmallWorld, name: string, text: string): Promise<number> {
  const fromMillis = world.engine.now();
  await world.soon(
    `${name} reads ${text}`,
    async () =>
      world.heard.some(
        ({ node, event }) => node === name && event.type.startsWith('room-message') && (event as { message?: { text: string } }).message?.text === text,
      ),
    CORE_OPTIONS.roomCompareMillis * CORE_OPTIONS.roomCalmFactorMax,
  );
  return world.engine.now() - fromMillis;
}

test('while nobody speaks members compare more and more seldom, and at their full pace again after a word', async (t) => {
  const world = await nook(3);
  const { roomCompareMillis, roomCalmFactorMax } = CORE_OPTIONS;
  await world.engine.wait(roomCompareMillis * 8);
  const span = roomCompareMillis * roomCalmFactorMax * 4;
  const quiet = await sampledIn(world, span);
  t.true(quiet >= PEOPLE.length * 2 && quiet <= PEOPLE.length * 8, `${quiet} comparisons of ${PEOPLE.length} members in ${span / 1_000} s of quiet`);
  await world.ask('alice', 'room-send', { room: ROOM, text: 'anybody?' });
  const stirred = await sampledIn(world, roomCompareMillis * 1.5);
  t.true(stirred >= PEOPLE.length * 2, `${stirred} comparisons soon after a word`);
  await world.engine.stop();
});

test('after a long quiet whoever no line leads to hears of a word over the others, whose questions may get lost', async (t) => {
  const world = await nook(5);
  await world.engine.wait(180_000);
  await world.engine.setRules([
    { id: 'far', kind: 'cut', from: ['alice'], to: ['dave'], oneWay: false },
    { id: 'rain', kind: 'loss', from: ['bob', 'carol'], to: ['dave'], oneWay: false, probability: 0.3 },
  ]);
  await world.ask('alice', 'room-send', { room: ROOM, text: 'pass it on' });
  t.true((await reads(world, 'dave', 'pass it on')) > 0);
  await world.ask('dave', 'room-send', { room: ROOM, text: 'I have it' });
  t.true((await reads(world, 'alice', 'I have it')) > 0);
  await world.engine.stop();
});
