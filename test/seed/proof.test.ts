import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HttpSeedClient } from '../../src/adapters/seed-http/seed-client.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { KnownSeedServers } from '../../src/adapters/system/known-seed-servers.ts';
import { loadSeedKey } from '../../src/adapters/system/seed-key.ts';
import { SEED_TABLES } from '../../src/core/directory/seed-directory.ts';
import { recordsToJson } from '../../src/core/directory/seed-json.ts';
import { SEED_PROOF_HEADERS } from '../../src/core/directory/seed-proof.ts';
import type { ServiceResult } from '../../src/core/env.ts';
import type { SeedHttpOptions } from '../../src/seed/options.ts';
import { type SeedServer, type SeedServerOptions, startSeedServer } from '../../src/seed/server.ts';
import { codec, crypto, Person, random } from './fixtures.ts';

const UNAVAILABLE: ServiceResult = { ok: false, code: 'unavailable' };
const NOBODY: ServiceResult = { ok: true, value: { records: [] } };

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'confab-proof-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(t: ExecutionContext, root: string, port = 0, http: Partial<SeedHttpOptions> = {}): Promise<SeedServer> {
  const openStore = (file: string): SeedStore => new SeedStore({ folder: dirname(file), tables: SEED_TABLES, codec, onSetAside: () => undefined });
  const loadKey: SeedServerOptions['loadKey'] = (folder, onSetAside) => loadSeedKey(folder, random, onSetAside);
  const server = await startSeedServer({ root, port, http, crypto, codec, random, clock: systemClock, loadKey, openStore });
  t.teardown(() => server.stop());
  return server;
}

const ask = (client: HttpSeedClient): Promise<ServiceResult> => client.call('user', { name: 'bob' });

test('the seed server proves its key: another one, whatever it answers, is not believed, and that is said once', async (t) => {
  const [honest, other] = [await start(t, folderOf(t)), await start(t, folderOf(t))];
  t.not(honest.key, other.key);
  const said: string[] = [];
  const client = (url: string): HttpSeedClient => new HttpSeedClient({ url, crypto, onImpostor: (reason) => said.push(reason) });
  t.deepEqual(await ask(client(`${honest.url}#${honest.key}`)), NOBODY);
  t.deepEqual(said, []);
  const deceived = client(`${other.url}#${honest.key}`);
  t.deepEqual([await ask(deceived), await ask(deceived)], [UNAVAILABLE, UNAVAILABLE]);
  t.is(said.length, 1);
  t.true(said[0]?.includes(other.key) && said[0].includes(honest.key));
  // Refusals are proved like answers.
  const refusal = await client(`${honest.url}#${honest.key}`).call('vault', { name: 'bob', nonce: new Uint8Array(32), signature: new Uint8Array(64) });
  t.false(refusal.ok);
  t.not(refusal.ok ? '' : refusal.code, 'unavailable');
});

test('a server whose key nobody has told is known by the one it had first, also after a restart of either', async (t) => {
  const [node, root] = [folderOf(t), folderOf(t)];
  const first = await start(t, root);
  const client = (url: string): HttpSeedClient => new HttpSeedClient({ url, crypto, known: new KnownSeedServers(node) });
  t.deepEqual(await ask(client(first.url)), NOBODY);
  await first.stop();
  const again = await start(t, root, first.port);
  t.is(again.key, first.key);
  t.is(statSync(join(root, 'server_data', 'seed.key')).mode & 0o777, 0o600);
  t.deepEqual(await ask(client(again.url)), NOBODY);
  await again.stop();
  const impostor = await start(t, folderOf(t), first.port);
  t.deepEqual(await ask(client(impostor.url)), UNAVAILABLE);
  // Whoever is told the new key goes on.
  t.deepEqual(await ask(client(`${impostor.url}#${impostor.key}`)), NOBODY);
  t.deepEqual(await ask(client(impostor.url)), NOBODY);
});

