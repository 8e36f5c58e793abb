import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { ConfabError } from '../../src/core/errors.ts';
import { becomeFriends, chatRun, engineOf, sees, sendAndSeeDelivered } from './fixtures/chat-run.ts';

test('X1: the same seed gives the same trace in this process and in another; another seed gives another', async (t) => {
  const first = await chatRun(1);
  t.true(first.events > 100);
  t.is((await chatRun(1)).sha256, first.sha256);
  t.not((await chatRun(2)).sha256, first.sha256);
  const printer = fileURLToPath(new URL('./fixtures/print-hash.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [printer, '1']);
  t.is(stdout, first.sha256);
});

test('frames and stored values that go through bytes give the very same run', async (t) => {
  t.is((await chatRun(3, true)).sha256, (await chatRun(3)).sha256);
});

test('the trace is in order of time, its ids are unique, and the text of messages is not in it', async (t) => {
  const { engine } = await chatRun(4);
  const events = await engine.trace();
  t.true(events.every((event, index) => index === 0 || event.monotonicMillis >= (events[index - 1]?.monotonicMillis ?? 0)));
  t.is(new Set(events.map((event) => event.id)).size, events.length);
  t.false(JSON.stringify(events).includes('are you there'));
});

test('deadlines are virtual: an hour passes at once, and where nothing can happen time jumps', async (t) => {
  const engine = engineOf({ seed: 1 });
  await engine.start();
  const began = performance.now();
  await engine.wait(3_600_000);
  t.is(engine.now(), 3_600_000);
  t.is(await engine.until(async () => 'nothing came', 3_600_000), 'nothing came');
  t.is(engine.now(), 7_200_000);
  // Two hours: a machine that is busy with much else has time enough, and no machine that waits for real has.
  t.true(performance.now() - began < 300_000);
  await engine.stop();
});

test('strands side by side share the clock and end in order of virtual time', async (t) => {
  const engine = engineOf({ seed: 1 });
  const log: string[] = [];
  const strand = (name: string, ...pauses: number[]) => {
    return async () => {
      for (const pause of pauses) {
        await engine.wait(pause);
        log.push(`${name} ${engine.now()}`);
      }
    };
  };
  await engine.parallel([strand('a', 10, 10, 10), strand('b', 15, 5), strand('c', 30)]);
  t.deepEqual(log, ['a 10', 'b 15', 'a 20', 'b 20', 'c 30', 'a 30']);
  const failing = engine.parallel([() => Promise.reject(new Error('one failed')), strand('d', 5)]);
  await t.throwsAsync(failing, { message: 'one failed' });
  t.is(log.at(-1), 'd 35');
});

test('commands are validated, fail with codes, and end when their node does', async (t) => {
  const engine = engineOf({ seed: 1 });
  const code = async (action: Promise<unknown>): Promise<string> => ((await t.throwsAsync(action)) as ConfabError).code;
  await t.throwsAsync(engine.startNode('../x'), { instanceOf: ConfabError, message: /cannot be used/ });
  t.is(await code(engine.command('alice', 'info', {})), 'unavailable');
  await engine.startNode('alice', { seedServer: false });
  t.is(await code(engine.startNode('alice')), 'bad-arguments');
  t.is(await code(engine.command('alice', 'inform', {})), 'bad-command');
  t.is(await code(engine.command('alice', 'friend-add', { usr: 'bob' })), 'bad-arguments');
  t.is(await code(engine.command('alice', 'friends', {})), 'not-logged-in');
  t.deepEqual(await engine.command('alice', 'ping', {}), {});
  const registering = engine.command('alice', 'register', { password: 'a password' });
  registering.catch(() => {});
  await engine.wait(1);
  await engine.killNode('alice');
  t.is(await code(registering), 'unavailable');
  t.false(engine.isRunning('alice'));
  t.deepEqual(engine.nodes(), ['alice']);
  await engine.startNode('alice', { seedServer: false });
  await engine.command('alice', 'register', { password: 'a password' });
  await engine.command('alice', 'stop', {});
  t.false(engine.isRunning('alice'));
  await engine.stop();
  await engine.stop();
});

test('an empty disk is a new node with new keys; a kept one the same', async (t) => {
  const engine = engineOf({ seed: 1 });
  await engine.startNode('alice');
  const first = await engine.endpointOf('alice');
  await engine.killNode('alice');
  await engine.startNode('alice');
  t.is(await engine.endpointOf('alice'), first);
  await engine.stopNode('alice');
  await engine.startNode('alice', { emptyDisk: true });
  t.not(await engine.endpointOf('alice'), first);
  await engine.stop();
});

test('a node that ends by itself is reported', async (t) => {
  const engine = engineOf({ seed: 1 });
  const reasons: string[] = [];
  engine.onCrash((reason) => reasons.push(reason));
  await engine.startNode('alice');
  await engine.crashNode('alice');
  t.deepEqual(reasons, ['The node of alice ended by itself.']);
  t.false(engine.isRunning('alice'));
});

test('two people meet without a seed server, by address, over a lossy network', async (t) => {
  const engine = engineOf({ seed: 7, lossProbability: 0.1 });
  await engine.startNode('alice', { seedServer: false });
  await engine.startNode('bob', { seedServer: false, peers: [await engine.endpointOf('alice')] });
  await engine.parallel(['alice', 'bob'].map((user) => async () => void (await engine.command(user, 'register', { password: 'a password' }))));
  await becomeFriends(engine, 'alice', 'bob');
  for (let count = 0; count < 20; count += 1) await sendAndSeeDelivered(engine, 'alice', 'bob', `text ${count}`, 30_000);
  const { messages } = (await engine.command('bob', 'history', { with: 'alice' })) as { messages: ReadonlyArray<{ text: string }> };
  t.deepEqual(
    messages.map((message) => message.text),
    Array.from({ length: 20 }, (_, count) => `text ${count}`),
  );
  await engine.stop();
});

test('a cut keeps friends apart until it is healed', async (t) => {
  const engine = engineOf({ seed: 8 });
  await engine.startSeedServer();
  for (const user of ['alice', 'bob']) {
    await engine.startNode(user);
    await engine.command(user, 'register', { password: 'a password' });
  }
  await becomeFriends(engine, 'alice', 'bob');
  await sendAndSeeDelivered(engine, 'alice', 'bob', 'before');
  await engine.setRules([{ id: 'r1', kind: 'cut', from: ['alice'], to: ['bob'], oneWay: false }]);
  const { id } = (await engine.command('alice', 'send', { to: 'bob', text: 'through the wall' })) as { id: string };
  const state = async (): Promise<string> => ((await engine.command('alice', 'message', { id })) as { state: string }).state;
  await engine.wait(10_000);
  t.is(await state(), 'queued');
  const drops = (await engine.trace()).filter((event) => event.detail.type === 'drop' && event.detail.reason === 'rule r1');
  t.true(drops.length > 0);
  await engine.setRules([]);
  await sees(engine, async () => ((await state()) === 'delivered' ? null : await state()), 30_000);
  t.deepEqual((await engine.seedServerState())?.users, ['alice', 'bob']);
  await engine.stopSeedServer();
  t.is(await engine.seedServerState(), null);
  await engine.stop();
});

test('an account that was deleted takes its node along; the name is free again', async (t) => {
  const engine = engineOf({ seed: 9 });
  await engine.startSeedServer();
  await engine.startNode('alice');
  await engine.command('alice', 'register', { password: 'a password' });
  await engine.wait(1_000);
  await engine.command('alice', 'delete-account', { password: 'a password' });
  await sees(engine, async () => (engine.isRunning('alice') ? 'the node runs' : null));
  t.deepEqual(engine.nodes(), []);
  await engine.startNode('alice');
  await engine.command('alice', 'register', { password: 'another password' });
  await engine.stop();
});
