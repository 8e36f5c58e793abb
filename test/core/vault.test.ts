import test from 'ava';
import fc from 'fast-check';
import { asVault, decodeVault, lockVault, openVault, passwordKeys } from '../../src/core/session/vault.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools } from './tools.ts';

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
