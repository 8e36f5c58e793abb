import test from 'ava';
import fc from 'fast-check';
import type { Envelope } from '../../src/core/messages.ts';
import type { SecureSession } from '../../src/core/secure/sessions.ts';
import { tools } from '../core/tools.ts';
import { Person, Town } from './people.ts';

function pairOf(options = {}) {
  const town = new Town();
  return { town, alice: new Person('alice', town, { options }), bob: new Person('bob', town, { options }) };
}

test('C6: the first message goes to somebody who is away, and its text is nowhere in it', (t) => {
  const { alice, bob } = pairOf();
  const envelope = alice.seal(bob, 'a secret, and 😀\n  blanks ');
  t.false(Buffer.from(tools.codec.encode(envelope)).includes('secret'));
  t.is(bob.open(alice, envelope), 'a secret, and 😀\n  blanks ');
  t.regex(bob.open(alice, envelope), /refused: key already used/);
});

test('texts of one bucket have one size', (t) => {
  const { alice, bob } = pairOf();
  const size = (text: string): number => alice.seal(bob, text).part.sealed.length;
  t.is(size('yes'), size('certainly not'));
  t.true(size('x'.repeat(1_000)) > size('yes'));
});

test('an envelope with one bit turned, or anything else exchanged, does not open and changes nothing in the store', (t) => {
  const { alice, bob } = pairOf();
  t.is(bob.open(alice, alice.seal(bob, 'hello')), 'hello');
  const envelope = alice.seal(bob, 'the second');
  const { part } = envelope;
  const before = bob.rows();
  const refused = (changed: Envelope): void => {
    t.regex(bob.open(alice, changed), /^refused: /);
    t.is(bob.rows(), before);
  };
  fc.assert(
    fc.property(fc.constantFrom('session' as const, 'ratchetKey' as const, 'sealed' as const), fc.nat(), fc.nat(7), (field, place, bit) => {
      const bytes = new Uint8Array(part[field]);
      bytes[place % bytes.length] = (bytes[place % bytes.length] as number) ^ (1 << bit);
      refused({ ...envelope, part: { ...part, [field]: bytes } });
    }),
    { numRuns: 100 },
  );
  for (const change of [{ counter: part.counter + 1 }, { previous: part.previous + 1 }, { ratchetKey: new Uint8Array(32) }]) {
    refused({ ...envelope, part: { ...part, ...change } });
  }
  refused({ ...envelope, id: 'B'.repeat(21) as Envelope['id'] });
  refused({ ...envelope, from: bob.id });
  refused({ ...envelope, to: alice.id });
  refused({ ...envelope, suite: 1 });
  t.is(bob.open(alice, envelope), 'the second');
});

test('what fails at the first message uses up no prekey', (t) => {
  const { alice, bob } = pairOf();
  const envelope = alice.seal(bob, 'hello');
  const before = bob.rows();
  const sealed = new Uint8Array(envelope.part.sealed);
  sealed[20] = (sealed[20] as number) ^ 1;
  t.regex(bob.open(alice, { ...envelope, part: { ...envelope.part, sealed } }), /does not open/);
  t.is(bob.rows(), before);
  t.is(bob.open(alice, envelope), 'hello');
  t.not(bob.rows(), before);
});

test('nobody else can open it, nor begin in the name of alice', (t) => {
  const { town, alice, bob } = pairOf();
  const carol = new Person('carol', town);
  const envelope = alice.seal(bob, 'for bob');
  t.regex(carol.open(alice, { ...envelope, to: carol.id }), /^refused/);
  const forged = carol.seal(bob, 'I am alice');
  t.regex(bob.open(alice, { ...forged, from: alice.id }), /^refused/);
});

