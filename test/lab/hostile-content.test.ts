import test from 'ava';
import type { Commands } from '../../src/core/commands.ts';
import { MESSAGES, type Message, type MessageType } from '../../src/core/messages.ts';
import { chatNode } from '../../src/core/node.ts';
import { record } from '../../src/core/shape.ts';
import { hostileNode } from '../../src/lab/hostile-node.ts';
import { hostileSealer } from '../../src/lab/hostile-sealer.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { SmallWorld } from '../core/small-world.ts';
import { mutated } from '../secure/mutations.ts';
import { sampleOf } from '../secure/samples.ts';

const ROUNDS = Number(process.env['HOSTILE_ROUNDS'] ?? 60);
const TYPES = Object.keys(MESSAGES) as MessageType[];

/** Friends of each other, all three in one room of alice's. */
async function stage(world: SmallWorld): Promise<void> {
  await world.people('alice', 'bob', 'mallory');
  await world.befriend('alice', 'bob');
  await world.befriend('alice', 'mallory');
  await world.befriend('bob', 'mallory');
  const { room } = await world.ask<Commands['room-create']['result']>('alice', 'room-create', { name: 'den', policy: 'open' });
  const { link } = await world.ask<Commands['room']['result']>('alice', 'room', { room });
  for (const name of ['bob', 'mallory']) await world.ask(name, 'room-join', { room: link });
  await world.engine.wait(2_000);
}

/** Nobody's program was thrown away, and alice and bob talk as before, to each other and in the room. */
async function aliceAndBobGoOn(t: { is(a: unknown, b: unknown, message?: string): unknown }, world: SmallWorld): Promise<void> {
  const trace = await world.engine.trace();
  const fallen = trace.filter(({ node, detail }) => detail.type === 'life' && node !== 'mallory' && (detail.what === 'reload' || detail.what === 'crash'));
  t.is(fallen.length, 0, JSON.stringify(fallen.slice(0, 3)));
  await world.ask('alice', 'send', { to: 'bob', text: 'are you well?' });
  await world.soon('bob hears alice', async () => (await world.texts('bob', 'alice')).at(-1) === 'are you well?', 60_000);
  await world.ask('bob', 'send', { to: 'alice', text: 'I am' });
  await world.soon('alice hears bob', async () => (await world.texts('alice', 'bob')).at(-1) === 'I am', 60_000);
  await world.ask('bob', 'room-send', { room: 'den', text: 'and here?' });
  const lines = async (): Promise<string> => JSON.stringify(await world.ask('alice', 'room-history', { room: 'den', limit: 50 }));
  await world.soon('alice reads bob in the room', async () => (await lines()).includes('and here?'), 60_000);
  await world.engine.stop();
}

for (const seed of [81, 82, 83]) {
  test(`a friend and member who seals anything: contents of letters, keys and rooms of any form are dropped (seed ${seed})`, async (t) => {
    const random = new SeededRandom(`sealer ${seed}`);
    let armed = false;
    let changed = 0;
    const change = (plaintext: Uint8Array): Uint8Array => {
      if (!armed || random.fraction() < 0.2) return plaintext;
      changed += 1;
      return random.fraction() < 0.1 ? random.bytes(Math.floor(random.fraction() * 200)) : mutated(random, plaintext);
    };
    const world = new SmallWorld(
      seed,
      {},
      { traced: 'states', program: (env, settings) => (settings.user === 'mallory' ? hostileSealer(env, settings, change) : chatNode(env, settings)) },
    );
    await stage(world);
    armed = true;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const to of ['alice', 'bob']) await world.outcome('mallory', 'send', { to, text: `word ${round}` });
      await world.outcome('mallory', 'room-send', { room: 'den', text: `line ${round}` });
      if (round % 10 === 0) await world.outcome('mallory', 'room-create', { name: `bait ${round}`, policy: 'open' });
      if (round % 10 === 1) await world.outcome('mallory', 'room-invite', { room: `bait ${round - 1}`, user: 'bob' });
      await world.engine.wait(200);
    }
    t.true(changed > ROUNDS, `the attack took place: ${changed}`);
    armed = false;
    await aliceAndBobGoOn(t, world);
  });

  test(`a friend and member who says everything that has the right form: no type of message, with any content, brings a node down (seed ${seed})`, async (t) => {
    const random = new SeededRandom(`speaker ${seed}`);
    const said = new Set<string>();
    let armed = false;
    const say = (messages: readonly Message[]): readonly Message[] => {
      if (!armed) return messages;
      const more = Array.from({ length: 30 }, () => {
        const type = TYPES[Math.floor(random.fraction() * TYPES.length)] as MessageType;
        said.add(type);
        return { type, ...(sampleOf(record(MESSAGES[type].shape), random) as object) } as Message;
      });
      return [...messages, ...more];
    };
    const world = new SmallWorld(
      seed,
      {},
      { traced: 'states', program: (env, settings) => (settings.user === 'mallory' ? hostileNode(env, settings, { say }) : chatNode(env, settings)) },
    );
    await stage(world);
    armed = true;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const to of ['alice', 'bob']) await world.outcome('mallory', 'send', { to, text: `word ${round}` });
      await world.engine.wait(100);
    }
    armed = false;
    t.is(said.size, TYPES.length, 'every type of message was said');
    for (const name of ['alice', 'bob']) {
      const { node, user } = world.engine.hosted(name).disk;
      let rows = 0;
      for (const table of [...node.values(), ...(user?.tables.values() ?? [])]) rows += table.size;
      t.true(rows < 2_000, `${name} has stored ${rows} rows`);
    }
    await world.engine.wait(5_000);
    await aliceAndBobGoOn(t, world);
  });
}
