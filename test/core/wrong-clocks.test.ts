import test from 'ava';
import type { MessageView } from '../../src/core/commands.ts';
import { NO_FAULTS } from '../../src/core/faults.ts';
import { chatNode } from '../../src/core/node.ts';
import type { RoomsView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { overlaid } from '../../src/lab/overlaid.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

const YEAR_MILLIS = 365 * 86_400_000;
const PAIRS = [
  ['alice', 'bob'],
  ['bob', 'alice'],
  ['alice', 'bob'],
] as const;

/** Two friends who answer each other, before, while and after the clocks of some are wrong. */
class Talk {
  readonly world: SmallWorld;
  readonly said: string[] = [];

  constructor(seed: number) {
    this.world = new SmallWorld(seed);
  }

  async clocks(of: readonly string[], years: number): Promise<void> {
    for (const name of of) await this.world.engine.setFaults(name, { ...NO_FAULTS, skewMillis: years * YEAR_MILLIS });
  }

  /** Each waits until the word before has come: the order of what is said is certain. */
  async round(): Promise<void> {
    for (const [from, to] of PAIRS) {
      const text = `word ${this.said.length}`;
      this.said.push(text);
      await this.world.ask(from, 'send', { to, text });
      await this.world.soon(`${to} reads ${text}`, async () => (await this.world.texts(to, from)).includes(text));
    }
  }

  /** What is written before the other one's word has come stands in the same place at both all the same. */
  async crossing(): Promise<void> {
    for (const [from, to] of PAIRS.slice(0, 2)) await this.world.ask(from, 'send', { to, text: `${from} at the same time ${this.said.length}` });
    await this.world.engine.wait(2_000);
  }

  async restart(name: string, years: number): Promise<void> {
    await this.world.engine.killNode(name);
    await this.world.engine.startNode(name, { peers: [await this.world.engine.endpointOf(name === 'alice' ? 'bob' : 'alice')] });
    await this.clocks([name], years);
    await this.world.ask(name, 'login', { password: PASSWORD });
  }
}

for (const [seed, of, years] of [
  [1, ['bob'], 10],
  [2, ['bob'], -10],
  [3, ['alice'], -40],
  [4, ['alice', 'bob'], 3],
  [5, ['alice', 'bob'], -3],
] as const) {
  test(`clocks of ${of.join(' and ')} jump by ${years} years and back: nothing is lost, and both see it in the order in which it was said`, async (t) => {
    const talk = new Talk(seed);
    const { world } = talk;
    await world.people('alice', 'bob');
    await world.befriend('alice', 'bob');
    await talk.round();
    await talk.clocks(of, years);
    await talk.round();
    await talk.crossing();
    await talk.restart('bob', (of as readonly string[]).includes('bob') ? years : 0);
    await talk.round();
    await talk.clocks(of, 0);
    await talk.round();
    await talk.crossing();
    const [alice, bob] = [await world.texts('alice', 'bob'), await world.texts('bob', 'alice')];
    t.deepEqual(alice, bob);
    t.deepEqual(
      alice.filter((text) => text.startsWith('word')),
      talk.said,
    );
    t.is(alice.length, talk.said.length + 4);
    t.is(await world.presence('alice', 'bob'), 'online');
    await world.engine.stop();
  });
}

test('who registered while the clock was an hour ahead is there for everybody soon after it is right', async (t) => {
  const world = new SmallWorld(8);
  await world.engine.startSeedServer();
  await world.people('alice', 'carol');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.engine.setFaults('bob', { ...NO_FAULTS, skewMillis: 3_600_000 });
  await world.ask('bob', 'register', { password: PASSWORD });
  await world.engine.wait(40_000);
  await world.engine.setFaults('bob', NO_FAULTS);
  await world.engine.wait(60_000);
  t.deepEqual((await world.engine.seedServerState())?.online, ['alice', 'bob', 'carol']);
  await world.befriend('alice', 'bob');
  t.is(await world.presence('alice', 'bob'), 'online');
  t.is(await world.presence('bob', 'alice'), 'online');
  await world.ask('alice', 'send', { to: 'bob', text: 'hello' });
  await world.soon('bob reads it', async () => (await world.texts('bob', 'alice')).includes('hello'));
  await world.engine.stop();
});

test('the list of rooms tells what stands last in each, whatever the clock of its writer said, and nothing that was edited or deleted', async (t) => {
  const talk = new Talk(6);
  const { world } = talk;
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  await world.ask('bob', 'room-join', { room: link });
  const last = async (node: string): Promise<string | undefined> => (await world.ask<RoomsView>(node, 'rooms')).rooms[0]?.lastText;
  const say = async (name: string, text: string): Promise<string> => {
    const { id } = await world.ask<{ id: string }>(name, 'room-send', { room: 'den', text });
    for (const node of ['alice', 'bob']) await world.soon(`${node} sees ${text}`, async () => (await last(node)) === text);
    return id;
  };
  await say('alice', 'before');
  await talk.clocks(['bob'], 10);
  await say('bob', 'years ahead');
  await talk.clocks(['bob'], 0);
  const id = await say('alice', 'right again');
  await world.ask('alice', 'room-edit', { room: 'den', id, text: 'said better' });
  for (const node of ['alice', 'bob']) await world.soon(`${node} sees the edit`, async () => (await last(node)) === 'said better');
  await world.ask('alice', 'room-delete-message', { room: 'den', id });
  for (const node of ['alice', 'bob']) await world.soon(`${node} sees the deletion`, async () => (await last(node)) === '');
  t.deepEqual([await last('alice'), await last('bob')], ['', '']);
  await world.engine.stop();
});

test('a stamp at the end of all numbers, in a change that waits for its message, is not believed at the next node of the user either', async (t) => {
  const program = (...[env, settings]: Parameters<typeof chatNode>) => {
    if (settings.user !== 'mallory') return chatNode(env, settings);
    const encode = (value: unknown): Uint8Array => {
      const isEdit = (value as { readonly kind?: unknown } | null)?.kind === 'edit' && (value as { readonly stamp?: unknown }).stamp !== undefined;
      return env.codec.encode(isEdit ? { ...(value as object), target: 'x'.repeat(21), stamp: Number.MAX_SAFE_INTEGER } : value);
    };
    const codec = { encode, decode: (bytes: Uint8Array) => env.codec.decode(bytes) };
    return chatNode(overlaid(env, { codec }), settings);
  };
  const world = new SmallWorld(7, {}, { program });
  await world.people('alice', 'mallory');
  await world.befriend('alice', 'mallory');
  const { id } = await world.ask<{ id: string }>('mallory', 'send', { to: 'alice', text: 'hello' });
  await world.ask('mallory', 'edit', { with: 'alice', id, text: 'changed' });
  await world.engine.wait(2_000);
  t.deepEqual(await world.texts('alice', 'mallory'), ['hello'], 'the attack took place');
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  await world.soon('her history is there', async () => (await world.texts('alice@desk', 'mallory')).length === 1);
  await world.engine.wait(2_000);
  await world.ask('alice@desk', 'send', { to: 'mallory', text: 'who are you' });
  const { messages } = await world.ask<{ messages: readonly MessageView[] }>('alice@desk', 'history', { with: 'mallory', limit: 10 });
  t.true(Number(messages.at(-1)?.key.split('-')[0]) < 2 ** 52, messages.at(-1)?.key);
  await world.engine.stop();
});