test('with a mistyped key nobody is believed, whoever is known or met there', async (t) => {
  const server = await start(t, folderOf(t));
  const known = new KnownSeedServers(folderOf(t));
  t.deepEqual(await ask(new HttpSeedClient({ url: server.url, crypto, known })), NOBODY);
  for (const key of ['', server.key.slice(1), `${server.key}x`]) {
    const said: string[] = [];
    t.deepEqual(await ask(new HttpSeedClient({ url: `${server.url}#${key}`, crypto, known, onImpostor: (reason) => said.push(reason) })), UNAVAILABLE);
    t.regex(said.join(), /behind the # of its URL is no key/u);
  }
});

test('who has heard that answers are not signed hears of another key, too', async (t) => {
  const server = await start(t, folderOf(t));
  let isStripped = true;
  const stripped = await between(t, server, ({ headers, ...answer }) => {
    const { [SEED_PROOF_HEADERS.signature]: signature, ...rest } = headers;
    return { ...answer, headers: isStripped ? rest : { ...rest, [SEED_PROOF_HEADERS.signature]: signature } };
  });
  const said: string[] = [];
  const other = await start(t, folderOf(t));
  const client = new HttpSeedClient({ url: `${stripped}#${other.key}`, crypto, onImpostor: (reason) => said.push(reason) });
  await ask(client);
  isStripped = false;
  for (let time = 0; time < 3; time += 1) await ask(client);
  t.is(said.length, 2);
  t.regex(said[0] ?? '', /not signed/u);
  t.true(said[1]?.includes(`#${server.key}`), 'and what to do about it');
});

test('a damaged key file is set aside and said', async (t) => {
  const root = folderOf(t);
  const first = await start(t, root);
  await first.stop();
  const path = join(root, 'server_data', 'seed.key');
  writeFileSync(path, readFileSync(path, 'latin1').slice(0, 40));
  const second = await start(t, root);
  t.not(second.key, first.key);
  t.regex(second.notices.join(), /seed\.key\.damaged-\d+ was set aside/u);
});

/** Stands before a seed server and changes what passes. */
async function between(
  t: ExecutionContext,
  server: SeedServer,
  change: (
    answer: { headers: IncomingHttpHeaders; body: string; status: number },
    count: number,
  ) => { headers: IncomingHttpHeaders; body: string; status: number },
): Promise<string> {
  let count = 0;
  const proxy = createServer((asked, response) => {
    const passed = request(`${server.url}${asked.url}`, { method: asked.method ?? 'GET', headers: asked.headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => {
        count += 1;
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers;
        const changed = change({ headers, body, status: answer.statusCode ?? 0 }, count);
        response.writeHead(changed.status, changed.headers).end(changed.body);
      });
    });
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('whoever stands between can change, replay, swap and strip nothing', async (t) => {
  const server = await start(t, folderOf(t));
  const through = async (change: Parameters<typeof between>[2]): Promise<HttpSeedClient> =>
    new HttpSeedClient({ url: `${await between(t, server, change)}#${server.key}`, crypto });
  t.deepEqual(await ask(await through((answer) => answer)), NOBODY, 'passed on as it is');
  t.deepEqual(await ask(await through((answer) => ({ ...answer, body: '{"records":[] }' }))), UNAVAILABLE);
  t.deepEqual(await ask(await through((answer) => ({ ...answer, status: 404 }))), UNAVAILABLE);
  const stripped = await through(({ headers: { [SEED_PROOF_HEADERS.signature]: _signature, ...headers }, ...answer }) => ({ ...answer, headers }));
  t.deepEqual(await ask(stripped), UNAVAILABLE);
  let kept: Parameters<Parameters<typeof between>[2]>[0] | null = null;
  const replayed = await through((answer) => (kept ??= answer));
  t.deepEqual([await ask(replayed), await ask(replayed)], [NOBODY, UNAVAILABLE], 'an answer counts once');
});

test('whoever changes a question on its way gets an answer to that one, and nobody believes it', async (t) => {
  const server = await start(t, folderOf(t));
  const others = JSON.stringify({ records: recordsToJson([new Person('mallory').user()]) });
  const proxy = createServer((asked, response) => {
    const headers = { ...asked.headers, 'content-length': Buffer.byteLength(others) };
    const passed = request(`${server.url}${asked.url}`, { method: 'POST', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    asked.resume();
    passed.end(others);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const publish = (at: string): Promise<ServiceResult> =>
    new HttpSeedClient({ url: `${at}#${server.key}`, crypto }).call('publish', { records: [new Person('alice').user()] });
  t.deepEqual(await publish(url), UNAVAILABLE, 'alice is not told that she is registered');
  t.like(await publish(server.url), { ok: true });
});

test('a question that is refused unread is refused by the server itself', async (t) => {
  const server = await start(t, folderOf(t), 0, { requestsPerMinute: 2, bodyBytesMax: 1_000 });
  const client = new HttpSeedClient({ url: `${server.url}#${server.key}`, crypto, onImpostor: (reason) => t.fail(reason) });
  const alice = new Person('alice').user();
  t.like(await client.call('publish', { records: Array.from({ length: 20 }, () => alice) }), { code: 'too-large' });
  t.like(await client.call('publish', { records: [alice] }), { ok: true });
  t.like(await client.call('publish', { records: [alice] }), { code: 'rate-limited' });
});
