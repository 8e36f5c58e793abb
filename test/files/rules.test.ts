import test from 'ava';
import type { MessageView } from '../../src/core/commands.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import type { RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import type { Rule } from '../../src/core/rules.ts';
import { FilesWorld, type Sent } from './files-world.ts';

const KILOBYTE = 1_024;

async function twoFriends(seed: number, options: Partial<CoreOptions> = {}): Promise<FilesWorld> {
  const world = new FilesWorld(seed, options);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  return world;
}

test('what cannot be sent or saved is refused in words, and nothing of it stays', async (t) => {
  const world = await twoFriends(11, { fileBytesMax: 100 * KILOBYTE });
  const put = (name: string, bytes: number): Promise<string> => world.engine.peopleFiles.put(name, world.content(bytes));
  t.is(await world.outcome('alice', 'file-send', { to: 'bob', path: await put('big.bin', 100 * KILOBYTE + 1) }), 'too-large');
  t.is(await world.outcome('alice', 'file-send', { to: 'bob', path: '/no/such/file' }), 'file-unreadable');
  t.is(await world.outcome('alice', 'file-send', { to: 'bob', path: 'not/whole' }), 'file-path');
  t.is(await world.outcome('alice', 'file-send', { to: 'carol', path: await put('x', 1) }), 'unknown-user');
  t.is(await world.outcome('alice', 'file-send', { path: await put('x', 1) }), 'bad-arguments');
  t.is(await world.outcome('alice', 'file-send', { to: '#den', path: await put('x', 1) }), 'unknown-room');
  t.is(await world.outcome('alice', 'file-save', { id: 'nothing', path: '/x' }), 'unknown-file');
  t.deepEqual(await world.files('alice'), []);
  t.is(world.engine.hosted('alice').store.count('fileChunks'), 0);
  const sent = await world.send('alice', 'bob', 'small.bin', 99 * KILOBYTE);
  await world.complete('bob', sent.file);
  const path = await world.engine.peopleFiles.placeFor('bob', 'saved.bin');
  t.is(await world.outcome('bob', 'file-save', { id: sent.file, path }), 'ok');
  t.is(await world.outcome('bob', 'file-save', { id: sent.file, path }), 'file-exists');
  t.is(await world.outcome('bob', 'file-save', { id: sent.file, path, overwrite: true }), 'ok');
});

test('an empty file and one that ends with a chunk are files, too', async (t) => {
  const world = await twoFriends(12);
  for (const bytes of [0, 1, 32 * KILOBYTE, 64 * KILOBYTE]) {
    const sent = await world.send('alice', 'bob', `${bytes}.bin`, bytes);
    await world.complete('bob', sent.file);
    t.true(await world.isWhole('bob', sent), `${bytes} bytes`);
  }
});

test('what one friend may take here is bounded: more waits to be accepted, and then says why it cannot be', async (t) => {
  const world = await twoFriends(13, { filePeerBytesMax: 250 * KILOBYTE });
  const first = await world.send('alice', 'bob', 'first.bin', 200 * KILOBYTE);
  await world.complete('bob', first.file);
  const second = await world.send('alice', 'bob', 'second.bin', 100 * KILOBYTE);
  await world.soon('offered', async () => (await world.file('bob', second.file))?.state === 'offered');
  t.is(await world.outcome('bob', 'file-accept', { id: second.file }), 'files-full');
  t.is(await world.outcome('bob', 'file-decline', { id: first.file }), 'ok');
  t.is(await world.outcome('bob', 'file-accept', { id: second.file }), 'ok');
  await world.complete('bob', second.file);
  t.is(await world.outcome('bob', 'file-save', { id: first.file, path: '/x' }), 'file-gone');
});

