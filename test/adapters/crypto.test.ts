import { hkdfSync } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { Argon2Deriver } from '../../src/adapters/crypto/argon2.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { SystemRandom } from '../../src/adapters/crypto/random.ts';

const crypto = new NodeCrypto();
const random = new SystemRandom();
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (array: Uint8Array | null): string | null => (array === null ? null : Buffer.from(array).toString('hex'));
const textBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test('X25519: RFC 7748, sections 5.2 and 6.1', (t) => {
  const scalar = bytes('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4');
  const point = bytes('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c');
  t.is(hex(crypto.agree(scalar, point)), 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
  const alice = crypto.agreementKeyPair(bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
  const bob = crypto.agreementKeyPair(bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
  t.is(hex(alice.publicKey), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  t.is(hex(bob.publicKey), 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  t.is(hex(crypto.agree(alice.secretKey, bob.publicKey)), shared);
  t.is(hex(crypto.agree(bob.secretKey, alice.publicKey)), shared);
});

test('X25519: keys of low order and of the wrong length give nothing', (t) => {
  const secret = random.bytes(32);
  t.is(crypto.agree(secret, new Uint8Array(32)), null);
  t.is(crypto.agree(secret, bytes(`01${'00'.repeat(31)}`)), null);
  t.is(crypto.agree(secret, bytes('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')), null);
  t.is(crypto.agree(secret, new Uint8Array(31)), null);
  t.is(crypto.agree(secret, new Uint8Array(0)), null);
});

test('Ed25519: RFC 8032, section 7.1, tests 1 and 2', (t) => {
  const first = crypto.signingKeyPair(bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'));
  t.is(hex(first.publicKey), 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  t.is(
    hex(crypto.sign(first.secretKey, new Uint8Array(0))),
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  );
  const second = crypto.signingKeyPair(bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
  t.is(hex(second.publicKey), '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const signature = bytes('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00');
  t.deepEqual(crypto.sign(second.secretKey, bytes('72')), signature);
  t.true(crypto.verify(second.publicKey, bytes('72'), signature));
  t.false(crypto.verify(second.publicKey, bytes('73'), signature));
  t.false(crypto.verify(first.publicKey, bytes('72'), signature));
});

test('Ed25519: nothing malformed throws', (t) => {
  const some = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(some, some, some, (key, message, signature) => {
      t.false(crypto.verify(key, message, signature));
    }),
    { numRuns: 200 },
  );
  t.false(crypto.verify(null as unknown as Uint8Array, new Uint8Array(1), new Uint8Array(64)));
  t.false(crypto.verify(new Uint8Array(32).fill(255), new Uint8Array(1), new Uint8Array(64)));
});

test('a public key is known by its content, also in another array', (t) => {
  const pair = crypto.signingKeyPair(random.bytes(32));
  const message = textBytes('the same key in many arrays');
  const signature = crypto.sign(pair.secretKey, message);
  for (let round = 0; round < 3; round += 1) t.true(crypto.verify(new Uint8Array(pair.publicKey), message, signature));
});

test('more public keys than are remembered still verify', (t) => {
  const message = textBytes('x');
  const first = crypto.signingKeyPair(random.bytes(32));
  const signature = crypto.sign(first.secretKey, message);
  for (let index = 0; index < 4_200; index += 1) crypto.verify(random.bytes(32), message, signature);
  t.true(crypto.verify(new Uint8Array(first.publicKey), message, signature));
});

test('HKDF-SHA256: RFC 5869, test case 3', (t) => {
  const key = new Uint8Array(22).fill(0x0b);
  t.is(
    hex(crypto.hkdf({ key, salt: new Uint8Array(0), info: '', length: 42 })),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
});

test('HKDF-SHA256: RFC 5869, test cases 1 and 2', (t) => {
  const key = new Uint8Array(22).fill(0x0b);
  const [salt, info] = [bytes('000102030405060708090a0b0c'), Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex')];
  const expected = '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865';
  t.is(hex(new Uint8Array(hkdfSync('sha256', key, salt, info, 42))), expected, 'the platform, to which the next test compares');
  const run = (from: number): Uint8Array => Uint8Array.from({ length: 80 }, (_, index) => from + index);
  t.is(
    hex(new Uint8Array(hkdfSync('sha256', run(0), run(0x60), run(0xb0), 82))),
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  );
});

test('HKDF gives what the platform gives, whatever the lengths', (t) => {
  const part = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array));
  t.notThrows(() =>
    fc.assert(
      fc.property(part(700), part(200), fc.string({ maxLength: 300 }), fc.integer({ min: 1, max: 500 }), (key, salt, info, length) => {
        const expected = Buffer.from(hkdfSync('sha256', key, salt, info, length));
        return expected.equals(crypto.hkdf({ key, salt, info, length }));
      }),
      { numRuns: 300 },
    ),
  );
  t.throws(() => crypto.hkdf({ key: bytes('00'), salt: bytes(''), info: '', length: 8_161 }), { message: /at most 8160/ });
});

test('ChaCha20-Poly1305: RFC 8439, section 2.8.2', (t) => {
  const plaintext = textBytes("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
  const options = {
    key: Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
    nonce: bytes('070000004041424344454647'),
    associated: bytes('50515253c0c1c2c3c4c5c6c7'),
  };
  const sealed = crypto.seal({ ...options, plaintext });
  const expected =
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691';
  t.is(hex(sealed), expected);
  t.deepEqual(crypto.open({ ...options, ciphertext: sealed }), plaintext);
});

test('a box opens whole or not at all: every flipped bit and cut is noticed', (t) => {
  const options = { key: random.bytes(32), nonce: random.bytes(12), associated: textBytes('about') };
  const sealed = crypto.seal({ ...options, plaintext: textBytes('words') });
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const forged = new Uint8Array(sealed);
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
    t.is(crypto.open({ ...options, ciphertext: forged }), null);
  }
  for (let length = 0; length < sealed.length; length += 1) t.is(crypto.open({ ...options, ciphertext: sealed.subarray(0, length) }), null);
  t.is(crypto.open({ ...options, associated: textBytes('other'), ciphertext: sealed }), null);
  t.is(crypto.open({ ...options, key: new Uint8Array(31), ciphertext: sealed }), null);
  t.deepEqual(crypto.open({ ...options, ciphertext: crypto.seal({ ...options, plaintext: new Uint8Array(0) }) }), new Uint8Array(0));
});

test('argon2id: the reference implementation gives the same key', async (t) => {
  const deriver = new Argon2Deriver();
  const key = await deriver.derive('password', textBytes('somesalt'), { name: 'argon2id', memoryKib: 65_536, passes: 2, lanes: 1 });
  t.is(hex(key), '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7');
});

test('argon2id: many at once take turns and all arrive; the event loop goes on meanwhile', async (t) => {
  const deriver = new Argon2Deriver();
  const derivation = { name: 'argon2id', memoryKib: 8_192, passes: 2, lanes: 1 } as const;
  let ticks = 0;
  const ticker = setInterval(() => (ticks += 1), 1);
  const keys = await Promise.all(Array.from({ length: 12 }, (_, index) => deriver.derive(`password ${index % 3}`, new Uint8Array(16), derivation)));
  clearInterval(ticker);
  t.is(new Set(keys.map(hex)).size, 3);
  t.true(ticks > 0);
  const impossible = await t.throwsAsync(deriver.derive('password', new Uint8Array(2), derivation));
  t.is((impossible as { code?: string }).code, 'internal');
  t.is((await deriver.derive('password 0', new Uint8Array(16), derivation)).length, 32);
});

test('the same password in two Unicode spellings gives the same key', async (t) => {
  const deriver = new Argon2Deriver();
  const derivation = { name: 'argon2id', memoryKib: 64, passes: 1, lanes: 1 } as const;
  const [composed, decomposed] = await Promise.all(
    ['Gr\u00fc\u00dfe', 'Gru\u0308\u00dfe'].map((password) => deriver.derive(password, new Uint8Array(16), derivation)),
  );
  t.deepEqual(composed, decomposed);
});

test('random bytes, fractions and ids are of the right form and do not repeat', (t) => {
  for (const length of [0, 1, 16, 32, 1_000, 5_000, 70_000]) t.is(random.bytes(length).length, length);
  t.is(new Set(Array.from({ length: 2_000 }, () => hex(random.bytes(16)))).size, 2_000);
  const fractions = Array.from({ length: 20_000 }, () => random.fraction());
  t.true(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
  t.true(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
  const ids = Array.from({ length: 2_000 }, () => random.id());
  t.true(ids.every((id) => /^[A-Za-z0-9_-]{21}$/.test(id)));
  t.is(new Set(ids).size, ids.length);
});
