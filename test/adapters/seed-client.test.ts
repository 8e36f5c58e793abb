import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HttpSeedClient } from '../../src/adapters/seed-http/seed-client.ts';
import { lockFolder } from '../../src/adapters/sqlite/folder-lock.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { expiry } from '../../src/adapters/system/expiry.ts';
import { loadSeedKey } from '../../src/adapters/system/seed-key.ts';
import type { SeedCalls } from '../../src/core/directory/seed-api.ts';
import { SEED_TABLES } from '../../src/core/directory/seed-directory.ts';
import { recordToJson, toBase64url } from '../../src/core/directory/seed-json.ts';
import { SEED_PROOF_HEADERS, seedAnswerBytes } from '../../src/core/directory/seed-proof.ts';
import { vaultChallengeBytes } from '../../src/core/directory/vault-challenge.ts';
import type { ServiceResult } from '../../src/core/env.ts';
import { type SeedServerOptions, startSeedServer } from '../../src/seed/server.ts';
import { codec, crypto, Person, random } from '../seed/fixtures.ts';

const UNAVAILABLE: ServiceResult = { ok: false, code: 'unavailable' };
const record = { bytes: new Uint8Array([1, 2, 3]), signature: new Uint8Array(64).fill(4) };

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** A server that says what it is told to, and remembers what it was asked. */
async function fake(t: ExecutionContext, answer: RequestListener): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', body });
      signing(request, response, body);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const pair = crypto.signingKeyPair(new Uint8Array(32).fill(9));

/** What is said whole is signed as the seed server does it. */
function signing(request: IncomingMessage, response: ServerResponse, question: string): void {
  const writeHead = response.writeHead.bind(response) as (status: number, headers: OutgoingHttpHeaders) => ServerResponse;
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const end = response.end.bind(response) as (body: string) => ServerResponse;
    response.end = ((body = '') => {
      const nonce = String(request.headers[SEED_PROOF_HEADERS.nonce]);
      const retryAfter = String(headers['retry-after'] ?? '');
      const said = { method: request.method ?? '', path: request.url ?? '', question: Buffer.from(question), body: Buffer.from(body) };
      const signature = toBase64url(crypto.sign(pair.secretKey, seedAnswerBytes(crypto, { nonce, status, retryAfter, ...said })));
      writeHead(status, { [SEED_PROOF_HEADERS.key]: toBase64url(pair.publicKey), [SEED_PROOF_HEADERS.signature]: signature, ...headers });
      return end(body);
    }) as ServerResponse['end'];
    return response;
  }) as ServerResponse['writeHead'];
}

const saying =
  (body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));

function standStill(millis: number): void {
  const endMillis = performance.now() + millis;
  while (performance.now() < endMillis);
}

test('an answer that lay unread while the process stood still counts', async (t) => {
  const server = await fake(t, (request, response) => {
    standStill(500);
    saying({ results: [] })(request, response);
  });
  const client = new HttpSeedClient({ crypto, url: server.url, timeoutMillis: 160 });
  t.deepEqual(await client.call('publish', { records: [] }), { ok: true, value: { results: [] } });
});

test('time in which a process stands still is not waited, the rest is', async (t) => {
  // The timers of an expiry keep no process alive, and other tests may be over.
  const awake = setInterval(() => {}, 1_000);
  t.teardown(() => clearInterval(awake));
  const patience = expiry(80);
  standStill(250);
  await new Promise((resolve) => setImmediate(resolve));
  t.false(patience.signal.aborted);
  await new Promise((resolve) => patience.signal.addEventListener('abort', resolve));
  const taken = expiry(8);
  taken.end();
  await new Promise((resolve) => expiry(40).signal.addEventListener('abort', resolve));
  t.false(taken.signal.aborted);
});

test('every operation asks its route', async (t) => {
  const server = await fake(t, saying({}));
  const client = new HttpSeedClient({ crypto, url: `${server.url}/` });
  const bytes = new Uint8Array([250]);
  await client.call('publish', { records: [record] });
  await client.call('nodes', { limit: 9 });
  await client.call('user', { name: 'bob' });
  await client.call('users', { after: 'a b', limit: 2 });
  await client.call('state', { userId: 'ff' });
  await client.call('challenge', { name: 'bob' });
  await client.call('vault', { name: 'bob', nonce: bytes, signature: bytes });
  t.deepEqual(
    server.seen.map(({ method, url }) => `${method} ${url}`),
    [
      'POST /v1/records',
      'GET /v1/nodes?limit=9',
      'GET /v1/users/bob',
      'GET /v1/users?after=a%20b&limit=2',
      'GET /v1/state/ff',
      'POST /v1/users/bob/challenge',
      'POST /v1/users/bob/vault',
    ],
  );
  t.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), { records: [recordToJson(record)] });
  t.deepEqual(JSON.parse(server.seen[6]?.body ?? ''), { nonce: toBase64url(bytes), signature: toBase64url(bytes) });
});

test('answers are read, unknown fields left alone, records that are none left out', async (t) => {
  const server = await fake(t, saying({ records: [recordToJson(record), { bytes: '!' }, 5], next: null, total: 3, online: 1, future: true }));
  const client = new HttpSeedClient({ crypto, url: server.url });
  t.deepEqual(await client.call('users', { after: '', limit: 2 }), { ok: true, value: { records: [record], next: null, total: 3, online: 1 } });
  t.deepEqual(await client.call('nodes', { limit: 2 }), { ok: true, value: { records: [record], total: 3 } });
});