test('C1: no two messages have the same session, chain and counter, through restarts too', (t) => {
  const { alice, bob } = pairOf();
  const seen = new Set<string>();
  let from = alice;
  let to = bob;
  for (let round = 0; round < 40; round += 1) {
    for (let count = 0; count < 1 + (round % 4); count += 1) {
      const envelope = from.seal(to, `round ${round}`);
      const { session, ratchetKey, counter } = envelope.part;
      seen.add(`${Buffer.from(session).toString('hex')} ${Buffer.from(ratchetKey).toString('hex')} ${counter}`);
      t.is(to.open(from, envelope), `round ${round}`);
    }
    [from, to] = [round % 3 === 0 ? to.again() : to, round % 5 === 0 ? from.again() : from];
  }
  t.is(seen.size, 100);
});

test('both begin at once: both open, and from then on both seal in the session that the smaller id began', (t) => {
  for (let round = 0; round < 5; round += 1) {
    const { alice, bob } = pairOf();
    const crossed = [alice.seal(bob, 'from alice'), bob.seal(alice, 'from bob')] as const;
    t.notDeepEqual(crossed[0].part.session, crossed[1].part.session);
    t.is(bob.open(alice, crossed[0]), 'from alice');
    t.is(alice.open(bob, crossed[1]), 'from bob');
    const smaller = alice.id < bob.id ? crossed[0] : crossed[1];
    for (let more = 0; more < 3; more += 1) {
      const [there, back] = [alice.seal(bob, 'there'), bob.seal(alice, 'back')];
      t.deepEqual([there.part.session, back.part.session], [smaller.part.session, smaller.part.session]);
      t.is(bob.open(alice, there), 'there');
      t.is(alice.open(bob, back), 'back');
    }
  }
});

test('an opening travels until the other side is known to have it', (t) => {
  const { alice, bob } = pairOf();
  const [first, second] = [alice.seal(bob, 'one'), alice.seal(bob, 'two')];
  t.not(second.part.opening, null);
  t.is(bob.open(alice, second), 'two', 'the second comes first');
  t.is(bob.open(alice, first), 'one');
  t.true(alice.channels.sessions.awaitsAnswer(bob.id));
  alice.channels.sessions.confirm(bob.id, first.part.session);
  t.is(alice.seal(bob, 'three').part.opening, null);
});

test('whoever lost the store gets a new session from the next prekeys', (t) => {
  const { town, alice, bob } = pairOf();
  t.is(bob.open(alice, alice.seal(bob, 'one')), 'one');
  alice.open(bob, bob.seal(alice, 'two'));
  const lost = new Person('bob', town, { epoch: 2 });
  const next = alice.seal(lost, 'three');
  t.not(next.part.opening, null);
  t.is(lost.open(alice, next), 'three');
  t.is(alice.open(lost, lost.seal(alice, 'four')), 'four');
});

test('a takeover: what was sealed for the earlier session opens at the new one after the handover, and nothing more is sealed in it', (t) => {
  const { town, alice, bob } = pairOf();
  const before = [alice.seal(bob, 'to the first place'), alice.seal(bob, 'to the first place, too')] as const;
  t.is(bob.open(alice, before[0]), 'to the first place');
  const desk = new Person('bob', town, { epoch: 2 });
  t.regex(desk.open(alice, before[1]), /unknown prekeys/);
  for (const table of ['prekeys', 'ratchets', 'skippedKeys'] as const) {
    for (const [key, value] of bob.store.scan(table)) desk.channels.inherit(table, key, value);
  }
  desk.channels.endTurn();
  t.is(desk.open(alice, before[1]), 'to the first place, too');
  const answer = desk.seal(alice, 'from the desk');
  t.notDeepEqual(answer.part.session, before[0].part.session);
  t.is(alice.open(desk, answer), 'from the desk');
  const after = alice.seal(desk, 'to the desk');
  t.is(desk.open(alice, after), 'to the desk');
  t.regex(bob.open(alice, after), /^refused/, 'the earlier place has no part in it');
});

test('damaged rows of a handover do no harm', (t) => {
  const { alice, bob } = pairOf();
  for (const value of [null, 1, {}, { id: 1 }, { home: new Uint8Array(16), batch: {} }, { home: new Uint8Array(16), batch: { oneTime: [], usedMillis: [] } }]) {
    for (const table of ['prekeys', 'ratchets', 'skippedKeys'] as const) bob.channels.inherit(table, `${alice.id}/x`, value);
  }
  t.is(bob.open(alice, alice.seal(bob, 'hello')), 'hello');
});

