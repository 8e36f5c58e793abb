import test from 'ava';
import type { MessageView } from '../../src/core/commands.ts';
import { FilesWorld } from './files-world.ts';

const MEGABYTE = 1_048_576;

test('a small file of a friend comes by itself, is what was sent, and both sides say so', async (t) => {
  const world = new FilesWorld(1);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  const sent = await world.send('alice', 'bob', 'report.pdf', 300_000);
  await world.complete('bob', sent.file);
  t.true(await world.isWhole('bob', sent));
  const { messages } = await world.ask<{ messages: readonly MessageView[] }>('bob', 'history', { with: 'alice' });
  t.is(messages[0]?.text, 'report.pdf');
  t.like(messages[0]?.file, { name: 'report.pdf', size: 300_000, mediaType: 'application/pdf', from: 'alice', fromMe: false, state: 'complete' });
  await world.soon('alice hears of it', async () => (await world.file('alice', sent.file))?.fetchedBy[0] === 'bob');
});

test('a large file waits for the word of its receiver', async (t) => {
  const world = new FilesWorld(2);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  const sent = await world.send('alice', 'bob', 'film.mp4', 16 * MEGABYTE);
  await world.soon('it is offered', async () => (await world.file('bob', sent.file))?.state === 'offered');
  await world.engine.wait(3_000);
  t.is((await world.file('bob', sent.file))?.bytes, 0);
  await world.ask('bob', 'file-accept', { id: sent.file.slice(0, 8) });
  const before = world.engine.now();
  await world.complete('bob', sent.file);
  t.log(`16 MiB in ${Math.round(world.engine.now() - before)} virtual ms`);
  t.true(await world.isWhole('bob', sent));
});
