import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockFolder } from '../../src/adapters/sqlite/folder-lock.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { loadSeedKey } from '../../src/adapters/system/seed-key.ts';
import { SEED_TABLES } from '../../src/core/directory/seed-directory.ts';
import { recordsToJson } from '../../src/core/directory/seed-json.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { SignedRecord } from '../../src/core/records.ts';
import { type SeedServer, type SeedServerOptions, startSeedServer } from '../../src/seed/server.ts';
import { until } from '../helpers/until.ts';
import { codec, crypto, Person, random } from './fixtures.ts';

const alice = new Person('alice');
const bob = new Person('bob');

function temporaryRoot(t: ExecutionContext): string {
  const root = mkdtempSync(join(tmpdir(), 'confab-seed-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

async function start(t: ExecutionContext, root: string, more: Partial<SeedServerOptions> = {}): Promise<SeedServer> {
  const server = await startSeedServer({
    root,
    port: 0,
    crypto,
    codec,
    random,
    clock: systemClock,
    loadKey: (folder, onSetAside) => loadSeedKey(folder, random, onSetAside),
    openStore: (file, onSetAside) => new SeedStore({ folder: dirname(file), tables: SEED_TABLES, codec, onSetAside }),
    lockFolder,
    ...more,
  });
  t.teardown(() => server.stop());
  return server;
}

/** Each on a connection of its own. With the platform's `fetch` rejections that nobody waits for ended this file on a busy processor. */
function ask(url: string, body?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const about = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } };
    const asked = request(url, { agent: false, ...about }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (some: string) => {
        text += some;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const publish = (server: SeedServer, ...records: SignedRecord[]): Promise<unknown> =>
  ask(`${server.url}/v1/records`, JSON.stringify({ records: recordsToJson(records) }));

const read = (server: SeedServer, path: string): Promise<unknown> => ask(`${server.url}${path}`);

/** Sends raw bytes and gives everything that comes back until the other side closes. */
function speak(port: number, text: string, deadlineMillis: number): Promise<{ answer: string; millis: number }> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    const end = () => {
      clearTimeout(deadline);
      resolve({ answer, millis: performance.now() - startedAt });
    };
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`still open after ${deadlineMillis} ms, got ${JSON.stringify(answer)}`));
    }, deadlineMillis);
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    socket.on('close', end);
    socket.on('error', () => undefined);
  });
}

const slow = { headersMillis: 200, requestMillis: 300, connectionsCheckMillis: 50 };

test('stop and start lose nothing, and stopping twice is fine', async (t) => {
  const root = temporaryRoot(t);
  const first = await start(t, root);
  await publish(first, alice.user(), alice.node(), alice.presence('online'), alice.vault(), bob.user(), bob.fact(alice, 1));
  const before = await read(first, '/v1/summary');
  t.deepEqual(before, { users: ['alice', 'bob'], online: ['alice'], vaults: 1, facts: 1, nodes: 1 });
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();
  await t.throwsAsync(ask(`${first.url}/healthz`));

  const second = await start(t, root, { port: first.port });
  t.is(second.url, first.url);
  t.deepEqual(await read(second, '/v1/summary'), before);
  t.deepEqual(second.notices, []);
  t.is(statSync(join(root, 'server_data')).mode & 0o777, 0o700);
  t.is(statSync(join(root, 'server_data', 'seed.log')).mode & 0o777, 0o600);
  const lines = readFileSync(join(root, 'server_data', 'seed.log'), 'utf8')
    .trim()
    .split('\n');
  t.deepEqual(
    lines
      .map((line) => JSON.parse(line) as { msg: string })
      .map(({ msg }) => msg)
      .filter((msg) => msg === 'listening' || msg === 'stopping'),
    ['listening', 'stopping', 'listening'],
  );
});

test('a port that is taken is named, and nothing is left open', async (t) => {
  const root = temporaryRoot(t);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const error = await t.throwsAsync(start(t, root, { port }), { instanceOf: ConfabError });
  t.deepEqual([error?.code, error?.message], ['port-taken', `Port ${port} is taken by another program.`]);
  const server = await start(t, root);
  t.like(await read(server, '/healthz'), { status: 'ok', users: 0 });
});

test('an address that this machine has not is bad usage', async (t) => {
  const error = await t.throwsAsync(start(t, temporaryRoot(t), { host: '192.0.2.1' }), { instanceOf: ConfabError });
  t.is(error?.code, 'bad-arguments');
});