test('filler counts: small files do not take more here than they may', async (t) => {
  const world = await twoFriends(14, { filePeerBytesMax: 10 * KILOBYTE });
  const sent = [];
  for (const bytes of [0, 1, 2]) sent.push(await world.send('alice', 'bob', `${bytes}.bin`, bytes));
  const [empty, small, third] = sent as [Sent, Sent, Sent];
  for (const { file } of [empty, small]) await world.complete('bob', file);
  await world.soon('offered', async () => (await world.file('bob', third.file)) !== undefined);
  t.is((await world.file('bob', third.file))?.state, 'offered');
  t.is(await world.outcome('bob', 'file-accept', { id: third.file }), 'files-full');
});

test('copies of what friends have fetched make way for what is sent next', async (t) => {
  const world = await twoFriends(19, { fileTotalBytesMax: 250 * KILOBYTE });
  const first = await world.send('alice', 'bob', 'first.bin', 200 * KILOBYTE);
  t.is(await world.outcome('alice', 'file-send', { to: 'bob', path: await world.engine.peopleFiles.put('x', world.content(100 * KILOBYTE)) }), 'files-full');
  await world.complete('bob', first.file);
  await world.soon('alice hears of it', async () => (await world.file('alice', first.file))?.fetchedBy[0] === 'bob');
  const second = await world.send('alice', 'bob', 'second.bin', 200 * KILOBYTE);
  t.is((await world.file('alice', first.file))?.state, 'expired');
  await world.soon('offered', async () => (await world.file('bob', second.file))?.state === 'offered');
  await world.ask('bob', 'file-decline', { id: first.file });
  await world.ask('bob', 'file-accept', { id: second.file });
  await world.complete('bob', second.file);
});

test('in a room that is too large for everybody to be linked, its author is sought for the file', async (t) => {
  const world = new FilesWorld(20, { roomDirectMembersMax: 2, randomLinkCount: 2 });
  const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
  await world.people(...names);
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'hall' });
  for (const name of names.slice(1)) await world.ask(name, 'room-join', { room: link });
  const sent = await world.send('dave', '#hall', 'plan.pdf', 200 * KILOBYTE);
  for (const name of names.filter((each) => each !== 'dave')) {
    await world.soon(`${name} hears of it`, async () => (await world.file(name, sent.file)) !== undefined, 60_000);
    await world.ask(name, 'file-accept', { id: sent.file });
  }
  for (const name of names) await world.complete(name, sent.file, 60_000);
  t.true(await world.isWhole('frank', sent));
});

