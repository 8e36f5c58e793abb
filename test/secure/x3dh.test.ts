import test from 'ava';
import {
  bundleOf,
  dropUsed,
  initiate,
  markUsed,
  newPrekeyBatch,
  type PrekeyBatch,
  type PrekeyBundle,
  respond,
  unusedCount,
} from '../../src/core/secure/x3dh.ts';
import { tools } from '../core/tools.ts';
import { End } from './pair.ts';
import { SecondCrypto } from './second-crypto.ts';

test('both sides agree, with a one-time key and at the last resort', (t) => {
  for (const resort of [false, true]) {
    const [alice, bob] = [new End('alice'), new End('bob')];
    const whole = bundleOf(bob.batch);
    const bundle: PrekeyBundle = resort ? { ...whole, oneTimeKeys: [] } : whole;
    const agreed = initiate(alice, alice.party, bob.party, bundle);
    if (agreed === null) return t.fail('no agreement');
    t.is(agreed.opening.oneTime >= 0, !resort);
    const answer = respond(bob.crypto, bob.party, alice.party, bob.batch, agreed.opening);
    if (typeof answer === 'string') return t.fail(answer);
    t.deepEqual(answer, { secret: agreed.secret, binding: agreed.binding, sessionId: agreed.sessionId });
  }
});

test('the two sets of primitives agree with each other', (t) => {
  const [alice, bob] = [new End('alice', new SecondCrypto()), new End('bob', tools.crypto)];
  const agreed = initiate(alice, alice.party, bob.party, bundleOf(bob.batch));
  const answer = agreed === null ? 'none' : respond(bob.crypto, bob.party, alice.party, bob.batch, agreed.opening);
  t.deepEqual(typeof answer === 'string' ? null : answer.secret, agreed?.secret);
});

test('whoever names another party, home or key gets another secret', (t) => {
  const [alice, bob, mallory] = [new End('alice'), new End('bob'), new End('mallory')];
  const agreed = initiate(alice, alice.party, bob.party, bundleOf(bob.batch));
  if (agreed === null) return t.fail('no agreement');
  const secretFor = (from: typeof alice.party, me = bob.party): string => {
    const answer = respond(bob.crypto, me, from, bob.batch, agreed.opening);
    return typeof answer === 'string' ? answer : Buffer.from(answer.secret).toString('hex');
  };
  const right = Buffer.from(agreed.secret).toString('hex');
  t.is(secretFor(alice.party), right);
  t.not(secretFor(mallory.party), right);
  t.not(secretFor({ ...alice.party, home: mallory.party.home }), right);
  t.not(secretFor({ ...alice.party, identity: mallory.party.identity }), right);
  t.not(secretFor(alice.party, { ...bob.party, home: mallory.party.home }), right);
});

test('a stolen identity of the recipient opens no first message whose one-time key is deleted', (t) => {
  const [alice, bob] = [new End('alice'), new End('bob')];
  const agreed = initiate(alice, alice.party, bob.party, bundleOf(bob.batch));
  if (agreed === null) return t.fail('no agreement');
  const used = markUsed(bob.batch, agreed.opening, 10_000);
  t.is(dropUsed(used, 10_999, 1_000), used);
  const dropped = dropUsed(used, 11_000, 1_000);
  t.is(dropped.oneTime[agreed.opening.oneTime], null);
  t.is(respond(bob.crypto, bob.party, alice.party, dropped, agreed.opening), 'one-time key already deleted');
  t.is(unusedCount(dropped), 3);
  t.is(unusedCount(bob.batch), 4);
});

test('used keys keep their place and are not handed out again', (t) => {
  const [alice, bob] = [new End('alice'), new End('bob')];
  let batch: PrekeyBatch = bob.batch;
  const taken = new Set<number>();
  for (let round = 0; round < 4; round += 1) {
    const agreed = initiate(alice, alice.party, bob.party, bundleOf(batch));
    if (agreed === null) return t.fail('no agreement');
    t.false(taken.has(agreed.opening.oneTime));
    taken.add(agreed.opening.oneTime);
    batch = markUsed(batch, agreed.opening, 5);
  }
  t.is(initiate(alice, alice.party, bob.party, bundleOf(batch))?.opening.oneTime, -1);
});

test('malformed keys and places give a reason, never a secret', (t) => {
  const [alice, bob] = [new End('alice'), new End('bob')];
  const whole = bundleOf(bob.batch);
  t.is(initiate(alice, alice.party, bob.party, { ...whole, signedKey: new Uint8Array(32) }), null);
  t.is(initiate(alice, { ...alice.party }, { ...bob.party, sealingKey: new Uint8Array(31) }, whole), null);
  const agreed = initiate(alice, alice.party, bob.party, whole);
  if (agreed === null) return t.fail('no agreement');
  const reason = (change: Partial<typeof agreed.opening>): unknown => respond(bob.crypto, bob.party, alice.party, bob.batch, { ...agreed.opening, ...change });
  t.is(reason({ ephemeral: new Uint8Array(32) }), 'malformed key');
  t.is(reason({ oneTime: 99 }), 'unknown one-time key');
});

test('a batch is a plain value that survives the store', (t) => {
  const batch = newPrekeyBatch(new End('plain'), 3, 7);
  t.deepEqual(tools.codec.decode(tools.codec.encode(batch)), batch);
});
