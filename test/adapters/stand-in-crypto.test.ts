import test from 'ava';
import fc from 'fast-check';
import { StandInCrypto } from '../../src/adapters/crypto/stand-in-crypto.ts';

const crypto = new StandInCrypto();
const some = fc.uint8Array({ minLength: 1, maxLength: 200 });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 });

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const changed = bytes.slice();
  const at = bit % (bytes.length * 8);
  changed[at >> 3] = (changed[at >> 3] as number) ^ (1 << (at & 7));
  return changed;
};
const differing = (a: Uint8Array, b: Uint8Array): number => {
  let bits = 0;
  for (let at = 0; at < a.length; at += 1) for (let rest = (a[at] as number) ^ (b[at] as number); rest > 0; rest &= rest - 1) bits += 1;
  return bits;
};

test('one changed bit moves a good part of all 256 of a hash, and an added zero is seen', (t) => {
  fc.assert(
    fc.property(some, fc.nat(), (bytes, bit) => {
      const hash = crypto.sha256(bytes);
      t.is(hash.length, 32);
      t.true(differing(hash, crypto.sha256(flipped(bytes, bit))) > 64);
      t.true(differing(hash, crypto.sha256(new Uint8Array([...bytes, 0]))) > 64);
    }),
    { numRuns: 300 },
  );
});

test('no two of a hundred thousand counters share the first six bytes of their hash', (t) => {
  const seen = new Set<string>();
  for (let count = 0; count < 100_000; count += 1) {
    seen.add(Buffer.from(crypto.sha256(new TextEncoder().encode(`user/${count}`)).subarray(0, 6)).toString('hex'));
  }
  t.is(seen.size, 100_000);
});

test('a signature holds for its key and bytes only', (t) => {
  fc.assert(
    fc.property(key, key, some, fc.nat(), (seed, other, bytes, bit) => {
      const { publicKey, secretKey } = crypto.signingKeyPair(seed);
      const signature = crypto.sign(secretKey, bytes);
      t.true(crypto.verify(publicKey, bytes, signature));
      t.false(crypto.verify(publicKey, flipped(bytes, bit), signature));
      t.false(crypto.verify(publicKey, bytes, flipped(signature, bit)));
      t.is(crypto.verify(crypto.signingKeyPair(other).publicKey, bytes, signature), Buffer.compare(seed, other) === 0);
    }),
    { numRuns: 200 },
  );
});

test('what is sealed is opened again, by the same key, nonce and associated bytes only, and cannot be read', (t) => {
  fc.assert(
    fc.property(key, nonce, fc.uint8Array({ minLength: 12, maxLength: 200 }), some, fc.nat(), (secret, once, plaintext, associated, bit) => {
      const ciphertext = crypto.seal({ key: secret, nonce: once, plaintext, associated });
      const open = (change: object) => crypto.open({ key: secret, nonce: once, ciphertext, associated, ...change });
      t.deepEqual(open({}), plaintext);
      t.is(open({ ciphertext: flipped(ciphertext, bit) }), null);
      t.is(open({ key: flipped(secret, bit) }), null);
      t.is(open({ nonce: flipped(once, bit) }), null);
      t.is(open({ associated: flipped(associated, bit) }), null);
      t.is(Buffer.from(ciphertext).indexOf(plaintext), -1);
    }),
    { numRuns: 200 },
  );
});
