import test from 'ava';
import type { Env } from '../../src/core/env.ts';
import { RecordView } from '../../src/core/membership/record-view.ts';
import type { Frame } from '../../src/core/messages.ts';
import { CORE_OPTIONS, type CoreOptions } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { type AnyVerifiedRecord, type SignedRecord, type VerifiedRecord, verifyRecord } from '../../src/core/records.ts';
import type { NodeId, UserId } from '../../src/core/types.ts';
import { MemoryTables } from '../../src/sim/memory-tables.ts';
import { fresh, nodeRecord, presenceRecord, type Somebody, somebody, tools, userRecord, WALL_MILLIS } from './tools.ts';

function view(options: Partial<CoreOptions> = {}, pinned: ReadonlySet<string> = new Set(), store = new MemoryTables()) {
  const changes: string[] = [];
  const counters = new Map<string, number>();
  const timers: string[] = [];
  const parts = {
    env: { ...tools, store, wallMillis: WALL_MILLIS, tracing: false } as unknown as Env<Frame>,
    patient: { set: (kind: string) => void timers.push(kind) },
    options: { ...CORE_OPTIONS, ...options },
    session: { nodeId: own.nodeId, ownerId: own.userId },
    count: (counter: string) => void counters.set(counter, (counters.get(counter) ?? 0) + 1),
  } as unknown as Parts;
  const made = new RecordView(parts, {
    changed: (record: AnyVerifiedRecord, outcome) => void changes.push(`${outcome} ${record.type}`),
    pinned: (id) => pinned.has(id),
  });
  return { view: made, store, changes, counters, timers };
}

const alice = somebody('alice');
const own = somebody('own');
const user = (who: Somebody): UserId => who.userId as UserId;

test('of each author and type the record with the greatest sequence is kept, whatever comes when', (t) => {
  const all = [presenceRecord(alice, 'online', 1), presenceRecord(alice, 'away', 2), presenceRecord(alice, 'busy', 3)];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 2, 2],
    [0, 2, 1],
  ]) {
    const { view: known } = view();
    for (const index of order) known.put(fresh(all[index] as VerifiedRecord<'presence'>));
    t.is(known.presenceOf(user(alice))?.body.presence, 'busy');
  }
});

test('a put says what came of it', (t) => {
  const { view: known, changes } = view();
  t.is(known.put(userRecord(alice).signed), 'new');
  t.is(known.put(userRecord(alice).signed), 'old');
  t.is(known.put(userRecord(alice, { about: 'x' }, 2).signed), 'newer');
  t.is(known.put({ ...userRecord(alice, {}, 3).signed, signature: new Uint8Array(64) }), 'refused');
  t.is(known.put(presenceRecord(alice, 'online', 1, WALL_MILLIS + 61_000).signed), 'refused', 'a stamp too far ahead');
  t.is(known.put(presenceRecord(alice, 'online', 1, WALL_MILLIS + 59_000).signed), 'new');
  t.deepEqual(changes, ['new user', 'newer user', 'new presence']);
});

test('a tombstone stays, frees the name, and nothing of the dead comes back', (t) => {
  const { view: known } = view();
  for (const record of [userRecord(alice), nodeRecord(alice), presenceRecord(alice)]) known.put(record.signed);
  t.is(known.put(userRecord(alice, { deleted: true }, 5).signed), 'newer');
  t.true(known.isDeleted(user(alice)));
  t.is(known.userNamed('alice'), null);
  t.is(known.userCount, 0);
  t.is(known.put(userRecord(alice, {}, 4).signed), 'old');
  t.is(known.put(nodeRecord(alice, {}, 9).signed), 'old');
  t.is(known.put(presenceRecord(alice, 'online', 9).signed), 'old');
  t.is(known.recordCount, 1);
  const heir = { ...somebody('heir'), name: 'alice' };
  t.is(known.put(userRecord(heir).signed), 'new');
  t.is(known.userNamed('alice')?.authorId, heir.userId);
});

test('a name belongs to whoever registered it first, in whatever order they are heard of', (t) => {
  const early = { ...somebody('one'), name: 'alice' };
  const late = { ...somebody('two'), name: 'alice' };
  const first = userRecord(early, { createdMillis: WALL_MILLIS - 2 });
  const second = userRecord(late, { createdMillis: WALL_MILLIS - 1 });
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    const { view: known } = view();
    for (const record of order) known.put(fresh(record));
    t.is(known.userNamed('alice')?.authorId, early.userId);
    t.is(known.user(late.userId as UserId), null);
    t.is(known.userCount, 1);
  }
});

test('equal birth: the smaller id has the name, at everybody', (t) => {
  const [a, b] = ['one', 'two'].map((seed) => ({ ...somebody(seed), name: 'alice' })) as [Somebody, Somebody];
  const smaller = a.userId < b.userId ? a : b;
  for (const order of [
    [a, b],
    [b, a],
  ]) {
    const { view: known } = view();
    for (const who of order) known.put(userRecord(who).signed);
    t.is(known.userNamed('alice')?.authorId, smaller.userId);
  }
});

test('a new folder of the same user and label replaces the lost one', (t) => {
  const { view: known } = view();
  known.put(userRecord(alice).signed);
  known.put(nodeRecord(alice, {}, 1, WALL_MILLIS - 10).signed);
  const again = { ...somebody('other keys'), identity: alice.identity, userId: alice.userId, name: 'alice' };
  t.is(known.put(nodeRecord(again, {}, 1, WALL_MILLIS).signed), 'new');
  t.deepEqual([...known.nodesOf(user(alice))], [again.nodeId as NodeId]);
  t.is(known.put(nodeRecord(alice, {}, 2, WALL_MILLIS - 5).signed), 'old', 'the lost one does not come back');
});