test('a folder that cannot be written is named with the reason', async (t) => {
  const root = temporaryRoot(t);
  writeFileSync(join(root, 'server_data'), 'not a folder');
  const error = await t.throwsAsync(start(t, root), { instanceOf: ConfabError });
  t.is(error?.code, 'folder-unwritable');
  t.regex(error?.message ?? '', /server_data cannot be written: a file is in its place\.$/);
  t.is(readFileSync(join(root, 'server_data'), 'utf8'), 'not a folder');

  const logInTheWay = temporaryRoot(t);
  mkdirSync(join(logInTheWay, 'server_data', 'seed.log'), { recursive: true });
  t.is((await t.throwsAsync(start(t, logInTheWay), { instanceOf: ConfabError }))?.code, 'folder-unwritable');
});

test('two servers cannot share a folder', async (t) => {
  const root = temporaryRoot(t);
  const first = await start(t, root);
  const error = await t.throwsAsync(start(t, root), { instanceOf: ConfabError });
  t.is(error?.code, 'folder-locked');
  await first.stop();
  await t.notThrowsAsync(start(t, root));
});

test('a damaged store is set aside, said so, and service goes on', async (t) => {
  const root = temporaryRoot(t);
  mkdirSync(join(root, 'server_data'));
  writeFileSync(join(root, 'server_data', 'seed.db'), 'this is no database '.repeat(500));
  const server = await start(t, root);
  t.is(server.notices.length, 1);
  t.regex(server.notices[0] ?? '', /set aside/);
  t.deepEqual(await publish(server, alice.user()), { results: [{ accepted: true }] });
});

test('a head that comes too slowly is cut off', async (t) => {
  const server = await start(t, temporaryRoot(t), { http: slow });
  const { answer, millis } = await speak(server.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n', 20_000);
  t.regex(answer, /^HTTP\/1\.1 408 /);
  t.regex(answer, /"code":"bad-request"/);
  t.true(millis >= slow.headersMillis - 20);
  // Whoever asks takes longer than that on a busy machine, and is cut off as well: then it asks again.
  await until('the server answers others', async () => ((await read(server, '/healthz')) as { status?: string }).status === 'ok');
});

test('a connection that says nothing is cut off', async (t) => {
  const server = await start(t, temporaryRoot(t), { http: slow });
  await t.notThrowsAsync(speak(server.port, '', 20_000));
});

test('a body that comes too slowly is cut off', async (t) => {
  const server = await start(t, temporaryRoot(t), { http: slow });
  const head = 'POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"rec';
  const { answer } = await speak(server.port, head, 20_000);
  t.regex(answer, /^HTTP\/1\.1 408 /);
});

test('bytes that are no HTTP are answered and cut off', async (t) => {
  const server = await start(t, temporaryRoot(t));
  const { answer } = await speak(server.port, '\x00\x01 nonsense\r\n\r\n', 20_000);
  t.regex(answer, /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/);
  const { answer: tooLong } = await speak(server.port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, 20_000);
  t.regex(tooLong, /^HTTP\/1\.1 431 /);
});

test('a body beyond the limit is refused without being read', async (t) => {
  const server = await start(t, temporaryRoot(t));
  const head = 'POST /v1/records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{';
  const { answer } = await speak(server.port, head, 20_000);
  t.regex(answer, /^HTTP\/1\.1 413 [\s\S]*"code":"too-large"/);
});

test('stopping does not wait for idle or stuck connections', async (t) => {
  const server = await start(t, temporaryRoot(t), { http: { stopMillis: 200 } });
  await read(server, '/healthz');
  const stuck = speak(server.port, 'POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{', 10_000);
  const idle = speak(server.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', 10_000);
  await read(server, '/healthz');
  const startedAt = performance.now();
  await server.stop();
  // Shorter than any of the connections could last by itself.
  t.true(performance.now() - startedAt < 4_500);
  await Promise.all([stuck, idle]);
});

test('twenty registrations at the same instant all succeed over real sockets', async (t) => {
  const server = await start(t, temporaryRoot(t));
  const people = Array.from({ length: 20 }, (_, index) => new Person(`user${String(index).padStart(2, '0')}`));
  const answers = await Promise.all(people.map((person) => publish(server, person.user(), person.vault())));
  for (const answer of answers) t.deepEqual(answer, { results: [{ accepted: true }, { accepted: true }] });
  t.like(await read(server, '/v1/summary'), { users: people.map(({ name }) => name), vaults: 20 });
});

const isRoot = process.getuid?.() === 0;
// Permission bits do not hold for root.
(isRoot ? test.skip : test)('a folder without the right to write is named with the reason', async (t) => {
  const root = temporaryRoot(t);
  mkdirSync(join(root, 'server_data'), { mode: 0o500 });
  const error = await t.throwsAsync(start(t, root), { instanceOf: ConfabError });
  t.regex(error?.message ?? '', /permission denied/);
});