test('answers of another form count as no answer', async (t) => {
  for (const body of [{}, [], null, 5, '', 'not json', { records: 'x' }, { records: [], total: -1 }, { records: [], total: 'many' }]) {
    const server = await fake(t, saying(body));
    t.deepEqual(await new HttpSeedClient({ crypto, url: server.url }).call('nodes', { limit: 1 }), UNAVAILABLE, JSON.stringify(body));
  }
  const server = await fake(t, saying({ results: [{ accepted: 'yes' }], nonce: 'AA', vault: '' }));
  const client = new HttpSeedClient({ crypto, url: server.url });
  t.deepEqual(await client.call('publish', { records: [] }), UNAVAILABLE);
  t.deepEqual(await client.call('challenge', { name: 'a' }), UNAVAILABLE);
  t.deepEqual(await client.call('vault', { name: 'a', nonce: new Uint8Array(32), signature: new Uint8Array(64) }), UNAVAILABLE);
});

test('a refusal comes back as its code, with the seconds to wait', async (t) => {
  const cases: ReadonlyArray<readonly [RequestListener, ServiceResult]> = [
    [saying({ code: 'bad-challenge', message: 'm', advice: 'a' }, 403), { ok: false, code: 'bad-challenge' }],
    [saying({ code: 'rate-limited', message: 'm', advice: 'a' }, 429, { 'retry-after': '7' }), { ok: false, code: 'rate-limited', details: { seconds: 7 } }],
    [saying('slow down', 429), { ok: false, code: 'rate-limited' }],
    [saying({ code: 'no-such-code' }, 400), UNAVAILABLE],
    [saying('<html>', 502), UNAVAILABLE],
    [saying('', 302, { location: 'http://127.0.0.1:1/' }), UNAVAILABLE],
  ];
  for (const [answer, expected] of cases) {
    const server = await fake(t, answer);
    t.deepEqual(await new HttpSeedClient({ crypto, url: server.url }).call('user', { name: 'bob' }), expected);
  }
});

test('nobody there, silence, a broken line and an endless answer are unavailable, soon', async (t) => {
  const none = createTcpServer();
  await new Promise<void>((resolve) => none.listen(0, '127.0.0.1', resolve));
  const { port } = none.address() as AddressInfo;
  await new Promise((resolve) => none.close(resolve));
  t.deepEqual(await new HttpSeedClient({ crypto, url: `http://127.0.0.1:${port}` }).call('user', { name: 'bob' }), UNAVAILABLE);
  const silent = await fake(t, () => {});
  t.deepEqual(await new HttpSeedClient({ crypto, url: silent.url, timeoutMillis: 100 }).call('user', { name: 'bob' }), UNAVAILABLE);
  const broken = await fake(t, (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()));
  t.deepEqual(await new HttpSeedClient({ crypto, url: broken.url }).call('user', { name: 'bob' }), UNAVAILABLE);
  const endless = await fake(t, (_, response) => {
    const chunk = 'x'.repeat(262_144);
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  });
  t.deepEqual(await new HttpSeedClient({ crypto, url: endless.url, timeoutMillis: 10_000 }).call('user', { name: 'bob' }), UNAVAILABLE);
  t.deepEqual(await new HttpSeedClient({ crypto, url: 'no url at all' }).call('user', { name: 'bob' }), UNAVAILABLE);
});

test('with the real seed server: publish, look up, challenge, vault', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'confab-client-'));
  const openStore = (file: string, onSetAside: (file: string, reason: string) => void) =>
    new SeedStore({ folder: dirname(file), tables: SEED_TABLES, codec, onSetAside });
  const loadKey: SeedServerOptions['loadKey'] = (folder, onSetAside) => loadSeedKey(folder, random, onSetAside);
  const server = await startSeedServer({ root, port: 0, crypto, codec, random, clock: systemClock, loadKey, openStore, lockFolder });
  t.teardown(async () => {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });
  const client = new HttpSeedClient({ crypto, url: server.url });
  const alice = new Person('alice');
  const vault = new Uint8Array([9, 8, 7]);
  const published = await client.call('publish', { records: [alice.user(), alice.sign('vault', { name: 'alice', vault })] });
  t.deepEqual(published, { ok: true, value: { results: [{ accepted: true }, { accepted: true }] } });
  t.deepEqual(await client.call('user', { name: 'alice' }), { ok: true, value: { records: [alice.user()] } });
  t.deepEqual(await client.call('user', { name: 'nobody' }), { ok: true, value: { records: [] } });
  const users = (await client.call('users', { after: '', limit: 10 })) as { ok: true; value: SeedCalls['users']['result'] };
  t.is(users.value.total, 1);
  const challenge = (await client.call('challenge', { name: 'alice' })) as { ok: true; value: SeedCalls['challenge']['result'] };
  const { nonce } = challenge.value;
  const wrong = await client.call('vault', { name: 'alice', nonce, signature: new Uint8Array(64) });
  t.like(wrong, { ok: false, code: 'bad-challenge' });
  const again = (await client.call('challenge', { name: 'alice' })) as { ok: true; value: SeedCalls['challenge']['result'] };
  const signature = crypto.sign(alice.authentication.secretKey, vaultChallengeBytes('alice', again.value.nonce));
  t.deepEqual(await client.call('vault', { name: 'alice', nonce: again.value.nonce, signature }), { ok: true, value: { vault } });
});
