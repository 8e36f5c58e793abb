import test from 'ava';
import type { SeedCalls } from '../../src/core/directory/seed-api.ts';
import { SEED_OPTIONS } from '../../src/core/directory/seed-options.ts';
import type { SignedRecord } from '../../src/core/records.ts';
import { Desk, overTheWire, Person, START_MILLIS } from './fixtures.ts';

const alice = new Person('alice');
const bob = new Person('bob');
const carol = new Person('carol');

function same(t: { deepEqual(a: unknown, b: unknown): unknown }, actual: readonly SignedRecord[], expected: readonly SignedRecord[]): void {
  const names = (records: readonly SignedRecord[]) => records.map((signed) => Buffer.from(signed.signature).toString('hex')).sort();
  t.deepEqual(names(actual), names(expected));
}

test('a registered user is found by name with presence and live nodes', (t) => {
  const desk = new Desk();
  const records = [alice.user(), alice.node(), alice.presence('online')];
  t.deepEqual(desk.publish(...records), ['ok', 'ok', 'ok']);
  same(t, desk.ask('user', { name: 'alice' }).records, records);
  same(t, desk.ask('user', { name: 'nobody' }).records, []);
});

test('a name belongs to the key that came first', (t) => {
  const desk = new Desk();
  const mallory = new Person('alice', 'mallory');
  t.deepEqual(desk.publish(alice.user(), mallory.user(), alice.user(2, { displayName: 'A.' })), ['ok', 'name-taken', 'ok']);
  same(t, desk.ask('user', { name: 'alice' }).records, [alice.user(2, { displayName: 'A.' })]);
});

test('a user cannot change names', (t) => {
  const desk = new Desk();
  desk.publish(alice.user());
  t.deepEqual(desk.publish(alice.user(2, { name: 'alicia' })), ['bad-record']);
  t.deepEqual(desk.directory.summary(desk.now).users, ['alice']);
});

test('a forged record is refused', (t) => {
  const desk = new Desk();
  const real = alice.user();
  const flipped = overTheWire(real);
  flipped.bytes[flipped.bytes.length - 1] = (flipped.bytes[flipped.bytes.length - 1] as number) ^ 1;
  const otherSignature = { bytes: real.bytes, signature: bob.user().signature };
  t.deepEqual(desk.publish(flipped, otherSignature, { bytes: new Uint8Array([1, 2]), signature: new Uint8Array(64) }), [
    'bad-record',
    'bad-record',
    'bad-record',
  ]);
  t.deepEqual(desk.publish(null as unknown as SignedRecord, 'text' as unknown as SignedRecord), ['bad-record', 'bad-record']);
  t.is(desk.store.dump(), '[]');
});

test('a stamp from the future is refused, one within the tolerance is not', (t) => {
  const desk = new Desk();
  const ahead = SEED_OPTIONS.clockAheadMillisMax;
  t.deepEqual(desk.publish(alice.user(1, {}, START_MILLIS + ahead + 1), bob.user(1, {}, START_MILLIS + ahead)), ['bad-record', 'ok']);
});

test('older records do not replace newer ones, and a repeated request changes nothing', (t) => {
  const desk = new Desk();
  const records = [alice.user(5), alice.node({ sequence: 5 }), alice.presence('away', 5), bob.user(), alice.fact(bob, 1, 0, 5), alice.vault(5)];
  t.true(desk.publish(...records).every((verdict) => verdict === 'ok'));
  const before = desk.store.dump();
  t.true(desk.publish(...records.map(overTheWire)).every((verdict) => verdict === 'ok'));
  t.is(desk.store.dump(), before);
  const older = [alice.user(4), alice.node({ sequence: 4 }), alice.presence('online', 4), alice.fact(bob, 0, 1, 4), alice.vault(4)];
  t.true(desk.publish(...older).every((verdict) => verdict === 'stale-record'));
  t.deepEqual(desk.publish(alice.user(5, { displayName: 'same number, other content' })), ['stale-record']);
  t.is(desk.store.dump(), before);
});

test('nothing is kept for people who are not registered', (t) => {
  const desk = new Desk();
  t.deepEqual(desk.publish(alice.node(), alice.presence('online'), alice.fact(bob, 1), alice.vault()), [
    'unknown-user',
    'unknown-user',
    'unknown-user',
    'unknown-user',
  ]);
  t.is(desk.store.dump(), '[]');
});

test('records that do not belong to their author are refused', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), bob.user());
  t.deepEqual(desk.publish(alice.vault(1, 'bob')), ['bad-record']);
  t.deepEqual(desk.publish(alice.node({ certified: false })), ['bad-record']);
  t.deepEqual(desk.publish(alice.node({ forName: 'bob' })), ['bad-record']);
  t.deepEqual(desk.publish(alice.fact(alice, 1)), ['bad-record']);
});