test('rows of files are bounded: offers beyond make the oldest that only tells of something go', async (t) => {
  const world = await twoFriends(14, { filesMax: 3, fileAutoBytesMax: 0 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await world.send('alice', 'bob', `${name}.bin`, 1_000).catch(() => undefined);
    await world.engine.wait(500);
  }
  const names = (await world.files('bob')).map((file) => file.name).sort();
  t.is(names.length, 3);
  t.true(names.includes('e.bin'));
});

test('a refusal is told to the author; a file that is turned down can be fetched later', async (t) => {
  const world = await twoFriends(15, { fileAutoBytesMax: 0 });
  const sent = await world.send('alice', 'bob', 'x.bin', 50 * KILOBYTE);
  await world.soon('offered', async () => (await world.file('bob', sent.file)) !== undefined);
  await world.ask('bob', 'file-decline', { id: 'x.bin' });
  await world.soon('alice hears of it', async () => (await world.file('alice', sent.file))?.declinedBy[0] === 'bob');
  await world.ask('bob', 'file-accept', { id: 'x.bin' });
  await world.complete('bob', sent.file);
  await world.soon('alice hears of that', async () => (await world.file('alice', sent.file))?.fetchedBy[0] === 'bob');
  t.deepEqual((await world.file('alice', sent.file))?.declinedBy, []);
});

test('what has lain here for long enough goes, and says so', async (t) => {
  const world = await twoFriends(16, { fileKeptMillis: 3_000_000 });
  const sent = await world.send('alice', 'bob', 'x.bin', 50 * KILOBYTE);
  await world.complete('bob', sent.file);
  await world.ask('bob', 'logout');
  await world.engine.wait(3_100_000);
  await world.ask('bob', 'login', { password: 'correct horse' });
  t.is((await world.file('bob', sent.file))?.state, 'expired');
  t.is(world.engine.hosted('bob').store.count('fileChunks'), 0);
  const { messages } = await world.ask<{ messages: readonly MessageView[] }>('bob', 'history', { with: 'alice' });
  t.is(messages[0]?.file?.state, 'expired');
});

test('in a room a file comes from members who have it, and goes with the message that brought it', async (t) => {
  const world = new FilesWorld(17);
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  await world.ask('bob', 'room-join', { room: link });
  const sent = await world.send('alice', '#garden', 'roses.png', 500 * KILOBYTE);
  await world.soon('bob is asked, since alice is no friend', async () => (await world.file('bob', sent.file))?.state === 'offered');
  await world.ask('bob', 'file-accept', { id: sent.file });
  await world.complete('bob', sent.file);
  await world.ask('carol', 'room-join', { room: link });
  await world.engine.killNode('alice');
  await world.soon('carol has the history', async () => (await world.file('carol', sent.file)) !== undefined);
  await world.ask('carol', 'file-accept', { id: sent.file });
  await world.complete('carol', sent.file);
  t.true(await world.isWhole('carol', sent));
  await world.engine.startNode('alice');
  await world.ask('alice', 'login', { password: 'correct horse' });
  await world.soon('alice hears who has it', async () => (await world.file('alice', sent.file))?.fetchedBy.join() === 'bob,carol');
  await world.ask('alice', 'room-delete-message', { room: 'garden', id: sent.id });
  for (const node of ['bob', 'carol', 'alice']) await world.soon(`gone at ${node}`, async () => world.engine.hosted(node).store.count('fileChunks') === 0);
  const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>('carol', 'room-history', { room: 'garden' });
  t.is(messages.find((message) => message.id === sent.id)?.file, undefined);
});

test('a message goes past a file on a thin line: it waits for what is under way, not for the file', async (t) => {
  const world = await twoFriends(18);
  const thin: Rule = { id: 'thin', from: ['*'], to: ['*'], oneWay: false, kind: 'bandwidth', bytesPerSecond: 500_000, queueBytesMax: 2_000_000 };
  await world.engine.setRules([thin]);
  const sent = await world.send('alice', 'bob', 'film.mp4', 2_000 * KILOBYTE);
  await world.soon('it comes', async () => ((await world.file('bob', sent.file))?.bytes ?? 0) > 600 * KILOBYTE);
  const delays: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    const { id } = await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text: `line ${index}` });
    const from = world.engine.now();
    await world.soon('it is delivered', async () => (await world.state('alice', id)) === 'delivered');
    delays.push(world.engine.now() - from);
  }
  t.is((await world.file('bob', sent.file))?.state, 'loading', 'the file was still on its way');
  t.true(Math.max(...delays) < 700, `delivered after ${delays.map(Math.round).join(', ')} ms`);
  t.log(`messages beside a file on 500 kB/s: ${delays.map(Math.round).join(', ')} ms`);
  await world.complete('bob', sent.file);
});

test("the size of what comes unasked is the receiver's to choose, and moves with the user", async (t) => {
  const world = await twoFriends(19);
  await world.ask('bob', 'settings', { unaskedMegabytes: 0 });
  const small = await world.send('alice', 'bob', 'small.bin', 50 * KILOBYTE);
  await world.soon('bob is asked', async () => (await world.file('bob', small.file))?.state === 'offered');
  await world.ask('bob', 'settings', { unaskedMegabytes: 4 });
  const large = await world.send('alice', 'bob', 'large.bin', 3_000 * KILOBYTE);
  await world.complete('bob', large.file);
  t.is((await world.file('bob', small.file))?.state, 'offered', 'what was offered before waits for an answer');
});
