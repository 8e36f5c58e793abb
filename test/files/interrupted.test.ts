import test from 'ava';
import { NO_FAULTS } from '../../src/core/faults.ts';
import type { Rule } from '../../src/core/rules.ts';
import { PASSWORD } from '../core/small-world.ts';
import { FilesWorld, type Sent } from './files-world.ts';

const SIZE = 3_000_000;
/** Thin enough that a file takes seconds. */
const THIN: Rule = { id: 'thin', from: ['*'], to: ['*'], oneWay: false, kind: 'bandwidth', bytesPerSecond: 1_000_000, queueBytesMax: 300_000 };

async function begun(seed: number): Promise<{ world: FilesWorld; sent: Sent }> {
  const world = new FilesWorld(seed);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  await world.engine.setRules([THIN]);
  const sent = await world.send('alice', 'bob', 'film.mp4', SIZE);
  await world.soon('offered', async () => (await world.file('bob', sent.file)) !== undefined);
  await world.ask('bob', 'file-accept', { id: sent.file });
  await world.soon('begun', async () => ((await world.file('bob', sent.file))?.bytes ?? 0) > SIZE / 4);
  return { world, sent };
}

test('a full disk stops a transfer and loses nothing of it; chat and file go on when there is room', async (t) => {
  const { world, sent } = await begun(3);
  const before = (await world.file('bob', sent.file))?.bytes ?? 0;
  await world.engine.setFaults('bob', { ...NO_FAULTS, diskFull: true });
  t.is(await world.outcome('bob', 'file-decline', { id: sent.file }), 'store-failed');
  await world.engine.wait(5_000);
  await world.engine.setFaults('bob', NO_FAULTS);
  const after = await world.file('bob', sent.file);
  t.is(after?.state, 'loading');
  t.true((after?.bytes ?? 0) >= before, `${after?.bytes} of ${before} bytes are left`);
  await world.complete('bob', sent.file);
  t.true(await world.isWhole('bob', sent));
});

test('a takeover hands over what was fetched and what was sent, and both go on at the new node', async (t) => {
  const { world, sent } = await begun(4);
  const before = (await world.file('bob', sent.file))?.bytes ?? 0;
  await world.engine.startNode('bob@desk', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('bob@desk', 'login', { password: PASSWORD });
  await world.soon('handed over', async () => ((await world.file('bob@desk', sent.file))?.bytes ?? 0) >= before, 40_000);
  await world.engine.setRules([]);
  await world.complete('bob@desk', sent.file);
  t.true(await world.isWhole('bob@desk', sent));
  // The sender moves before anybody has fetched: the new node gives what the old one read in.
  const other = await world.send('alice', 'bob', 'other.mp4', SIZE);
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('bob@desk')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  await world.soon('handed over', async () => (await world.file('alice@desk', other.file))?.state === 'complete', 40_000);
  await world.engine.killNode('alice');
  await world.soon('offered', async () => (await world.file('bob@desk', other.file)) !== undefined);
  await world.ask('bob@desk', 'file-accept', { id: other.file });
  await world.complete('bob@desk', other.file);
  t.true(await world.isWhole('bob@desk', other));
});

test('who logs out or deletes the account while a file comes leaves nothing that goes on', async (t) => {
  const { world, sent } = await begun(5);
  await world.ask('bob', 'logout');
  await world.engine.wait(3_000);
  await world.ask('bob', 'login', { password: PASSWORD });
  t.is((await world.file('bob', sent.file))?.state, 'loading');
  await world.engine.setRules([]);
  await world.complete('bob', sent.file);
  const { disk } = world.engine.hosted('bob');
  t.not(disk.user, null);
  await world.ask('bob', 'delete-account', { password: PASSWORD });
  await world.soon('bob has ended', async () => !world.engine.isRunning('bob'));
  t.is(disk.user, null, 'the store of the user, files included, is gone');
});