test('a tombstone leaves nothing but itself, frees the name and keeps older records out', (t) => {
  const desk = new Desk();
  const old = [alice.user(), alice.node(), alice.presence('online'), alice.fact(bob, 1), alice.vault()];
  desk.publish(bob.user(), ...old, bob.fact(alice, 1), bob.fact(carol, 1));
  t.deepEqual(desk.publish(alice.tombstone()), ['ok']);
  t.deepEqual(desk.directory.summary(desk.now), { users: ['bob'], online: [], vaults: 0, facts: 1, nodes: 0 });
  same(t, desk.ask('user', { name: 'alice' }).records, [alice.tombstone()]);
  same(t, desk.ask('state', { userId: bob.id }).records, [bob.user(), bob.fact(carol, 1)]);
  t.false(desk.store.dump().includes(Buffer.from('alice the tester').toString('hex')));
  t.deepEqual(desk.publish(...old), ['stale-record', 'stale-record', 'stale-record', 'stale-record', 'stale-record']);
  t.deepEqual(desk.publish(bob.fact(alice, 2, 0, 2)), ['stale-record']);
  t.is(desk.codeOf('challenge', { name: 'alice' }), 'unknown-user');

  const newAlice = new Person('alice', 'the second alice');
  t.deepEqual(desk.publish(newAlice.user(), alice.tombstone(), alice.user(12)), ['ok', 'ok', 'name-taken']);
  same(t, desk.ask('user', { name: 'alice' }).records, [newAlice.user()]);
  t.is(desk.ask('users', { after: '', limit: 10 }).total, 2);
});

test('announcements and presence run out by the clock of this server', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), alice.node(), alice.presence('busy'), bob.user(), bob.node(), bob.presence('offline'));
  t.deepEqual(desk.directory.summary(desk.now).online, ['alice']);
  t.is(desk.ask('nodes', { limit: 10 }).total, 2);

  desk.pass(SEED_OPTIONS.announceTtlMillis - 1);
  t.is(desk.ask('nodes', { limit: 10 }).total, 2);
  desk.publish(bob.node({ sequence: 2 }));
  desk.pass(1);
  const { records, total } = desk.ask('nodes', { limit: 10 });
  t.is(total, 1);
  same(t, records, [bob.node({ sequence: 2 })]);
  t.deepEqual(desk.directory.counts(desk.now), { users: 2, online: 0, vaults: 0, facts: 0, nodes: 1 });

  desk.publish(alice.node({ sequence: 2 }));
  t.deepEqual(desk.directory.summary(desk.now).online, ['alice']);
  desk.pass(SEED_OPTIONS.presenceTtlMillis - SEED_OPTIONS.announceTtlMillis);
  desk.publish(alice.node({ sequence: 3 }));
  t.deepEqual(desk.directory.summary(desk.now).online, []);
  same(t, desk.ask('user', { name: 'alice' }).records, [alice.user(), alice.node({ sequence: 3 })]);
});

test('an announcement that comes again is a sign of life only while its stamp is young', (t) => {
  const desk = new Desk();
  const ttl = SEED_OPTIONS.announceTtlMillis;
  desk.publish(alice.user(), alice.node(), alice.presence('online'));
  desk.pass(ttl - 1);
  t.deepEqual(desk.publish(overTheWire(alice.node())), ['ok']);
  desk.pass(ttl - 1);
  t.is(desk.directory.counts(desk.now).nodes, 1);
  const before = desk.store.dump();
  t.deepEqual(desk.publish(overTheWire(alice.node())), ['ok']);
  desk.pass(1);
  t.deepEqual(desk.publish(overTheWire(alice.node())), ['ok']);
  t.like(desk.directory.counts(desk.now), { nodes: 0, online: 0 });
  t.is(desk.store.dump(), before);
});

test('a wall clock that jumps neither ends nor prolongs anything', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), alice.node(), alice.presence('online'));
  desk.now.wallMillis += 86_400_000;
  t.is(desk.directory.counts(desk.now).online, 1);
  desk.now.wallMillis -= 2 * 86_400_000;
  t.is(desk.directory.counts(desk.now).online, 1);
  desk.now.monotonicMillis += SEED_OPTIONS.presenceTtlMillis;
  t.is(desk.directory.counts(desk.now).online, 0);
});

test('a node that said goodbye is gone at once, and its older record does not bring it back', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), alice.node(), alice.presence('online'));
  t.deepEqual(desk.publish(alice.node({ sequence: 2, gone: true }), alice.node()), ['ok', 'stale-record']);
  t.deepEqual(desk.ask('nodes', { limit: 10 }), { records: [], total: 0 });
  t.is(desk.directory.counts(desk.now).online, 0);
});

test('what is stored outlives a restart with the time it had left', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), alice.node(), alice.presence('online'), bob.user());
  desk.pass(30_000);
  desk.publish(bob.node());
  const restarted = new Desk({}, desk.store);
  restarted.now.wallMillis = desk.now.wallMillis + 10_000;
  restarted.now.monotonicMillis = 5;
  t.deepEqual(restarted.directory.counts(restarted.now), { users: 2, online: 1, vaults: 0, facts: 0, nodes: 2 });
  restarted.pass(5_000);
  same(t, restarted.ask('nodes', { limit: 10 }).records, [bob.node()]);
});

