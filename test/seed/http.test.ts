import test from 'ava';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { fromBase64url, recordFromJson, recordsToJson, toBase64url } from '../../src/core/directory/seed-json.ts';
import type { SignedRecord } from '../../src/core/records.ts';
import { buildSeedApp } from '../../src/seed/app.ts';
import type { SeedHttpOptions } from '../../src/seed/options.ts';
import { SeedService } from '../../src/seed/service.ts';
import { Desk, Person } from './fixtures.ts';

const alice = new Person('alice');
const bob = new Person('bob');

interface Site {
  readonly app: FastifyInstance;
  readonly desk: Desk;
  readonly lines: string[];
}

async function site(options: Partial<SeedHttpOptions> = {}): Promise<Site> {
  const desk = new Desk();
  const lines: string[] = [];
  const clock = { monotonicMillis: () => desk.now.monotonicMillis, wallMillis: () => desk.now.wallMillis };
  const service = new SeedService({ directory: desk.directory, store: desk.store, clock });
  const app = await buildSeedApp({ service, log: { write: (line) => lines.push(line) }, options });
  return { app, desk, lines };
}

const post = (app: FastifyInstance, url: string, payload: InjectOptions['payload'] = {}) => app.inject({ method: 'POST', url, payload: payload as object });
const publish = (app: FastifyInstance, ...records: SignedRecord[]) => post(app, '/v1/records', { records: recordsToJson(records) });
const get = (app: FastifyInstance, url: string) => app.inject({ method: 'GET', url });

function refused(
  t: { deepEqual(a: unknown, b: unknown): unknown; true(a: boolean): unknown },
  answer: Awaited<ReturnType<typeof get>>,
  status: number,
  code: string,
): void {
  const body = answer.json() as Record<string, string>;
  t.deepEqual([answer.statusCode, body['code'], Object.keys(body).sort()], [status, code, ['advice', 'code', 'message']]);
  t.true((body['message'] ?? '').length > 0 && (body['advice'] ?? '').length > 0);
  t.true(!answer.body.includes('    at ') && !answer.body.includes('node_modules'));
}

test('records that were published come back as they were signed, from every route', async (t) => {
  const { app } = await site();
  const records = [alice.user(), alice.node(), alice.presence('online'), bob.user(), alice.fact(bob, 1), alice.vault()];
  const published = await publish(app, ...records);
  t.is(published.statusCode, 200);
  t.deepEqual(published.json(), { results: records.map(() => ({ accepted: true })) });

  const [user, node, presence, ofBob, fact] = recordsToJson(records);
  t.deepEqual((await get(app, '/v1/users/alice')).json(), { records: [user, presence, node] });
  t.deepEqual((await get(app, '/v1/users/nobody')).json(), { records: [] });
  t.deepEqual((await get(app, '/v1/nodes?limit=5')).json(), { records: [node], total: 1 });
  t.deepEqual((await get(app, '/v1/nodes')).json(), { records: [node], total: 1 });
  t.deepEqual((await get(app, '/v1/users?after=alice&limit=1')).json(), { records: [ofBob], next: null, total: 2, online: 1 });
  t.deepEqual((await get(app, '/v1/users?limit=1')).json(), { records: [user, presence, node], next: 'alice', total: 2, online: 1 });
  t.deepEqual((await get(app, `/v1/state/${bob.id}`)).json(), { records: [ofBob, fact, user, presence, node] });
  t.deepEqual(recordFromJson(user), { bytes: alice.user().bytes, signature: alice.user().signature });
});

test('the health page and the summary tell counts and names', async (t) => {
  const { app, desk } = await site();
  await publish(app, alice.user(), alice.node(), alice.presence('busy'), alice.vault(), bob.user());
  desk.pass(1_234);
  const counts = { users: 2, online: 1, nodes: 1, vaults: 1, facts: 0 };
  t.deepEqual((await get(app, '/healthz')).json(), { status: 'ok', version: '1', uptimeMillis: 1_234, ...counts });
  t.deepEqual((await get(app, '/v1/summary')).json(), { ...counts, users: ['alice', 'bob'], online: ['alice'] });
});

test('the vault is handed out against a signed challenge, once', async (t) => {
  const { app } = await site();
  await publish(app, alice.user(), alice.vault());
  const { nonce } = (await post(app, '/v1/users/alice/challenge')).json() as { nonce: string };
  const proof = { nonce, signature: toBase64url(alice.prove(fromBase64url(nonce) as Uint8Array)) };
  const answer = await post(app, '/v1/users/alice/vault', proof);
  t.is(Buffer.from((answer.json() as { vault: string }).vault, 'base64url').toString(), 'vault 1 of alice');
  refused(t, await post(app, '/v1/users/alice/vault', proof), 403, 'bad-challenge');
  refused(t, await post(app, '/v1/users/nobody/challenge'), 404, 'unknown-user');
  t.is((await app.inject({ method: 'POST', url: '/v1/users/alice/challenge' })).statusCode, 200);
});

