import test from 'ava';
import { SEED_OPTIONS } from '../../src/core/directory/seed-options.ts';
import { Desk, Person } from './fixtures.ts';

const alice = new Person('alice');
const bob = new Person('bob');

function deskWithVault(options = {}): Desk {
  const desk = new Desk(options);
  desk.publish(alice.user(), alice.vault(), bob.user());
  return desk;
}

const nonceOf = (desk: Desk, name = 'alice') => desk.ask('challenge', { name }).nonce;

function tryVault(desk: Desk, signature: (nonce: Uint8Array) => Uint8Array): string {
  const nonce = nonceOf(desk);
  return desk.codeOf('vault', { name: 'alice', nonce, signature: signature(nonce) });
}

test('the vault is handed out once for each signed challenge', (t) => {
  const desk = deskWithVault();
  const nonce = nonceOf(desk);
  t.is(nonce.length, 32);
  const proof = { name: 'alice', nonce, signature: alice.prove(nonce) };
  t.is(Buffer.from(desk.ask('vault', proof).vault).toString(), 'vault 1 of alice');
  t.is(desk.codeOf('vault', proof), 'bad-challenge');
});

test('a signature by another key, for another name or over another nonce opens nothing', (t) => {
  const desk = deskWithVault();
  t.is(
    tryVault(desk, (nonce) => bob.prove(nonce, 'alice')),
    'bad-challenge',
  );
  t.is(
    tryVault(desk, (nonce) => alice.prove(nonce, 'bob')),
    'bad-challenge',
  );
  t.is(
    tryVault(desk, () => alice.prove(nonceOf(desk))),
    'bad-challenge',
  );
  const ofBob = nonceOf(desk, 'bob');
  t.is(desk.codeOf('vault', { name: 'alice', nonce: ofBob, signature: alice.prove(ofBob) }), 'bad-challenge');
});

test('a challenge is void after 30 seconds', (t) => {
  const desk = deskWithVault();
  const early = nonceOf(desk);
  const late = nonceOf(desk);
  desk.pass(SEED_OPTIONS.challengeTtlMillis - 1);
  t.is(desk.codeOf('vault', { name: 'alice', nonce: early, signature: alice.prove(early) }), 'ok');
  desk.pass(1);
  t.is(desk.codeOf('vault', { name: 'alice', nonce: late, signature: alice.prove(late) }), 'bad-challenge');
});

test('five wrong proofs in a row make a pause that doubles up to five minutes, for that name only', (t) => {
  const desk = deskWithVault();
  const wrong = () => tryVault(desk, (nonce) => bob.prove(nonce, 'alice'));
  for (let count = 0; count < 5; count += 1) t.is(wrong(), 'bad-challenge');
  let pauseMillis = SEED_OPTIONS.proofPauseMillis;
  for (let count = 0; count < 9; count += 1) {
    const refused = desk.call('challenge', { name: 'alice' });
    t.deepEqual(refused, { ok: false, code: 'rate-limited', details: { seconds: pauseMillis / 1000 } });
    t.is(desk.codeOf('challenge', { name: 'bob' }), 'ok');
    desk.pass(pauseMillis);
    t.is(wrong(), 'bad-challenge');
    pauseMillis = Math.min(pauseMillis * 2, SEED_OPTIONS.proofPauseMillisMax);
  }
  t.is(pauseMillis, SEED_OPTIONS.proofPauseMillisMax);
  desk.pass(pauseMillis);
  t.is(
    tryVault(desk, (nonce) => alice.prove(nonce)),
    'ok',
  );
  for (let count = 0; count < 4; count += 1) t.is(wrong(), 'bad-challenge');
  t.is(
    tryVault(desk, (nonce) => alice.prove(nonce)),
    'ok',
  );
});

test('repeating an old proof locks nobody out', (t) => {
  const desk = deskWithVault();
  const nonce = nonceOf(desk);
  const proof = { name: 'alice', nonce, signature: alice.prove(nonce) };
  for (let count = 0; count < 20; count += 1) desk.call('vault', proof);
  t.is(
    tryVault(desk, (fresh) => alice.prove(fresh)),
    'ok',
  );
});

test('nonces that are out are bounded, the oldest makes room', (t) => {
  const desk = deskWithVault({ challengesPerNameMax: 3, challengesMax: 4 });
  const nonces = Array.from({ length: 4 }, () => nonceOf(desk));
  const open = (nonce: Uint8Array) => desk.codeOf('vault', { name: 'alice', nonce, signature: alice.prove(nonce) });
  t.is(open(nonces[0] as Uint8Array), 'bad-challenge');
  t.is(open(nonces[1] as Uint8Array), 'ok');
  for (let count = 0; count < 3; count += 1) nonceOf(desk, 'bob');
  t.is(open(nonces[2] as Uint8Array), 'bad-challenge');
  t.is(open(nonces[3] as Uint8Array), 'ok');
});

test('a changed password changes which key opens the vault', (t) => {
  const desk = deskWithVault();
  const changed = new Person('alice', 'the new password');
  desk.publish(alice.user(2, { authenticationKey: changed.authentication.publicKey }), alice.vault(2));
  t.is(
    tryVault(desk, (nonce) => alice.prove(nonce)),
    'bad-challenge',
  );
  t.is(
    tryVault(desk, (nonce) => changed.prove(nonce)),
    'ok',
  );
});

test('people without account or vault are told so', (t) => {
  const desk = deskWithVault();
  t.is(desk.codeOf('challenge', { name: 'nobody' }), 'unknown-user');
  const nonce = nonceOf(desk, 'bob');
  t.is(desk.codeOf('vault', { name: 'bob', nonce, signature: bob.prove(nonce) }), 'not-found');
});
