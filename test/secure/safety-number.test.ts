import test from 'ava';
import { type PublicIdentity, safetyNumber } from '../../src/core/secure/safety-number.ts';
import { somebody, tools } from '../core/tools.ts';
import { SecondCrypto } from './second-crypto.ts';

function identityOf(name: string, as = name): PublicIdentity {
  const who = somebody(name);
  return { name: as, identityKey: who.identity.publicKey, sealingKey: who.sealing.publicKey };
}

const alice = identityOf('alice');
const bob = identityOf('bob');

test('60 digits in 12 groups and six words, the same at both sides and by another implementation', (t) => {
  const number = safetyNumber(tools.crypto, alice, bob);
  t.regex(number.digits, /^(\d{5} ){11}\d{5}$/);
  t.regex(number.words, /^([a-z]{5} ){5}[a-z]{5}$/);
  t.deepEqual(safetyNumber(tools.crypto, bob, alice), number);
  t.deepEqual(safetyNumber(new SecondCrypto(), alice, bob), number);
});

test('another key or name gives another number, in digits and in words', (t) => {
  const seen = [
    safetyNumber(tools.crypto, alice, bob),
    safetyNumber(tools.crypto, alice, identityOf('mallory', 'bob')),
    safetyNumber(tools.crypto, alice, { ...bob, sealingKey: alice.sealingKey }),
    safetyNumber(tools.crypto, alice, { ...bob, identityKey: alice.identityKey }),
    safetyNumber(tools.crypto, alice, { ...bob, name: 'bobby' }),
  ];
  t.is(new Set(seen.map((number) => number.digits)).size, seen.length);
  t.is(new Set(seen.map((number) => number.words)).size, seen.length);
});
