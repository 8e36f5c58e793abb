import test from 'ava';
import fc from 'fast-check';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { HANDOVER_TABLES, readRows } from '../../src/core/session/handover-rows.ts';
import { HANDOVER_END, openAsk, openPage, sealAsk, sealPage } from '../../src/core/session/handover-seal.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools } from '../core/tools.ts';

const random = new SeededRandom('handover');
const env = { ...tools, random };
const KEY = random.bytes(32);
const route = { heir: 'a'.repeat(64), giver: 'b'.repeat(64) };

function storeWith(rows: ReadonlyArray<readonly [table: string, key: string, value: unknown]>): MemoryStore {
  const store = new MemoryStore(new MemoryDisk(null));
  store.unlock(KEY);
  for (const [table, key, value] of rows) store.put(table, key, value);
  return store;
}

test('S3: pages of any size give every row once, in order, from whatever cursor they are taken up again', (t) => {
  const rowsOf = fc.uniqueArray(fc.tuple(fc.constantFrom(...HANDOVER_TABLES), fc.string({ minLength: 1, maxLength: 6 })), {
    maxLength: 150,
    selector: (row) => row.join('/'),
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(rowsOf, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 400 }), (rows, handoverRowsMax, handoverBytesTarget) => {
        const store = storeWith(rows.map(([table, key]) => [table, key, 'x'.repeat(20)] as const));
        const seen: string[] = [];
        for (let cursor = '', pages = 0; cursor !== HANDOVER_END; pages += 1) {
          const page = readRows({ store, codec: tools.codec }, { handoverRowsMax, handoverBytesTarget }, cursor);
          t.deepEqual(readRows({ store, codec: tools.codec }, { handoverRowsMax, handoverBytesTarget }, cursor), page, 'the same cursor, the same rows');
          t.true(page.rows.length <= handoverRowsMax);
          seen.push(...page.rows.map(([table, key]) => `${table}/${key}`));
          cursor = page.next;
          if (pages > 400) return t.fail('no end');
        }
        t.deepEqual([...seen].sort(), rows.map((row) => row.join('/')).sort());
        t.is(new Set(seen).size, seen.length);
      }),
    ),
  );
});

test('a cursor that makes no sense begins at the beginning', (t) => {
  const store = storeWith([['blocks', 'x', { wallMillis: 1 }]]);
  for (const cursor of ['', 'nonsense', '99/x', '-1/x', '/x']) t.is(readRows({ store, codec: tools.codec }, CORE_OPTIONS, cursor).rows.length, 1, cursor);
});

test('an ask opens only at the node it was sealed to, and only over that route', (t) => {
  const giver = tools.crypto.agreementKeyPair(random.bytes(32));
  const ask = { storeKey: KEY, epoch: 3, cursor: '3/abc' };
  const message = sealAsk(env, giver.publicKey, route, ask);
  if (message === null) return t.fail('not sealed');
  t.deepEqual(openAsk(env, giver.secretKey, route, message), ask);
  t.is(openAsk(env, giver.secretKey, { ...route, heir: 'c'.repeat(64) }, message), null, 'replayed by another node');
  t.is(openAsk(env, random.bytes(32), route, message), null);
  t.is(openAsk(env, giver.secretKey, route, { ...message, sealed: message.sealed.map((byte, index) => (index === 5 ? byte ^ 1 : byte)) }), null);
});

test('a page opens only under the key of the store, and shows nothing of what is in it', (t) => {
  const page = { epoch: 3, cursor: '', next: HANDOVER_END, rows: [['messages', 'k', { text: 'canary in the coal mine' }]] as const };
  const message = sealPage(env, KEY, route, page);
  t.deepEqual(openPage(env, KEY, route, message), page);
  t.is(openPage(env, random.bytes(32), route, message), null);
  t.is(openPage(env, KEY, { ...route, giver: 'd'.repeat(64) }, message), null);
  t.false(Buffer.from(message.sealed).includes('canary'));
  t.notDeepEqual(sealPage(env, KEY, route, page).sealed, message.sealed, 'no key seals twice');
});

test('rows that are none are refused with their page', (t) => {
  for (const rows of [[['messages', 'k']], ['x'], [[1, 'k', 2]], 'rows']) {
    const message = sealPage(env, KEY, route, { epoch: 1, cursor: '', next: HANDOVER_END, rows: rows as never });
    t.is(openPage(env, KEY, route, message), null, JSON.stringify(rows));
  }
});
