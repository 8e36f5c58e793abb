import test from 'ava';
import fc from 'fast-check';
import { concat, sameBytes, utf8 } from '../../src/core/bytes.ts';
import { type RecordBodies, type SignedRecord, signRecord, verifyRecord } from '../../src/core/records.ts';
import { fresh, nodeRecord, presenceRecord, somebody, tools, userRecord, WALL_MILLIS } from './tools.ts';

const alice = somebody('alice');
const bob = somebody('bob');
const all = {
  user: userRecord(alice),
  node: nodeRecord(alice),
  'node without a certificate': nodeRecord(alice, { certificate: null }),
  presence: presenceRecord(alice),
  fact: signRecord(tools, alice.identity, {
    type: 'fact',
    sequence: 3,
    wallMillis: WALL_MILLIS,
    body: { subject: bob.userId as RecordBodies['fact']['subject'], yes: 1, no: 0 },
  }),
  vault: signRecord(tools, alice.identity, { type: 'vault', sequence: 3, wallMillis: WALL_MILLIS, body: { name: 'alice', vault: new Uint8Array(100) } }),
};

for (const [title, record] of Object.entries(all)) {
  test(`L1: a signed ${title} record is verified as it was written`, (t) => {
    const verified = verifyRecord(tools, fresh(record));
    if (typeof verified === 'string') return t.fail(verified);
    t.deepEqual(verified.body, record.body as typeof verified.body);
    t.is(verified.authorId, record.authorId);
    t.is(verified.sequence, record.sequence);
  });

  test(`L1: a ${title} record with one bit turned is refused, never thrown at`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(fc.nat(), fc.nat(7), fc.boolean(), (place, bit, inBytes) => {
          const changed = fresh(record);
          const target = inBytes ? changed.bytes : changed.signature;
          const at = place % target.length;
          target[at] = (target[at] as number) ^ (1 << bit);
          return typeof verifyRecord(tools, changed) === 'string';
        }),
        { numRuns: 150 },
      ),
    );
  });

  test(`L1: a ${title} record cut short is refused`, (t) => {
    for (let length = 0; length < record.signed.bytes.length; length += 7) {
      t.is(typeof verifyRecord(tools, { ...fresh(record), bytes: record.signed.bytes.slice(0, length) }), 'string');
    }
  });
}

/** Signs any value as a record would be signed. */
function signAnything(value: unknown): SignedRecord {
  const bytes = tools.codec.encode(value);
  return { bytes, signature: tools.crypto.sign(alice.identity.secretKey, concat(utf8('confab/record/1\0'), bytes)) };
}

const body = { node: alice.nodeId, presence: 'online', statusText: '', epoch: 1, claimedMillis: 0 };
const key = alice.identity.publicKey;
const refused: ReadonlyArray<readonly [string, unknown, RegExp]> = [
  ['another version', ['presence', 2, key, 1, 1, body], /unknown version/],
  ['an unknown type', ['weather', 1, key, 1, 1, body], /unknown type/],
  ['a type that every object has', ['constructor', 1, key, 1, 1, body], /unknown type/],
  ['a negative sequence', ['presence', 1, key, -1, 1, body], /sequence/],
  ['a short key', ['presence', 1, key.slice(1), 1, 1, body], /author/],
  ['a field too many', ['presence', 1, key, 1, 1, { ...body, more: 1 }], /unknown field/],
  ['a body of another type', ['user', 1, key, 1, 1, body], /user|body/],
  ['five parts', ['presence', 1, key, 1, body], /six parts/],
  ['a map', { presence: 1 }, /six parts/],
  ['nothing', null, /six parts/],
];
for (const [title, value, reason] of refused) {
  test(`L1: a rightly signed record with ${title} is refused`, (t) => {
    const outcome = verifyRecord(tools, signAnything(value));
    t.regex(typeof outcome === 'string' ? outcome : 'taken', reason);
  });
}

test('the same as a right one passes', (t) => {
  t.not(typeof verifyRecord(tools, signAnything(['presence', 1, key, 1, 1, body])), 'string');
});

test('R11: a node cannot borrow the certificate of another node or user', (t) => {
  const stolen = nodeRecord(bob, { certificate: nodeRecord(alice).body.certificate });
  t.is(verifyRecord(tools, fresh(stolen)), 'record: wrong node certificate');
  const relabelled = nodeRecord(alice, { label: 'desk' });
  t.is(verifyRecord(tools, fresh(relabelled)), 'record: wrong node certificate');
});

test('a record that comes again from another peer costs no second check of its signature, a changed one does', (t) => {
  let checks = 0;
  const crypto = Object.create(tools.crypto, {
    verify: {
      value: (...args: Parameters<typeof tools.crypto.verify>) => {
        checks += 1;
        return tools.crypto.verify(...args);
      },
    },
  }) as typeof tools.crypto;
  const counting = { ...tools, crypto };
  const record = presenceRecord(bob);
  const first = verifyRecord(counting, fresh(record));
  t.is(checks, 1);
  t.is(verifyRecord(counting, fresh(record)), first);
  t.is(checks, 1);
  const forged = fresh(record);
  forged.bytes[forged.bytes.length - 1] = (forged.bytes[forged.bytes.length - 1] as number) ^ 1;
  t.is(typeof verifyRecord(counting, forged), 'string');
  const cut = fresh(record);
  cut.signature[63] = (cut.signature[63] as number) ^ 1;
  t.is(typeof verifyRecord(counting, cut), 'string');
  t.true(checks >= 2);
});

test('verifyRecord survives whatever it is given', (t) => {
  fc.assert(fc.property(fc.anything(), (value) => typeof verifyRecordOfAnything(value) === 'string'));
  t.notThrows(() =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => typeof verifyRecord(tools, { bytes, signature: new Uint8Array(64) }) === 'string')),
  );
});

/** Primitive values cannot be remembered, so they are wrapped as the edge would find them. */
function verifyRecordOfAnything(value: unknown): unknown {
  return verifyRecord(tools, { bytes: value, signature: value } as SignedRecord);
}

test('a record keeps its bytes: receivers forward what was signed', (t) => {
  const verified = verifyRecord(tools, fresh(all.user));
  t.true(typeof verified !== 'string' && sameBytes(verified.signed.bytes, all.user.signed.bytes));
});
