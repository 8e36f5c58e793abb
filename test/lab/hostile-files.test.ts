import test from 'ava';
import { utf8 } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/capabilities.ts';
import type { NodeInfo } from '../../src/core/commands.ts';
import type { Message } from '../../src/core/messages.ts';
import { chatNode } from '../../src/core/node.ts';
import type { RoomView } from '../../src/core/rooms/room-commands.ts';
import { fromHex } from '../../src/core/rooms/room-event.ts';
import { hostileNode } from '../../src/lab/hostile-node.ts';
import { overlaid } from '../../src/lab/overlaid.ts';
import { FilesWorld } from '../files/files-world.ts';

const SIZE = 400_000;

/** Alice, bob and mallory are friends of each other; mallory's node says what the attack wants. */
class Stage {
  readonly world: FilesWorld;
  say: (messages: readonly Message[]) => readonly Message[] = (messages) => messages;
  /** Mallory's node seals chunks of files like this. */
  sealing: Crypto['seal'] | null = null;

  constructor(seed: number) {
    const program = (...[env, settings]: Parameters<typeof chatNode>) => {
      if (settings.user !== 'mallory') return chatNode(env, settings);
      const crypto = new Proxy(env.crypto, {
        get: (target, name) => {
          if (name === 'seal' && this.sealing !== null) return this.sealing;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value as (...given: never[]) => unknown).bind(target) : value;
        },
      });
      const turned = overlaid(env, { crypto });
      return hostileNode(turned, settings, { say: (messages) => this.say(messages) });
    };
    this.world = new FilesWorld(seed, {}, { program });
  }

  async friends(): Promise<void> {
    await this.world.people('alice', 'bob', 'mallory');
    await this.world.befriend('alice', 'bob');
    await this.world.befriend('alice', 'mallory');
    await this.world.befriend('bob', 'mallory');
  }

  async counter(node: string, name: string): Promise<number> {
    return (await this.world.ask<NodeInfo>(node, 'info')).counters[name] ?? 0;
  }

  /** Alice and bob still write and send to each other. */
  async aliceAndBobGoOn(): Promise<void> {
    await this.world.ask('alice', 'send', { to: 'bob', text: 'are you well?' });
    await this.world.soon('bob reads it', async () => (await this.world.texts('bob', 'alice')).includes('are you well?'));
    const sent = await this.world.send('bob', 'alice', 'well.txt', 50_000);
    await this.world.complete('alice', sent.file);
    await this.world.engine.stop();
  }
}

test('false chunks: none is kept, the liar is left alone, and in a room an honest member gives the file', async (t) => {
  const stage = new Stage(51);
  const { world } = stage;
  await stage.friends();
  const { link } = await world.ask<RoomView>('mallory', 'room-create', { name: 'den' });
  await world.ask('bob', 'room-join', { room: link });
  const sent = await world.send('mallory', '#den', 'gift.bin', SIZE);
  await world.complete('bob', sent.file);
  stage.say = (messages) =>
    messages.map((message) => (message.type === 'file-chunk' ? { ...message, sealed: message.sealed.map((byte) => byte ^ 1) } : message));
  const own = await world.send('mallory', 'alice', 'false.bin', SIZE);
  await world.soon('alice has noticed', async () => (await stage.counter('alice', 'dropped:file-false')) > 0);
  await world.engine.wait(5_000);
  t.is((await world.file('alice', own.file))?.bytes, 0, 'nothing of it was kept');
  await world.ask('alice', 'room-join', { room: link });
  await world.complete('alice', sent.file);
  t.true(await world.isWhole('alice', sent));
  await stage.aliceAndBobGoOn();
});

test('false hashes are refused, and nothing is fetched by them', async (t) => {
  const stage = new Stage(52);
  await stage.friends();
  stage.say = (messages) =>
    messages.map((message) => (message.type === 'file-hashes' ? { ...message, hashes: message.hashes.map((byte) => byte ^ 1) } : message));
  const sent = await stage.world.send('mallory', 'bob', 'gift.bin', SIZE);
  await stage.world.soon('bob has noticed', async () => (await stage.counter('bob', 'dropped:file-false')) > 0);
  await stage.world.engine.wait(5_000);
  t.is((await stage.world.file('bob', sent.file))?.bytes, 0);
  t.is(await stage.counter('bob', 'dropped:file-false'), 1, 'the liar is not asked again and again');
  await stage.aliceAndBobGoOn();
});

