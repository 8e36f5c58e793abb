import test from 'ava';
import fc from 'fast-check';
import { Envelopes } from '../../src/core/chat/envelope.ts';
import type { Envelope } from '../../src/core/messages.ts';
import { asVault, decodeVault, lockVault, openVault, passwordKeys } from '../../src/core/session/vault.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { somebody, tools } from './tools.ts';

const alice = somebody('alice');
const bob = somebody('bob');
const carol = somebody('carol');
const ID = 'A'.repeat(21) as MessageId;
const content = { text: 'a secret, and 😀\n  blanks ', sentMillis: 1, stamp: 2 };

function envelopes(): Envelopes {
  return new Envelopes({ ...tools, random: new SeededRandom('envelopes'), monotonicMillis: 0 });
}

function sealed(): Envelope {
  const to = { userId: bob.userId as UserId, sealingKey: bob.sealing.publicKey };
  const envelope = envelopes().seal({ userId: alice.userId as UserId, identity: alice.identity }, to, ID, content);
  if (envelope === null) throw new Error('not sealed');
  return envelope;
}

test('C6: an envelope opens for its recipient, and its text is nowhere in it', (t) => {
  const envelope = sealed();
  t.deepEqual(envelopes().open(bob, envelope), content);
  t.deepEqual(envelopes().open(bob, envelope), content, 'a replay opens here; the history drops it by its id');
  t.false(Buffer.from(tools.codec.encode(envelope)).includes('secret'));
});

test('C2: an envelope with one bit turned does not open and does not throw', (t) => {
  const envelope = sealed();
  const fields = ['ciphertext', 'salt', 'ephemeral'] as const;
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.nat(), fc.nat(7), (field, place, bit) => {
        const bytes = envelope[field].slice();
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        // X25519 ignores the highest bit of a public key (RFC 7748, section 5); the header binds it all the same.
        return typeof envelopes().open(bob, { ...envelope, [field]: bytes }) === 'string';
      }),
      { numRuns: 300 },
    ),
  );
});

const changes: ReadonlyArray<readonly [string, Partial<Envelope>]> = [
  ['another id', { id: 'B'.repeat(21) as MessageId }],
  ['another sender', { from: carol.userId as UserId }],
  ['another recipient', { to: carol.userId as UserId }],
  ['another suite', { suite: 2 }],
  ['a key of low order', { ephemeral: new Uint8Array(32) }],
  ['no ciphertext', { ciphertext: new Uint8Array(16) }],
];
for (const [title, change] of changes) {
  test(`C2: an envelope with ${title} does not open`, (t) => {
    t.is(typeof envelopes().open(bob, { ...sealed(), ...change }), 'string');
  });
}

test('an envelope does not open for somebody else', (t) => {
  t.is(envelopes().open(carol, sealed()), 'does not open');
});

test('a forged sender is found out: carol seals in the name of alice', (t) => {
  const to = { userId: bob.userId as UserId, sealingKey: bob.sealing.publicKey };
  const forged = envelopes().seal({ userId: alice.userId as UserId, identity: carol.identity }, to, ID, content);
  t.is(envelopes().open(bob, forged as Envelope), 'the sender is not whom the envelope names');
});

test('C1: no two messages have the same key', (t) => {
  const box = envelopes();
  const from = { userId: alice.userId as UserId, identity: alice.identity };
  const salts = new Set<string>();
  for (let index = 0; index < 600; index += 1) {
    const envelope = box.seal(from, { userId: bob.userId as UserId, sealingKey: bob.sealing.publicKey }, ID, content) as Envelope;
    salts.add(Buffer.concat([envelope.ephemeral, envelope.salt]).toString('hex'));
  }
  t.is(salts.size, 600);
});

test('a recipient whose key is no key gets nothing', (t) => {
  const from = { userId: alice.userId as UserId, identity: alice.identity };
  t.is(envelopes().seal(from, { userId: bob.userId as UserId, sealingKey: new Uint8Array(32) }, ID, content), null);
});

// --- the vault ---

const random = new SeededRandom('vault');
const salt = random.bytes(16);
const derivation = { name: 'argon2id', memoryKib: 19_456, passes: 2, lanes: 1 } as const;
const secrets = { identitySeed: random.bytes(32), sealingSeed: random.bytes(32), storeKey: random.bytes(32), createdMillis: 5 };
const unlock = passwordKeys(tools, random.bytes(32), salt).unlock;
const vault = lockVault(tools, { name: 'alice', derivation, salt, nonce: random.bytes(12) }, unlock, secrets);

test('a vault opens with its key only, and survives the wire', (t) => {
  t.deepEqual(openVault(tools, vault, unlock), secrets);
  const copy = decodeVault(tools, tools.codec.encode(vault));
  t.deepEqual(copy, vault);
  t.is(openVault(tools, vault, passwordKeys(tools, new Uint8Array(32), salt).unlock), null);
  t.is(openVault(tools, { ...vault, name: 'bob' }, unlock), null, 'the name is bound');
});

test('a changed vault does not open and does not throw', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), (place, bit) => {
      const bytes = vault.ciphertext.slice();
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      return openVault(tools, { ...vault, ciphertext: bytes }, unlock) === null;
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeVault(tools, bytes) === null));
  t.notThrows(() => fc.assert(fc.property(fc.anything(), (value) => asVault(value) === null)));
});

test('the two keys of a password have nothing to do with each other', (t) => {
  const keys = passwordKeys(tools, random.bytes(32), salt);
  t.notDeepEqual(keys.unlock, keys.authentication.secretKey);
  t.notDeepEqual(keys.unlock, keys.authentication.publicKey);
});
