import test from 'ava';
import type { FileDescriptor } from '../../src/core/files/descriptor.ts';
import { chatNode } from '../../src/core/node.ts';
import type { RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { overlaid } from '../../src/lab/overlaid.ts';
import { PASSWORD } from '../core/small-world.ts';
import { FilesWorld, type Sent } from '../files/files-world.ts';

const SIZE = 100_000;

type Content = { readonly kind?: string; readonly text?: string; readonly file?: FileDescriptor };

/** Alice, bob and mallory are friends and in one room; what mallory's node says of its files can be about somebody else's. */
class Offers {
  readonly world: FilesWorld;
  /** What alice's messages said of files, by name. */
  readonly said = new Map<string, FileDescriptor>();
  /** What mallory's next messages with a file say of it. */
  instead: FileDescriptor | null = null;
  /** Keys of rooms that are given to bob do not arrive. */
  withheld = false;

  constructor(seed: number) {
    const changed = (user: string, content: Content): Content => {
      if (content?.text === undefined || content.file === undefined) return content;
      if (user === 'alice') this.said.set(content.file.name, content.file);
      return user === 'mallory' && this.instead !== null ? { ...content, file: this.instead } : content;
    };
    const program = (...[env, settings]: Parameters<typeof chatNode>) => {
      const codec = {
        encode: (value: unknown) => env.codec.encode(changed(settings.user, value as Content)),
        decode: (bytes: Uint8Array) => {
          const value = env.codec.decode(bytes);
          return this.withheld && settings.user === 'bob' && (value as Content)?.kind === 'chains' ? null : value;
        },
      };
      return chatNode(overlaid(env, { codec }), settings);
    };
    this.world = new FilesWorld(seed, {}, { program });
  }

  async friends(): Promise<void> {
    const { world } = this;
    await world.people('alice', 'bob', 'mallory');
    await world.befriend('alice', 'bob');
    await world.befriend('alice', 'mallory');
    await world.befriend('bob', 'mallory');
    const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
    for (const name of ['bob', 'mallory']) await world.ask(name, 'room-join', { room: link });
  }

  /** Mallory posts what alice has said of her file once more, perhaps changed. */
  async repost(to: string, name: string, change: Partial<FileDescriptor> = {}): Promise<Sent> {
    this.instead = { ...(this.said.get(name) as FileDescriptor), ...change };
    const sent = await this.world.send('mallory', to, `bait for ${to}`, 1_000);
    await this.world.engine.wait(3_000);
    this.instead = null;
    return sent;
  }
}

test("who posts somebody else's file again and deletes that message takes nobody's copy along", async (t) => {
  const stage = new Offers(61);
  const { world } = stage;
  await stage.friends();
  const inRoom = await world.send('alice', '#den', 'roses.png', SIZE);
  const direct = await world.send('alice', 'bob', 'plan.pdf', SIZE);
  for (const { file } of [inRoom, direct]) await world.complete('bob', file);
  for (const [to, name] of [
    ['#den', 'roses.png'],
    ['bob', 'plan.pdf'],
    ['alice', 'plan.pdf'],
  ] as const) {
    const bait = await stage.repost(to, name);
    if (to === '#den') await world.ask('mallory', 'room-delete-message', { room: 'den', id: bait.id });
    else await world.ask('mallory', 'delete-message', { with: to, id: bait.id });
  }
  await world.engine.wait(3_000);
  for (const node of ['alice', 'bob']) for (const { file } of [inRoom, direct]) t.is((await world.file(node, file))?.state, 'complete', node);
  await world.ask('alice', 'room-delete-message', { room: 'den', id: inRoom.id });
  for (const node of ['alice', 'bob']) await world.soon(`gone at ${node}`, async () => (await world.file(node, inRoom.file))?.state === 'expired');
  t.is((await world.file('bob', direct.file))?.state, 'complete');
});

test('a file whose message was deleted before its key came is not offered', async (t) => {
  const stage = new Offers(62);
  const { world } = stage;
  await stage.friends();
  await world.ask('alice', 'room-send', { room: 'den', text: 'welcome' });
  await world.engine.wait(3_000);
  stage.withheld = true;
  const sent = await world.send('mallory', '#den', 'late.bin', SIZE);
  await world.complete('alice', sent.file);
  const line = async () =>
    (await world.ask<{ messages: readonly RoomMessageView[] }>('bob', 'room-history', { room: 'den' })).messages.find((each) => each.id === sent.id);
  await world.soon('bob cannot read it', async () => (await line())?.sealed === true);
  await world.ask('alice', 'room-delete-message', { room: 'den', id: sent.id });
  await world.soon('bob hears of the deletion', async () => (await line())?.deleted === true, 120_000);
  t.true((await line())?.sealed);
  stage.withheld = false;
  await world.soon('bob has the key', async () => (await line())?.sealed === false, 120_000);
  await world.engine.wait(2_000);
  t.is(await world.file('bob', sent.file), undefined);
});

for (const [seed, what, change] of [
  [63, 'key', { key: new Uint8Array(32) }],
  [64, 'size', { size: SIZE * 2 }],
] as const) {
  test(`whoever offers a file under a false ${what}, first or last, does not keep its author's from coming`, async (t) => {
    const stage = new Offers(seed);
    const { world } = stage;
    stage.withheld = true;
    await stage.friends();
    // Bob hears of the first from mallory before he does from alice, of the second after.
    const first = await world.send('alice', '#den', 'first.bin', SIZE);
    await world.complete('mallory', first.file);
    await stage.repost('bob', 'first.bin', change);
    t.is((await world.file('bob', first.file))?.from, 'mallory', 'the attack took place');
    stage.withheld = false;
    await world.complete('bob', first.file, 60_000);
    t.true(await world.isWhole('bob', first));
    t.is((await world.file('bob', first.file))?.from, 'alice');
    const second = await world.send('alice', '#den', 'second.bin', 3_000_000);
    await world.soon('bob is asked', async () => (await world.file('bob', second.file))?.state === 'offered');
    await stage.repost('bob', 'second.bin', change);
    await world.ask('bob', 'file-accept', { id: second.file });
    await world.complete('bob', second.file);
    t.true(await world.isWhole('bob', second));
    t.is((await world.file('bob', second.file))?.from, 'alice');
  });
}

test('two false offers of a file before the true one do not keep that out, nor does one that was made when the file was here', async (t) => {
  const stage = new Offers(67);
  const { world } = stage;
  stage.withheld = true;
  await stage.friends();
  const sent = await world.send('alice', '#den', 'roses.png', 3_000_000);
  await world.soon('mallory is asked', async () => (await world.file('mallory', sent.file))?.state === 'offered');
  await world.ask('mallory', 'file-accept', { id: sent.file });
  await world.complete('mallory', sent.file);
  await stage.repost('bob', 'roses.png', { key: new Uint8Array(32) });
  await stage.repost('#den', 'roses.png', { key: new Uint8Array(32).fill(7) });
  t.is((await world.file('bob', sent.file))?.from, 'mallory', 'the attack took place');
  stage.withheld = false;
  await world.soon('bob hears of it in the room', async () => (await world.file('bob', sent.file))?.rooms[0] === 'den', 60_000);
  await world.engine.wait(5_000);
  await world.soon(
    'bob, who is asked for each anew, has it',
    async () => {
      const state = (await world.file('bob', sent.file))?.state;
      if (state === 'offered') await world.ask('bob', 'file-accept', { id: sent.file });
      return state === 'complete';
    },
    60_000,
  );
  t.true(await world.isWhole('bob', sent));
  t.is((await world.file('bob', sent.file))?.from, 'alice');
  const rivals = (): number => world.engine.hosted('bob').disk.user?.tables.get('fileRivals')?.size ?? 0;
  t.is(rivals(), 0, 'what the chunks have disproved is forgotten');
  await stage.repost('bob', 'roses.png', { size: SIZE });
  t.is(rivals(), 0);
  t.true(await world.isWhole('bob', sent));
});

test("who posts somebody else's file as the first and deletes that message leaves it to its author", async (t) => {
  const stage = new Offers(65);
  const { world } = stage;
  stage.withheld = true;
  await stage.friends();
  const sent = await world.send('alice', '#den', 'roses.png', SIZE);
  await world.complete('mallory', sent.file);
  const bait = await stage.repost('bob', 'roses.png');
  await world.complete('bob', sent.file);
  t.is((await world.file('bob', sent.file))?.from, 'mallory', 'the attack took place');
  stage.withheld = false;
  await world.soon('bob hears of it from alice', async () => (await world.file('bob', sent.file))?.rooms[0] === 'den', 60_000);
  await world.ask('mallory', 'delete-message', { with: 'bob', id: bait.id });
  await world.soon('it is of alice', async () => (await world.file('bob', sent.file))?.from === 'alice');
  t.true(await world.isWhole('bob', sent));
});

test("a false offer that came first does not stand because its receiver was restarted before the author's could be proved", async (t) => {
  const stage = new Offers(66);
  const { world } = stage;
  stage.withheld = true;
  await stage.friends();
  const sent = await world.send('alice', '#den', 'large.bin', 3_000_000);
  await world.soon('mallory is asked', async () => (await world.file('mallory', sent.file))?.state === 'offered');
  await world.ask('mallory', 'file-accept', { id: sent.file });
  await world.complete('mallory', sent.file);
  await stage.repost('bob', 'large.bin', { key: new Uint8Array(32) });
  t.is((await world.file('bob', sent.file))?.from, 'mallory', 'the attack took place');
  stage.withheld = false;
  await world.soon('bob hears of it from alice', async () => (await world.file('bob', sent.file))?.rooms[0] === 'den', 60_000);
  t.is((await world.file('bob', sent.file))?.from, 'mallory');
  await world.engine.killNode('bob');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  // And once more at another node, to which it was handed over.
  await world.engine.startNode('bob@desk', { peers: [await world.engine.endpointOf('bob'), await world.engine.endpointOf('alice')] });
  await world.ask('bob@desk', 'login', { password: PASSWORD });
  await world.soon('bob@desk is asked', async () => (await world.file('bob@desk', sent.file))?.state === 'offered');
  await world.ask('bob@desk', 'file-accept', { id: sent.file });
  // The first chunk shows that what was accepted is none of mallory's: bob is asked about alice's.
  await world.soon('it is of alice', async () => (await world.file('bob@desk', sent.file))?.from === 'alice', 60_000);
  await world.ask('bob@desk', 'file-accept', { id: sent.file });
  await world.complete('bob@desk', sent.file, 60_000);
  t.true(await world.isWhole('bob@desk', sent));
});