test('an author who commits to chunks that do not open gets a file that is dropped as unfit', async (t) => {
  const stage = new Stage(53);
  await stage.friends();
  const label = utf8('confab/file-chunk/1').join();
  const { crypto } = stage.world.engine.hosted('alice');
  stage.sealing = (options) => {
    const sealed = crypto.seal(options);
    return options.associated.join() === label ? sealed.map((byte) => byte ^ 1) : sealed;
  };
  const sent = await stage.world.send('mallory', 'bob', 'bomb.bin', SIZE);
  await stage.world.soon('bob has dropped it', async () => (await stage.world.file('bob', sent.file))?.state === 'unfit');
  t.is((await stage.world.file('bob', sent.file))?.bytes, 0);
  t.is(await stage.world.outcome('bob', 'file-accept', { id: sent.file }), 'file-gone');
  await stage.aliceAndBobGoOn();
});

test('chunks that nobody asked for, without end, are counted and dropped', async (t) => {
  const stage = new Stage(54);
  await stage.friends();
  stage.say = (messages) => [
    ...messages,
    ...Array.from({ length: 40 }, (_, index): Message => ({ type: 'file-chunk', file: new Uint8Array(32), index, sealed: new Uint8Array(30_000) })),
  ];
  await stage.world.ask('mallory', 'send', { to: 'bob', text: 'hello' });
  await stage.world.engine.wait(3_000);
  t.true((await stage.counter('bob', 'dropped:file-unasked')) >= 40, 'the attack took place');
  t.deepEqual(await stage.world.files('bob'), []);
  await stage.aliceAndBobGoOn();
});

test('a receiver who asks in loops gets the file a few times, then nothing more of it', async (t) => {
  const stage = new Stage(55);
  await stage.friends();
  stage.say = (messages) =>
    messages.flatMap((message): readonly Message[] => (message.type === 'file-ask' ? Array.from({ length: 60 }, () => message) : [message]));
  const sent = await stage.world.send('alice', 'mallory', 'gift.bin', SIZE);
  await stage.world.engine.wait(10_000);
  t.true((await stage.counter('alice', 'fileAsksExcess')) > 0, 'the attack took place');
  const left = (await stage.world.file('alice', sent.file))?.state;
  t.is(left, 'complete');
  await stage.aliceAndBobGoOn();
});

test('who was not offered a file gets nothing of it, also with its id', async (t) => {
  const stage = new Stage(56);
  await stage.friends();
  const sent = await stage.world.send('alice', 'bob', 'secret.bin', SIZE);
  await stage.world.complete('bob', sent.file);
  const heard: string[] = [];
  stage.say = (messages) => {
    heard.push(...messages.map((message) => message.type));
    return [
      ...messages,
      { type: 'file-ask', file: fromHex(sent.file), indexes: [], have: 0 },
      { type: 'file-ask', file: fromHex(sent.file), indexes: [0, 1, 2], have: 0 },
      { type: 'file-note', file: fromHex(sent.file), note: 'complete', indexes: [] },
    ];
  };
  for (const to of ['alice', 'bob']) await stage.world.ask('mallory', 'send', { to, text: 'hello' });
  await stage.world.engine.wait(3_000);
  for (const node of ['alice', 'bob']) t.true((await stage.counter(node, 'fileAsksRefused')) > 0, `${node} was asked`);
  t.deepEqual((await stage.world.file('alice', sent.file))?.fetchedBy, ['bob'], 'a stranger cannot say that it has the file');
  await stage.aliceAndBobGoOn();
});

test('files that nobody gives do not keep away those that somebody would', async (t) => {
  const stage = new Stage(57);
  const { world } = stage;
  await stage.friends();
  stage.say = (messages) =>
    messages.map((message) => (message.type === 'file-hashes' ? { type: 'file-note', file: message.file, note: 'missing', indexes: [] } : message));
  for (const name of ['a', 'b', 'c', 'd', 'e']) await world.send('mallory', 'bob', `${name}.bin`, SIZE);
  await world.engine.wait(3_000);
  const sent = await world.send('alice', 'bob', 'gift.bin', SIZE);
  await world.complete('bob', sent.file);
  stage.say = (messages) => messages;
  await world.soon('bob has them all', async () => (await world.files('bob')).every((file) => file.state === 'complete'), 60_000);
  t.is((await world.files('bob')).length, 6);
  await stage.aliceAndBobGoOn();
});