test('prekeys are used up, renewed, replaced when old, and deleted', (t) => {
  const options = { prekeysOneTime: 4, prekeysMillis: 1_000, prekeysKeptMillis: 2_000, prekeyUsedMillis: 500 };
  const { town, bob } = pairOf(options);
  const batches = (): number => bob.store.scan('prekeys', { prefix: 'batch/' }).length;
  const published = (): number => town.prekeys.get(bob.id)?.body.batch ?? 0;
  const first = published();
  for (let count = 0; count < 12 && published() === first; count += 1) {
    const friend = new Person(`friend ${count}`, town, { options });
    t.is(bob.open(friend, friend.seal(bob, 'hello')), 'hello');
  }
  t.not(published(), first, 'a new batch before the old one is empty');
  t.is(batches(), 2);
  const late = new Person('late', town, { options });
  const envelope = late.seal(bob, 'written before the keys changed');
  town.wallMillis += 1_000;
  bob.channels.timer('');
  t.is(batches(), 3);
  t.is(bob.open(late, envelope), 'written before the keys changed');
  const secretsBefore = bob.rows().length;
  town.wallMillis += 600;
  bob.channels.timer('');
  t.true(bob.rows().length < secretsBefore, 'used one-time keys are gone');
  town.wallMillis += 10_000;
  bob.channels.timer('');
  t.is(batches(), 1, 'and old batches with them');
});

test('keys that were passed over are bounded and age', (t) => {
  const options = { ratchetSkipMax: 10, ratchetSkippedKeysMax: 12, ratchetSkippedMillis: 1_000 };
  const { town, alice, bob } = pairOf(options);
  const envelopes = Array.from({ length: 34 }, (_, index) => alice.seal(bob, `${index}`));
  t.is(bob.open(alice, envelopes[10] as Envelope), '10');
  t.regex(bob.open(alice, envelopes[22] as Envelope), /too far ahead/);
  town.wallMillis += 1;
  t.is(bob.open(alice, envelopes[20] as Envelope), '20');
  t.is(bob.store.count('skippedKeys'), 12);
  const [, session] = bob.store.scan<SecureSession>('ratchets')[0] as readonly [string, SecureSession];
  t.is(session.skipped, 12);
  t.is(bob.open(alice, envelopes[15] as Envelope), '15');
  t.regex(bob.open(alice, envelopes[0] as Envelope), /key already used/, 'the oldest keys went first');
  town.wallMillis += 1_000;
  bob.channels.timer('');
  t.is(bob.store.count('skippedKeys'), 0);
});

test('without an answer a new session is begun now and then; an answer makes that needless', (t) => {
  const { town, alice, bob } = pairOf({ ratchetChainMessagesMax: 5 });
  const sessionOf = (envelope: Envelope): string => Buffer.from(envelope.part.session).toString('hex');
  const seen = new Set<string>();
  for (let count = 0; count < 15; count += 1) {
    town.wallMillis += 1;
    const envelope = alice.seal(bob, `${count}`);
    t.is(bob.open(alice, envelope), `${count}`);
    seen.add(sessionOf(envelope));
  }
  t.is(seen.size, 3);
  const answered = new Set<string>();
  for (let count = 0; count < 15; count += 1) {
    t.is(alice.open(bob, bob.seal(alice, 'yes')), 'yes');
    const envelope = alice.seal(bob, `${count}`);
    t.is(bob.open(alice, envelope), `${count}`);
    answered.add(sessionOf(envelope));
  }
  t.is(answered.size, 1);
});

test('sessions with one person are bounded', (t) => {
  const { town, alice } = pairOf({ ratchetSessionsMax: 3 });
  for (let count = 0; count < 6; count += 1) {
    town.wallMillis += 1;
    const bob = new Person('bob', town, { epoch: count + 2 });
    t.is(bob.open(alice, alice.seal(bob, 'hello')), 'hello');
  }
  t.is(alice.store.count('ratchets'), 3);
});
