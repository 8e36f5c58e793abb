import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectControl } from '../../src/control/client.ts';
import { type ControlServerOptions, startControlServer } from '../../src/control/server.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { until } from '../helpers/until.ts';

async function serve(t: ExecutionContext, options: Partial<ControlServerOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cf-'));
  const socketPath = join(folder, 's');
  const dropped: string[] = [];
  const server = await startControlServer({
    socketPath,
    handle: async (_, args) => ({ ok: true, value: args }),
    onDropped: (reason) => dropped.push(reason),
    ...options,
  });
  t.teardown(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { server, socketPath, dropped };
}

test('a call is answered with its value, several at once with their own', async (t) => {
  const { socketPath } = await serve(t);
  const client = await connectControl(socketPath);
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => client.call('send', { to: 'bob', text: `${text}\u2028\n` })));
  t.deepEqual(
    answers,
    ['a', 'b', 'c'].map((text) => ({ to: 'bob', text: `${text}\u2028\n` })),
  );
  t.is((await stat(socketPath)).mode & 0o777, 0o600);
  client.close();
});

test('errors keep their code and details', async (t) => {
  const { socketPath } = await serve(t, { handle: async () => ({ ok: false, code: 'unknown-user', details: { name: 'zoe' } }) });
  const client = await connectControl(socketPath);
  const error = await t.throwsAsync(client.call('user', { user: 'zoe' }), { instanceOf: ConfabError });
  t.is(error?.code, 'unknown-user');
  t.is(error?.message, 'Nobody named zoe is known.');
  client.close();
});

test('arguments are judged before anybody sees them', async (t) => {
  let handled = 0;
  const { socketPath } = await serve(t, {
    handle: async () => {
      handled += 1;
      return { ok: true, value: {} };
    },
  });
  const client = await connectControl(socketPath);
  const error = await t.throwsAsync(client.call('send', { to: 'bob', texd: 'x' }), { instanceOf: ConfabError });
  t.is(error?.code, 'bad-arguments');
  t.regex(error?.message ?? '', /did you mean "text"/);
  await t.throwsAsync(client.call('no-such-thing'), { instanceOf: ConfabError });
  t.is(handled, 0);
  client.close();
});

test('a handler that throws is an internal error, and the node lives on', async (t) => {
  let calls = 0;
  const { socketPath } = await serve(t, {
    handle: async () => {
      calls += 1;
      if (calls === 1) throw new TypeError('oops');
      return { ok: true, value: calls };
    },
  });
  const client = await connectControl(socketPath);
  t.is((await t.throwsAsync(client.call('ping'), { instanceOf: ConfabError }))?.code, 'internal');
  t.is(await client.call('ping'), 2);
  client.close();
});

test('only who subscribes gets events', async (t) => {
  const { socketPath, server } = await serve(t);
  const silent = await connectControl(socketPath);
  const client = await connectControl(socketPath);
  const events: unknown[] = [];
  client.onEvent((event) => events.push(event));
  await client.call('ping');
  await silent.call('ping');
  server.broadcast({ type: 'notice', text: 'hello' });
  await until('an event', () => events.length === 1);
  t.deepEqual(events, [{ type: 'notice', text: 'hello' }]);
  client.close();
  silent.close();
});

test('a call that nobody answers ends with timeout', async (t) => {
  const { socketPath } = await serve(t, { handle: () => new Promise(() => {}) });
  const client = await connectControl(socketPath, { timeoutMillis: 30 });
  t.is((await t.throwsAsync(client.call('ping'), { instanceOf: ConfabError }))?.code, 'timeout');
  client.close();
});

test('open calls fail when the node goes, and later ones too', async (t) => {
  const { socketPath, server } = await serve(t, { handle: () => new Promise(() => {}) });
  const client = await connectControl(socketPath);
  const open = client.call('ping');
  let closed = false;
  client.onClose(() => {
    closed = true;
  });
  await until('the client is known', () => server.clientCount === 1);
  await Promise.all([server.stop(), t.throwsAsync(open, { instanceOf: ConfabError })]);
  await until('the client is closed', () => closed);
  t.is((await t.throwsAsync(client.call('ping'), { instanceOf: ConfabError }))?.code, 'unavailable');
});

test('nobody there is unavailable', async (t) => {
  const error = await t.throwsAsync(connectControl(join(tmpdir(), 'cf-nobody-listens-here')), { instanceOf: ConfabError });
  t.is(error?.code, 'unavailable');
});

for (const [what, bytes] of [
  ['no JSON', 'hello\n'],
  ['no object', '17\n'],
  ['no id', '{"command":"ping","args":{}}\n'],
  ['arguments that are no object', '{"id":1,"command":"ping","args":[]}\n'],
  ['an endless line', 'x'.repeat(1_100_000)],
] as const) {
  test(`a client that sends ${what} is dropped, others stay`, async (t) => {
    const { socketPath, dropped } = await serve(t);
    const good = await connectControl(socketPath);
    const bad = createConnection(socketPath);
    bad.on('error', () => {});
    const closed = new Promise((resolve) => bad.once('close', resolve));
    bad.write(bytes);
    await closed;
    t.is(dropped.length, 1);
    t.deepEqual(await good.call('ping'), {});
    good.close();
  });
}

test('a client that does not read is dropped', async (t) => {
  const { socketPath, server, dropped } = await serve(t, { backlogBytesMax: 65_536 });
  const slow = createConnection(socketPath);
  slow.on('error', () => {});
  slow.pause();
  slow.write('{"id":1,"command":"subscribe","args":{}}\n');
  await until('the client is dropped', () => {
    server.broadcast({ type: 'notice', text: 'x'.repeat(50_000) });
    return dropped.length > 0;
  });
  t.deepEqual(dropped, ['a client did not read']);
  slow.destroy();
});
