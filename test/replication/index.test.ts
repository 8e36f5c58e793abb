import test from 'ava';
import fc from 'fast-check';
import { crypto } from '../../bench/worlds/notes.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { SetFingerprint } from '../../src/core/replication/fingerprint.ts';
import { endOfKey, nameOf, type Replica, ReplicaIndex } from '../../src/core/replication/replica-index.ts';
import { owns } from '../../src/core/ring/circle.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = fc.stringMatching(/^[0-9a-f]{64}$/);

function fingerprintOf(hashes: readonly Uint8Array[]): string {
  const fingerprint = new SetFingerprint();
  for (const one of hashes) fingerprint.add(one);
  return fingerprint.text(crypto);
}

function replica(ofKey: string, kind: string, id: string): Replica {
  const name = nameOf(ofKey, kind, id);
  const about = { key: ofKey, id, sequence: 1, deleted: false, expiresMillis: null, author: '' };
  return { name, kind, about, size: 10, hash: crypto.sha256(utf8(name)), version: '', renewedMillis: 0 };
}

test('a fingerprint does not depend on the order, and on everything else', (t) => {
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 8 }), hash, (hashes, other) => {
      const whole = fingerprintOf(hashes);
      return whole === fingerprintOf([...hashes].reverse()) && whole !== fingerprintOf([...hashes, other]);
    }),
  );
  const [a, b] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(9)];
  // What an exclusive or cannot tell apart.
  t.not(fingerprintOf([a, a]), fingerprintOf([b, b]));
  t.not(fingerprintOf([]), fingerprintOf([new Uint8Array(32)]));
});

test('the sum carries over all its words', (t) => {
  const ones = new Uint8Array(32).fill(255);
  const one = new Uint8Array(32);
  one[0] = 1;
  const zero = new Uint8Array(32);
  t.is(fingerprintOf([ones, one]), fingerprintOf([zero, zero]));
});

test('a range of the index holds exactly the keys that its owner owns, wherever zero lies', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), key, key, (keys, from, to) => {
        const index = new ReplicaIndex(crypto);
        for (const each of keys) for (const id of ['', 'b', 'Z9']) index.set(replica(each, 'note', id));
        const found = new Set(index.range(endOfKey(from), endOfKey(to)).map((each) => each.about.key));
        const expected = keys.filter((each) => from === to || owns(from, each, to));
        return found.size === expected.length && expected.every((each) => found.has(each));
      }),
    ),
  );
});

test('the index gives the values of one key and kind, and keeps count', (t) => {
  const index = new ReplicaIndex(crypto);
  const one = 'a'.repeat(64);
  for (const id of ['', 'x', 'y']) index.set(replica(one, 'mail', id));
  index.set(replica(one, 'mail-box', 'x'));
  index.set(replica('b'.repeat(64), 'mail', 'x'));
  t.deepEqual(
    index
      .ofKey(one, 'mail')
      .map((each) => each.about.id)
      .sort(),
    ['', 'x', 'y'],
  );
  t.is(index.bytes, 50);
  index.set(replica(one, 'mail', 'x'));
  index.delete(nameOf(one, 'mail', 'y'));
  index.delete('nothing');
  t.is(index.count, 4);
  t.is(index.bytes, 40);
});