test('guessing is slowed down, and the answer says for how long', async (t) => {
  const { app } = await site();
  await publish(app, alice.user(), alice.vault());
  for (let count = 0; count < 5; count += 1) {
    const { nonce } = (await post(app, '/v1/users/alice/challenge')).json() as { nonce: string };
    const signature = toBase64url(bob.prove(fromBase64url(nonce) as Uint8Array, 'alice'));
    refused(t, await post(app, '/v1/users/alice/vault', { nonce, signature }), 403, 'bad-challenge');
  }
  const paused = await post(app, '/v1/users/alice/challenge');
  refused(t, paused, 429, 'rate-limited');
  t.is(paused.headers['retry-after'], '5');
  t.regex(paused.body, /Wait 5 seconds/);
});

test('each record is judged by itself', async (t) => {
  const { app, lines } = await site();
  const answer = await publish(app, alice.user(), bob.presence('online'), new Person('alice', 'mallory').user());
  const { results } = answer.json() as { results: Array<{ accepted: boolean; code?: string; reason?: string }> };
  t.is(answer.statusCode, 200);
  t.deepEqual(
    results.map(({ accepted, code }) => [accepted, code]),
    [
      [true, undefined],
      [false, 'unknown-user'],
      [false, 'name-taken'],
    ],
  );
  t.truthy(results[1]?.reason);
  t.true(lines.some((line) => line.includes('"refused":{"unknown-user":1,"name-taken":1}')));
});

test('requests of a wrong shape are refused without a guess at what was meant', async (t) => {
  const { app, desk } = await site();
  const [record] = recordsToJson([alice.user()]);
  const bad: ReadonlyArray<readonly [string, unknown]> = [
    ['/v1/records', {}],
    ['/v1/records', []],
    ['/v1/records', { records: [] }],
    ['/v1/records', { records: [record], more: 1 }],
    ['/v1/records', { records: [{ ...record, more: 1 }] }],
    ['/v1/records', { records: record }],
    ['/v1/records', { records: [{ ...record, signature: 'AA' }] }],
    ['/v1/records', { records: [{ ...record, bytes: 'not base64url!' }] }],
    ['/v1/records', { records: [{ ...record, bytes: 'AB' }] }],
    ['/v1/records', { records: [{ ...record, bytes: 5 }] }],
    ['/v1/records', { records: Array.from({ length: 129 }, () => ({ bytes: 'AA', signature: 'A'.repeat(86) })) }],
    ['/v1/users/alice/challenge', { more: 1 }],
    ['/v1/users/alice/vault', { nonce: 'AA', signature: 'AA' }],
    ['/v1/users/alice/vault', {}],
  ];
  for (const [url, payload] of bad) refused(t, await post(app, url, payload as object), 400, 'bad-request');
  for (const query of ['limit=0', 'limit=x', 'limit=1.5', 'limit=257', 'limit=1&more=1', 'limit=1&limit=2']) {
    refused(t, await get(app, `/v1/nodes?${query}`), 400, 'bad-request');
  }
  refused(t, await get(app, '/v1/state/alice'), 400, 'bad-request');
  t.is(desk.store.dump(), '[]');
  const unknownKey = await post(app, '/v1/records', { records: [record], rekords: 1 });
  t.regex((unknownKey.json() as { message: string }).message, /unknown key rekords/);
});

test('names with paths or control characters are refused as names', async (t) => {
  const { app } = await site();
  for (const name of ['..%2F..%2Fx', '%00', 'Alice', '-a', 'a%20b', 'a'.repeat(33)]) {
    refused(t, await get(app, `/v1/users/${name}`), 400, 'bad-name');
    refused(t, await post(app, `/v1/users/${name}/challenge`), 400, 'bad-name');
  }
  refused(t, await get(app, '/v1/users/%E0%A4%A'), 400, 'bad-request');
});

