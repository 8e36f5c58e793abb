import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { connectControl } from '../../src/control/client.ts';
import { isAlive, listNodes } from '../../src/control/locate.ts';
import { until } from '../helpers/until.ts';
import { runCli, startCli, temporaryRoot } from './run-cli.ts';

const node = (root: string, name: string, ...more: string[]) => ['--root', root, 'node', name, '--no-seed', ...more];

test('a node starts, answers, is listed and stops in order', async (t) => {
  const root = await temporaryRoot(t);
  const { ready, pid, exited } = await startCli(t, node(root, 'alice'));
  t.like(ready, { ready: true, node: 'alice', pid });
  t.regex(String(ready['endpoint']), /^tcp:\/\/127\.0\.0\.1:\d+#/);
  t.is((await stat(join(root, 'nodes', 'alice'))).mode & 0o777, 0o700);
  const client = await connectControl(String(ready['socket']));
  t.like(await client.call('ping'), { node: 'alice', pid });
  t.like(await client.call('info'), { node: 'alice', loggedIn: false });
  client.close();
  const ps = JSON.parse((await runCli(['--root', root, 'ps', '--json'])).out) as { nodes: unknown[] };
  t.like(ps.nodes[0], { node: 'alice', state: 'running', pid });
  const stop = await runCli(['--root', root, 'stop', 'alice']);
  t.is(stop.out.trim(), `alice (pid ${pid}): stopped`);
  t.deepEqual(await exited, { status: 0, signal: null });
  t.false(existsSync(String(ready['socket'])));
  t.deepEqual(
    (await listNodes(root)).map(({ state }) => state),
    ['stopped'],
  );
});

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${name} ends a node in order`, async (t) => {
    const root = await temporaryRoot(t);
    const { child, exited, ready } = await startCli(t, node(root, 'alice'));
    child.kill(name);
    t.deepEqual(await exited, { status: 0, signal: null });
    t.false(existsSync(String(ready['socket'])));
    t.false((await readdir(join(root, 'nodes', 'alice'))).includes('control.json'));
    t.regex(await readFile(join(root, 'nodes', 'alice', 'node.log'), 'utf8'), /"msg":"ended"/);
  });
}

test('a closed lifeline ends a node in order', async (t) => {
  const root = await temporaryRoot(t);
  const { child, exited } = await startCli(t, node(root, 'alice'));
  child.stdin?.end();
  t.deepEqual(await exited, { status: 0, signal: null });
});

test('after kill -9 a stale pointer is told from a running node, and the same folder starts again', async (t) => {
  const root = await temporaryRoot(t);
  const first = await startCli(t, node(root, 'alice'));
  first.child.kill('SIGKILL');
  await first.exited;
  t.deepEqual(
    (await listNodes(root)).map(({ state }) => state),
    ['stale'],
  );
  const call = await runCli(['--root', root, 'call', 'alice', 'info']);
  t.is(call.status, 2);
  t.regex(call.err, /No node of alice runs/);
  const second = await startCli(t, node(root, 'alice'));
  t.deepEqual(
    (await listNodes(root)).map(({ state }) => state),
    ['running'],
  );
  t.not(second.ready['socket'], first.ready['socket']);
  t.is(String(second.ready['endpoint']).split('#')[1], String(first.ready['endpoint']).split('#')[1]);
  t.false(existsSync(String(first.ready['socket'])));
});

test('two processes on one folder: the second says who has it', async (t) => {
  const root = await temporaryRoot(t);
  const { pid } = await startCli(t, node(root, 'alice'));
  const { status, out, err } = await runCli(node(root, 'alice'));
  t.is(status, 2);
  t.is(out, '');
  t.regex(err, new RegExp(`in use by process ${pid}`));
  t.true(isAlive(pid));
});

test('a port that is taken is said, and nothing stays open', async (t) => {
  const root = await temporaryRoot(t);
  const { ready } = await startCli(t, node(root, 'alice'));
  const port = /:(\d+)#/.exec(String(ready['endpoint']))?.[1] ?? '';
  const { status, err } = await runCli(node(root, 'bob', '--port', port));
  t.is(status, 2);
  t.regex(err, new RegExp(`Port ${port} is taken`));
});

test('logging in with the password on stdin registers a new name, and knows it the next time', async (t) => {
  const root = await temporaryRoot(t);
  for (let time = 0; time < 2; time += 1) {
    const { child, exited, ready } = await startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'correct horse\n');
    const client = await connectControl(String(ready['socket']));
    t.like(await client.call('info'), { loggedIn: true, user: 'alice' });
    client.close();
    child.stdin?.end();
    t.is((await exited).status, 0);
  }
  const wrong = await runCli(node(root, 'alice', '--login', '--password-stdin'), { input: 'wrong horse\n' });
  t.is(wrong.status, 1);
  t.regex(wrong.err, /password of alice is wrong/);
  const log = await readFile(join(root, 'nodes', 'alice', 'node.log'), 'utf8');
  t.false(log.includes('horse'));
});

test('a node that cannot start ends although its lifeline is held', async (t) => {
  const root = await temporaryRoot(t);
  const first = await startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'correct horse\n');
  await t.throwsAsync(startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'correct horse\n'), { message: /in use by process/ });
  first.child.kill('SIGTERM');
  await first.exited;
  await t.throwsAsync(startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'wrong horse\n'), { message: /is wrong/ });
});

test('inspect shows files, tables and rows, and no secret', async (t) => {
  const root = await temporaryRoot(t);
  const { exited, child } = await startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'correct horse\n');
  const overview = JSON.parse((await runCli(['--root', root, 'inspect', 'alice', '--json'])).out) as {
    tables: Array<{ table: string; rows: number | null }>;
    live: object;
  };
  t.is(overview.tables.find(({ table }) => table === 'vault')?.rows, 1);
  t.is(overview.tables.find(({ table }) => table === 'messages')?.rows, null);
  t.like(overview.live, { friends: 0 });
  const records = await runCli(['--root', root, 'inspect', 'alice', '--table', 'records']);
  t.regex(records.out, /user\/[0-9a-f]+/);
  const key = /signing ([0-9a-f]{64})\nagreement ([0-9a-f]{64})/.exec(await readFile(join(root, 'nodes', 'alice', 'node.key'), 'utf8'));
  for (const table of ['vault', 'self', 'records', 'contacts']) {
    const { out } = await runCli(['--root', root, 'inspect', 'alice', '--json', '--table', table]);
    t.false(out.includes(key?.[1] ?? '?') || out.includes(key?.[2] ?? '?') || out.includes('horse'), table);
  }
  const open = await runCli(['--root', root, 'inspect', 'alice', '--table', 'settings', '--password-stdin'], { input: 'correct horse\n' });
  t.is(open.status, 0, open.err);
  t.is((await runCli(['--root', root, 'inspect', 'alice', '--password-stdin'], { input: 'wrong horse\n' })).status, 1);
  child.stdin?.end();
  await exited;
});

test('an account that is deleted leaves no folder', async (t) => {
  const root = await temporaryRoot(t);
  const { exited } = await startCli(t, node(root, 'alice', '--login', '--password-stdin'), 'correct horse\n');
  const { status, err } = await runCli(['--root', root, 'call', 'alice', 'delete-account', '--password-stdin'], { input: 'correct horse\n' });
  t.is(status, 0, err);
  t.is((await exited).status, 0);
  await until('the folder is gone', () => !existsSync(join(root, 'nodes', 'alice')));
});

test('the trace of a node is written where it was asked for', async (t) => {
  const root = await temporaryRoot(t);
  const file = join(root, 'alice.ndjson');
  const { child, exited } = await startCli(t, node(root, 'alice', '--trace', file));
  child.stdin?.end();
  await exited;
  const { status, out } = await runCli(['trace', file, '--type', 'life']);
  t.is(status, 0);
  t.regex(out, /life {5}start[\s\S]*life {5}stop/);
});