test('nodes of one user are bounded: those with the newest stamps stay', (t) => {
  const desk = new Desk({ nodesPerUserMax: 3 });
  const nodes = ['a', 'b', 'c', 'd', 'e'].map((label, index) => alice.node({ label, wallMillis: START_MILLIS + index }));
  desk.publish(alice.user());
  desk.publish(...[4, 0, 2, 1, 3].map((index) => nodes[index] as SignedRecord));
  same(t, desk.ask('nodes', { limit: 10 }).records, nodes.slice(2));
  t.deepEqual(desk.publish(nodes[0] as SignedRecord), ['stale-record']);
});

test('a large network is sampled without repeats, and every node has its chance', (t) => {
  const desk = new Desk();
  const people = Array.from({ length: 40 }, (_, index) => new Person(`user${index}`));
  for (const person of people) desk.publish(person.user(), person.node());
  const seen = new Set<string>();
  for (let round = 0; round < 60; round += 1) {
    const { records, total } = desk.ask('nodes', { limit: 8 });
    t.is(total, 40);
    const ids = records.map((signed) => Buffer.from(signed.signature).toString('hex'));
    t.is(new Set(ids).size, 8);
    for (const id of ids) seen.add(id);
  }
  t.is(seen.size, 40);
  t.is(desk.ask('nodes', { limit: 1_000 }).records.length, 40);
});

test('users are paged by name, by number and by bytes', (t) => {
  const desk = new Desk({ answerBytesMax: 2_000 });
  const people = Array.from({ length: 25 }, (_, index) => new Person(`user${String(index).padStart(2, '0')}`));
  const names = new Map(people.map((person) => [person.user(), person.name]));
  desk.publish(...names.keys());
  const seen: Array<string | undefined> = [];
  let pages = 0;
  for (let after: string | null = ''; after !== null; pages += 1) {
    const page: SeedCalls['users']['result'] = desk.ask('users', { after, limit: 10 });
    t.is(page.total, 25);
    seen.push(...page.records.map((signed) => names.get(signed)));
    after = page.next;
  }
  t.true(pages > 3);
  t.deepEqual(
    [...new Set(seen)],
    people.map(({ name }) => name),
  );
});

test('state holds the facts both ways and the records of the people in them', (t) => {
  const desk = new Desk();
  desk.publish(alice.user(), bob.user(), carol.user(), bob.node(), bob.presence('online'), bob.vault());
  desk.publish(alice.fact(bob, 1), bob.fact(alice, 1), carol.fact(alice, 1));
  const expected = [alice.user(), alice.fact(bob, 1), bob.fact(alice, 1), carol.fact(alice, 1), bob.user(), bob.node(), bob.presence('online'), carol.user()];
  same(t, desk.ask('state', { userId: alice.id }).records, expected);
  same(t, desk.ask('state', { userId: 'f'.repeat(64) }).records, []);
});

test('facts and users are bounded', (t) => {
  const desk = new Desk({ factsPerUserMax: 2, usersMax: 4 });
  const dave = new Person('dave');
  desk.publish(alice.user(), bob.user(), carol.user(), dave.user());
  t.deepEqual(desk.publish(alice.fact(bob, 1), alice.fact(carol, 1), alice.fact(dave, 1)), ['ok', 'ok', 'store-failed']);
  t.deepEqual(desk.publish(alice.fact(bob, 2, 0, 2), new Person('erin').user(), alice.user(2)), ['ok', 'store-failed', 'ok']);
});

test('calls of a wrong shape are refused with a code', (t) => {
  const desk = new Desk();
  t.is(desk.codeOf('nothing' as 'user', {}), 'bad-request');
  t.is(desk.codeOf('constructor' as 'user', {}), 'bad-request');
  t.is(desk.codeOf('publish', { records: Array.from({ length: 129 }, () => alice.user()) }), 'bad-request');
  t.is(desk.codeOf('publish', null), 'bad-request');
  t.is(desk.codeOf('user', { name: '../../x' }), 'bad-name');
  t.is(desk.codeOf('user', { name: 'alice', more: 1 }), 'bad-request');
  t.is(desk.codeOf('nodes', { limit: 0 }), 'bad-request');
  t.is(desk.codeOf('users', { after: 7, limit: 1 }), 'bad-request');
  t.is(desk.codeOf('state', { userId: 'alice' }), 'bad-request');
  t.is(desk.codeOf('vault', { name: 'alice', nonce: new Uint8Array(31), signature: new Uint8Array(64) }), 'bad-request');
});

test('an administrator sees names, who is on line, and counts', (t) => {
  const desk = new Desk();
  desk.publish(bob.user(), alice.user(), alice.node(), alice.presence('away'), alice.vault(), alice.fact(bob, 1), bob.fact(alice, 1));
  t.deepEqual(desk.directory.summary(desk.now), { users: ['alice', 'bob'], online: ['alice'], vaults: 1, facts: 2, nodes: 1 });
  const page = desk.ask('users', { after: '', limit: 10 });
  t.is(page.online, 1);
  t.is(page.next, null);
});