test('poisoned prototypes, broken JSON and foreign media types are refused', async (t) => {
  const { app } = await site();
  const send = (payload: string, type = 'application/json') => app.inject({ method: 'POST', url: '/v1/records', payload, headers: { 'content-type': type } });
  refused(t, await send('{"records":[],"__proto__":{"x":1}}'), 400, 'bad-request');
  refused(t, await send('{"records":[{"constructor":{"prototype":{"x":1}}}]}'), 400, 'bad-request');
  refused(t, await send('{"records":'), 400, 'bad-request');
  refused(t, await send('null'), 400, 'bad-request');
  refused(t, await send('"text"'), 400, 'bad-request');
  refused(t, await send(''), 400, 'bad-request');
  refused(t, await send(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 400, 'bad-request');
  refused(t, await send('{"records":[]}', 'text/plain'), 415, 'bad-request');
  refused(t, await send('records=1', 'application/x-www-form-urlencoded'), 415, 'bad-request');
  t.is(({} as Record<string, unknown>)['x'], undefined);
});

test('a body beyond the limit is refused', async (t) => {
  const { app } = await site();
  refused(t, await post(app, '/v1/records', { records: [{ bytes: 'A'.repeat(300_000), signature: 'A'.repeat(86) }] }), 413, 'too-large');
});

test('what does not exist is refused in the same form', async (t) => {
  const { app } = await site();
  refused(t, await get(app, '/v2/nodes'), 404, 'not-found');
  refused(t, await get(app, '/v1/records'), 404, 'not-found');
  refused(t, await app.inject({ method: 'DELETE', url: '/v1/users/alice' }), 404, 'not-found');
});

test('requests of one address are limited', async (t) => {
  const { app } = await site({ requestsPerMinute: 3 });
  for (let count = 0; count < 3; count += 1) t.is((await get(app, '/healthz')).statusCode, 200);
  const answer = await get(app, '/healthz');
  refused(t, answer, 429, 'rate-limited');
  t.true(Number(answer.headers['retry-after']) >= 1);
});

test('twenty registrations at the same instant all succeed, in few commits', async (t) => {
  const { app, desk } = await site();
  const people = Array.from({ length: 20 }, (_, index) => new Person(`user${index}`));
  const answers = await Promise.all(people.map((person) => publish(app, person.user(), person.vault(), person.node(), person.presence('online'))));
  for (const answer of answers) t.deepEqual(answer.json(), { results: Array.from({ length: 4 }, () => ({ accepted: true })) });
  t.like((await get(app, '/v1/summary')).json(), { vaults: 20, nodes: 20 });
  t.true(desk.store.commits < 20);
});

test('nobody is told that something is stored which is not', async (t) => {
  const { app, desk } = await site();
  await publish(app, alice.user());
  desk.store.failing = 'database or disk is full';
  const [written, seen] = await Promise.all([publish(app, bob.user()), get(app, '/v1/users/bob')]);
  refused(t, written, 507, 'store-failed');
  t.true(seen.statusCode === 507 || (seen.json() as { records: unknown[] }).records.length === 0);
  desk.store.failing = null;
  t.deepEqual((await get(app, '/v1/summary')).json(), { users: ['alice'], online: [], vaults: 0, facts: 0, nodes: 0 });
  t.deepEqual((await publish(app, bob.user())).json(), { results: [{ accepted: true }] });
});

test('an answer that breaks its own schema never leaves', async (t) => {
  const { app, desk, lines } = await site();
  desk.directory.summary = () => ({ users: [], online: [], vaults: -1, facts: 0, nodes: 0 });
  refused(t, await get(app, '/v1/summary'), 500, 'internal');
  t.true(lines.some((line) => line.includes('does not fit its schema')));
});

test('an error inside is logged and told without a trace', async (t) => {
  const { app, desk, lines } = await site();
  desk.directory.summary = () => {
    throw new TypeError('secret detail');
  };
  const answer = await get(app, '/v1/summary');
  refused(t, answer, 500, 'internal');
  t.false(answer.body.includes('secret detail'));
  t.true(lines.some((line) => line.includes('secret detail')));
});

test('the log has one JSON line a request and never a body', async (t) => {
  const { app, lines } = await site();
  await publish(app, alice.user(), alice.vault());
  await get(app, '/v1/users/alice');
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request');
  t.deepEqual(
    parsed.map(({ method, path, status }) => [method, path, status]),
    [
      ['POST', '/v1/records', 200],
      ['GET', '/v1/users/alice', 200],
    ],
  );
  t.false(lines.join('').includes(toBase64url(alice.vault().signature)));
});

test('the OpenAPI description names every route, and its page needs nothing from elsewhere', async (t) => {
  const { app } = await site();
  const description = (await get(app, '/docs/json')).json() as { openapi: string; paths: Record<string, Record<string, unknown>> };
  t.is(description.openapi, '3.1.0');
  t.deepEqual(Object.keys(description.paths).sort(), [
    '/healthz',
    '/v1/nodes',
    '/v1/records',
    '/v1/state/{userId}',
    '/v1/summary',
    '/v1/users',
    '/v1/users/{name}',
    '/v1/users/{name}/challenge',
    '/v1/users/{name}/vault',
  ]);
  const page = await get(app, '/docs/');
  t.is(page.statusCode, 200);
  t.false(/(?:src|href)="https?:/.test(page.body));
  const policy = String(page.headers['content-security-policy']);
  t.regex(policy, /default-src 'self'/);
  t.false(policy.includes('upgrade-insecure-requests'));
  t.is((await get(app, '/docs/static/swagger-ui-bundle.js')).statusCode, 200);
  const top = await get(app, '/');
  t.is(top.statusCode, 302);
  t.is(top.headers.location, '/docs');
});

test('helmet headers are on every answer', async (t) => {
  const { app } = await site();
  const { headers } = await get(app, '/healthz');
  t.is(headers['x-content-type-options'], 'nosniff');
  t.is(headers['x-frame-options'], 'SAMEORIGIN');
  t.is(headers['x-powered-by'], undefined);
});