test('X5: strangers make room for strangers, pinned people stay, and the store holds no more than the view', (t) => {
  const pinned = new Set([somebody('s3').userId, somebody('s5').userId]);
  const { view: known, store } = view({ fullMembershipUsers: 8, otherRecordsMax: 16 }, pinned);
  for (let index = 0; index < 60; index += 1) {
    const who = somebody(`s${index}`);
    for (const record of [userRecord(who), nodeRecord(who), presenceRecord(who)]) known.put(record.signed);
  }
  t.is(known.userCount, 16);
  t.true(known.recordCount <= 3 * 16 + 2);
  t.is(store.count('records'), known.recordCount);
  for (const id of pinned) t.not(known.user(id as UserId), null);
  t.false(known.full);
});

test('a restart finds the same records and the same hash', (t) => {
  const first = view();
  for (const name of ['alice', 'bob']) for (const record of [userRecord(somebody(name)), nodeRecord(somebody(name))]) first.view.put(record.signed);
  const second = view({}, new Set(), first.store);
  second.view.load();
  t.deepEqual(second.view.hash(), first.view.hash());
  t.is(second.view.userNamed('bob')?.body.name, 'bob');
});

test('M3: the hash is that of the content, not of the way it came', (t) => {
  const records = [userRecord(alice), nodeRecord(alice), presenceRecord(alice), userRecord(somebody('bob'))];
  const one = view();
  const other = view();
  for (const record of records) one.view.put(record.signed);
  for (const record of records.toReversed()) other.view.put(record.signed);
  t.deepEqual(one.view.hash(), other.view.hash());
  one.view.put(presenceRecord(alice, 'away', 2).signed);
  t.notDeepEqual(one.view.hash(), other.view.hash());
});

test('nodes that somebody makes up without end are not all kept, neither those of one user nor those of nobody', (t) => {
  const { view: known, store } = view();
  known.put(userRecord(alice).signed);
  const devices = Array.from({ length: 100 }, (_, index) => ({ ...somebody(`device${index}`), identity: alice.identity, name: 'alice' }));
  for (const [index, device] of devices.entries()) known.put(nodeRecord(device, { label: `device${index}` }, 1, WALL_MILLIS + index).signed);
  t.is(known.nodesOf(user(alice)).length, 32);
  t.is(known.put(nodeRecord({ ...somebody('late'), identity: alice.identity, name: 'alice' }, { label: 'late' }, 1, WALL_MILLIS - 1).signed), 'old');
  t.true(known.nodesOf(user(alice)).includes((devices.at(-1) as Somebody).nodeId as NodeId), 'the youngest are kept');
  for (let index = 0; index < 400; index += 1) known.put(nodeRecord(somebody(`nobody${index}`), { certificate: null }).signed);
  t.is([...known.nodes()].length, 32 + 256);
  t.is(store.scan('records').length, 1 + 32 + 256);
});

test('of nodes that say they wrote at the same time everybody keeps the same, and none that gave way is news when it comes again', (t) => {
  const nobodies = Array.from({ length: 300 }, (_, index) => nodeRecord(somebody(`twin${index}`), { certificate: null }));
  const ofAlice = ['a', 'b', 'c'].map((name) => nodeRecord({ ...somebody(name), identity: alice.identity, name: 'alice' }, { label: 'laptop' }));
  const all = [...nobodies, ...ofAlice];
  const kept = [all, all.toReversed()].map((order) => {
    const { view: known } = view();
    known.put(userRecord(alice).signed);
    for (const { signed } of order) known.put(signed);
    const again = order.map(({ signed }) => known.put(signed)).filter((outcome) => outcome !== 'old');
    t.is(again.length, 0, `${again.length} of ${order.length} are news when they come again`);
    return [...known.nodes()].map(({ authorId }) => authorId).toSorted();
  });
  t.is(kept[0]?.length, 256 + 1);
  t.deepEqual(kept[0], kept[1]);
});

test('renewals of others reach the store together; news, and whatever is our own, at once', (t) => {
  const { view: known, store, timers } = view();
  const stored = (type: string, id: string): number | undefined => {
    const signed = store.get<SignedRecord>('records', `${type}/${id}`);
    const record = signed === undefined ? undefined : verifyRecord(tools, signed);
    return record === undefined || typeof record === 'string' ? undefined : record.sequence;
  };
  for (const who of [alice, own]) {
    known.put(userRecord(who).signed);
    for (const sequence of [1, 2, 3]) {
      t.is(known.put(nodeRecord(who, {}, sequence).signed), sequence === 1 ? 'new' : 'newer');
      known.put(presenceRecord(who, 'online', sequence).signed);
    }
  }
  t.deepEqual([stored('node', alice.nodeId), stored('presence', alice.userId)], [1, 1]);
  t.deepEqual([stored('node', own.nodeId), stored('presence', own.userId)], [3, 3]);
  t.deepEqual(timers, ['renewed-records'], 'one timer for all that waits');
  known.put(presenceRecord(alice, 'away', 4).signed);
  known.stored.writeRenewed();
  t.deepEqual([stored('node', alice.nodeId), stored('presence', alice.userId)], [3, 4], 'what has changed since is not overwritten');
  known.put(nodeRecord(alice, {}, 5).signed);
  known.forgetUser(user(alice));
  known.stored.writeRenewed();
  t.is(stored('node', alice.nodeId), undefined, 'what was forgotten does not come back');
});
