import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { HttpSeedClient } from '../../src/adapters/seed-http/seed-client.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';
import { loadSeedKey } from '../../src/adapters/system/seed-key.ts';
import type { SeedCalls, SeedOperation } from '../../src/core/directory/seed-api.ts';
import { SEED_TABLES } from '../../src/core/directory/seed-directory.ts';
import type { ServiceResult } from '../../src/core/env.ts';
import { startSeedServer } from '../../src/seed/server.ts';
import { codec, crypto, Desk, Person, plain, random } from './fixtures.ts';

const alice = new Person('alice');
const bob = new Person('bob');
const carol = new Person('carol');
const mallory = new Person('alice', 'mallory');

type Call = { [Operation in SeedOperation]: readonly [Operation, SeedCalls[Operation]['body']] }[SeedOperation];

/** What both sides are asked, in this order; more live nodes than the limit would make answers random. */
const script: readonly Call[] = [
  ['users', { after: '', limit: 10 }],
  ['publish', { records: [alice.user(), alice.vault(), alice.node(), alice.presence('online'), bob.node()] }],
  ['publish', { records: [bob.user(), carol.user(), alice.fact(bob, 1), bob.fact(alice, 1), mallory.user(), alice.user()] }],
  ['nodes', { limit: 10 }],
  ['user', { name: 'alice' }],
  ['user', { name: 'nobody' }],
  ['users', { after: '', limit: 2 }],
  ['users', { after: 'bob', limit: 2 }],
  ['state', { userId: bob.id }],
  ['challenge', { name: 'nobody' }],
  ['vault', { name: 'alice', nonce: new Uint8Array(32), signature: new Uint8Array(64) }],
  ['publish', { records: [carol.tombstone(), carol.user(), carol.presence('online', 4)] }],
  ['user', { name: 'carol' }],
  ['user', { name: '..' }],
];

type Ask = (operation: SeedOperation, body: unknown) => Promise<ServiceResult>;

async function play(ask: Ask): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const [operation, body] of script) {
    const result = await ask(operation, body);
    answers.push([operation, result.ok ? plain(result.value) : result.code]);
  }
  const challenge = await ask('challenge', { name: 'alice' });
  const { nonce } = (challenge.ok ? challenge.value : {}) as { nonce: Uint8Array };
  const proof = { name: 'alice', nonce, signature: alice.prove(nonce) };
  for (const result of [await ask('vault', proof), await ask('vault', proof)]) answers.push(result.ok ? plain(result.value) : result.code);
  return answers;
}

test('a node gets the same answers over HTTP as from the directory that the simulator calls', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'confab-seed-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const desk = new Desk();
  const server = await startSeedServer({
    root,
    port: 0,
    crypto,
    codec,
    random,
    clock: { monotonicMillis: () => desk.now.monotonicMillis, wallMillis: () => desk.now.wallMillis },
    loadKey: (folder, onSetAside) => loadSeedKey(folder, random, onSetAside),
    openStore: (file, onSetAside) => new SeedStore({ folder: dirname(file), tables: SEED_TABLES, codec, onSetAside }),
  });
  t.teardown(() => server.stop());
  const client = new HttpSeedClient({ crypto, url: server.url });

  const expected = await play(async (operation, body) => desk.call(operation, body));
  const actual = await play((operation, body) => client.call(operation, body as SeedCalls[SeedOperation]['body']));
  // A path of dots never reaches the route of a user: the address of a request is tidied up before it is sent.
  const position = script.findIndex(([, body]) => 'name' in body && body.name === '..');
  t.deepEqual(
    [expected[position], actual[position]],
    [
      ['user', 'bad-name'],
      ['user', 'not-found'],
    ],
  );
  t.deepEqual(actual.toSpliced(position, 1), expected.toSpliced(position, 1));

  await server.stop();
  t.deepEqual(await client.call('nodes', { limit: 1 }), { ok: false, code: 'unavailable' });
});
