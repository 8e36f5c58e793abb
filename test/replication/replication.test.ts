import test from 'ava';
import { churn } from '../../bench/worlds/churn.ts';
import { type KeyedOptions, KeyedWorld } from '../../bench/worlds/keyed-world.ts';
import { fetched, idOf, keysOf, letter, mailKey, note, noteKey, tombstone } from '../../bench/worlds/notes.ts';
import { REAL, type RingNode } from '../../bench/worlds/ring-world.ts';
import type { ReplicaQuestion } from '../../src/core/replication/replication-port.ts';
import { seedsOf } from '../ring/seeds.ts';
import { massJoin, ringsMeet } from './growth.ts';
import { scheduleBreaks } from './schedule.ts';

function keyedRing(count: number, options: Partial<KeyedOptions> = {}): { readonly keyed: KeyedWorld; readonly nodes: readonly RingNode[] } {
  const keyed = new KeyedWorld({ seed: 1, detection: REAL, ...options });
  const nodes = keyed.ring.addIdealRing(count, true);
  keyed.run(2_000);
  return { keyed, nodes };
}

function nodeNamed(keyed: KeyedWorld, name: string | undefined): RingNode {
  return keyed.ring.nodes.find((node) => node.contact.name === name) as RingNode;
}

/** Holder sets are compared as sets where only one of them is in the order of the ring. */
const sorted = (names: readonly string[]): string => [...names].sort().join();

test('D1: a write is complete when the owner and the K-1 members after it have it, and the acknowledgement names them', (t) => {
  const { keyed, nodes } = keyedRing(12);
  const owner = keysOf('alice');
  const write = keyed.put(nodes[3] as RingNode, note(owner, { sequence: 1, text: 'hello' }));
  keyed.run(500);
  t.is(write.last?.state, 'complete');
  const holders = write.last?.state === 'complete' ? write.last.holders.map((contact) => contact.name) : [];
  t.is(sorted(holders), sorted(keyed.rightHoldersOf(noteKey(owner))));
  t.is(sorted(keyed.holdersOf(noteKey(owner))), sorted(holders));
  const read = keyed.get(nodes[7] as RingNode, { key: noteKey(owner), kind: 'note' });
  t.is(read.values[0]?.about.sequence, 1);
  t.is(read.holders.length, 4);
});

test('a write is held by a majority while one holder is dead, and complete when another has taken its place', (t) => {
  const { keyed, nodes } = keyedRing(12);
  const owner = keysOf('bob');
  const key = noteKey(owner);
  keyed.ring.crash(nodeNamed(keyed, keyed.rightHoldersOf(key)[2]));
  const write = keyed.put(keyed.ring.up()[0] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(300);
  t.is(write.last?.state, 'held');
  t.is(write.last?.state === 'held' ? write.last.holders.length : 0, 3);
  keyed.run(10_000);
  t.is(write.last?.state, 'complete');
  t.is(sorted(keyed.holdersOf(key)), sorted(keyed.rightHoldersOf(key)));
  t.true(nodes.length === 12);
});

test('in a ring of one to four every member holds everything, and a lone node its own', (t) => {
  for (const count of [1, 2, 3, 4]) {
    const keyed = new KeyedWorld({ seed: count, detection: REAL });
    const nodes = Array.from({ length: count }, () => keyed.ring.add());
    for (const node of nodes) keyed.ring.start(node, node === nodes[0] ? [] : [nodes[0] as RingNode]);
    keyed.run(3_000);
    const write = keyed.put(nodes[0] as RingNode, note(keysOf('carol'), { sequence: 1 }));
    keyed.run(2_000);
    t.is(write.last?.state, 'complete', `${count} members`);
    t.is(keyed.holdersOf(noteKey(keysOf('carol'))).length, count);
  }
});

test('D1: after a join the newcomer has what it should, moved in pages, and what did not differ was not moved', (t) => {
  const { keyed, nodes } = keyedRing(8);
  const keys = Array.from({ length: 400 }, (_, index) => keysOf(`page/${index}`));
  for (const [index, owner] of keys.entries()) keyed.put(nodes[index % 8] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(30_000);
  const before = keyed.valuesPushed;
  keyed.run(30_000);
  t.is(keyed.valuesPushed, before, 'at rest nothing moves');
  keyed.ring.start(keyed.ring.add(), [nodes[0] as RingNode]);
  keyed.run(15_000);
  for (const owner of keys) {
    const holders = keyed.holdersOf(noteKey(owner));
    for (const name of keyed.rightHoldersOf(noteKey(owner))) t.true(holders.includes(name));
  }
  t.true(keyed.valuesPushed - before < 700, `${keyed.valuesPushed - before} values were pushed for one newcomer`);
});

test('a transfer that is cut off again and again, torn pages among it, goes on where it was', (t) => {
  let count = 0;
  const unreliable = (_to: unknown, question: ReplicaQuestion): 'lost' | null => {
    if (question.ask !== 'push' && question.ask !== 'fetch') return null;
    count += 1;
    return count % 3 === 0 ? null : 'lost';
  };
  const { keyed, nodes } = keyedRing(6, { replication: { pageValuesMax: 8, pushMillis: 2_000 }, insteadOfAsking: unreliable });
  const keys = Array.from({ length: 150 }, (_, index) => keysOf(`torn/${index}`));
  for (const [index, owner] of keys.entries()) keyed.put(nodes[index % 6] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(5_000);
  keyed.ring.start(keyed.ring.add(), [nodes[0] as RingNode]);
  keyed.ring.crash(nodes[2] as RingNode);
  keyed.run(120_000);
  for (const owner of keys) {
    const holders = keyed.holdersOf(noteKey(owner));
    for (const name of keyed.rightHoldersOf(noteKey(owner))) t.true(holders.includes(name));
  }
  const torn = { values: [note(keysOf('x'), { sequence: 1 })], hash: '00' };
  const answer = keyed.at(nodes[0] as RingNode).answer((nodes[1] as RingNode).contact, { ask: 'push', page: torn });
  t.deepEqual(answer.answer === 'taken' ? answer.results : null, []);
  t.is(keyed.holdersOf(noteKey(keysOf('x'))).length, 0);
});

test('D2: a copy that lies in the wrong place stays until the owner and the K-1 after it have confirmed', (t) => {
  let lost = true;
  const { keyed, nodes } = keyedRing(12, { insteadOfAsking: (_to, question) => (lost && question.ask === 'push' ? 'lost' : null) });
  const owner = keysOf('dave');
  const right = keyed.rightHoldersOf(noteKey(owner));
  const wrong = nodes.find((node) => !right.includes(node.contact.name)) as RingNode;
  const taken = keyed.at(wrong).answer(wrong.contact, { ask: 'put', value: note(owner, { sequence: 1 }) });
  t.is(taken.answer === 'put' ? taken.taken.result : null, 'held');
  keyed.run(90_000);
  t.deepEqual(keyed.holdersOf(noteKey(owner)), [wrong.contact.name], 'three leases later it is still there');
  lost = false;
  keyed.run(60_000);
  t.is(sorted(keyed.holdersOf(noteKey(owner))), sorted(right));
});

test('leaving in order one after another loses nothing, though nobody has time to repair', (t) => {
  const { keyed, nodes } = keyedRing(10);
  const keys = Array.from({ length: 60 }, (_, index) => keysOf(`leave/${index}`));
  for (const [index, owner] of keys.entries()) keyed.put(nodes[index] ?? (nodes[0] as RingNode), note(owner, { sequence: 1 }));
  keyed.run(3_000);
  for (const node of keyed.sorted().slice(0, 6)) {
    let handed = -1;
    keyed.at(node).handOver((complete) => {
      handed = complete;
    });
    keyed.ring.world.runUntil(keyed.ring.world.now + 5_000, () => handed >= 0);
    t.true(handed >= 3);
    keyed.ring.program(node)?.chord.leave();
    keyed.run(100);
    keyed.ring.crash(node);
  }
  const alive = keyed.keysAlive();
  t.true(keys.every((owner) => alive.has(noteKey(owner))));
  keyed.run(30_000);
  for (const owner of keys) t.is(keyed.holdersOf(noteKey(owner)).length, 4);
});

test('read repair: whoever was behind has the newest after one read', (t) => {
  const { keyed, nodes } = keyedRing(12, { replication: { pushMillis: 1e9 } });
  const owner = keysOf('erin');
  const key = noteKey(owner);
  keyed.put(nodes[0] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(1_000);
  const [, second] = keyed.rightHoldersOf(key);
  keyed.at(nodeNamed(keyed, second)).answer((nodes[0] as RingNode).contact, { ask: 'put', value: note(owner, { sequence: 2 }) });
  t.is(keyed.get(nodes[5] as RingNode, { key, kind: 'note' }).values[0]?.about.sequence, 2);
  keyed.run(500);
  for (const name of keyed.rightHoldersOf(key)) t.is(keyed.at(nodeNamed(keyed, name)).copies.find((copy) => copy.about.key === key)?.about.sequence, 2);
});

test('a deleted value does not come back with a holder that was away', (t) => {
  const { keyed, nodes } = keyedRing(12);
  const owner = keysOf('frank');
  const key = noteKey(owner);
  keyed.put(nodes[0] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(2_000);
  const away = keyed
    .rightHoldersOf(key)
    .map((name) => nodeNamed(keyed, name))
    .slice(1, 3);
  for (const node of away) keyed.ring.crash(node);
  keyed.run(10_000);
  const erase = keyed.put(keyed.ring.up()[0] as RingNode, note(owner, { sequence: 2, deleted: true }));
  keyed.run(10_000);
  t.is(erase.last?.state, 'complete');
  for (const node of away) keyed.ring.start(node, [keyed.ring.up()[0] as RingNode]);
  keyed.run(60_000);
  t.is(keyed.get(keyed.ring.up()[3] as RingNode, { key, kind: 'note' }).values[0]?.about.deleted, true);
  t.false(keyed.keysAlive().has(key));
});

test('D6: a stranger can neither overwrite, fill nor empty what belongs to somebody', (t) => {
  const { keyed, nodes } = keyedRing(8);
  const [alice, mallory] = [keysOf('alice'), keysOf('mallory')];
  const writer = nodes[0] as RingNode;
  keyed.put(writer, note(alice, { sequence: 1, text: 'mine' }));
  keyed.put(writer, letter(keysOf('bob'), idOf(alice), 'm1'));
  keyed.run(1_000);
  // A note of mallory's has its own key, whatever mallory calls it, and tampered bytes are refused everywhere.
  t.not(noteKey(mallory), noteKey(alice));
  const tampered = note(alice, { sequence: 9, text: 'yours' });
  tampered.bytes[tampered.bytes.length - 70] = (tampered.bytes[tampered.bytes.length - 70] as number) ^ 1;
  const refused = keyed.put(writer, tampered);
  t.is(refused.last?.state, 'refused');
  // Neither does the tombstone count that somebody else than the recipient signs.
  t.is(keyed.put(writer, tombstone(mallory, idOf(alice), 'm1')).last?.state, 'refused');
  // One sender has only so much room in a mailbox.
  const writes = Array.from({ length: 400 }, (_, index) => keyed.put(writer, letter(mallory, idOf(alice), `spam${index}`)));
  keyed.run(5_000);
  t.true(writes.filter((write) => write.last?.state === 'refused').length > 200);
  const late = keyed.put(writer, letter(keysOf('bob'), idOf(alice), 'm2'));
  keyed.run(1_000);
  t.is(late.last?.state, 'complete');
  // The recipient empties the box.
  for (const id of ['m1', 'm2']) keyed.put(writer, fetched(alice, id));
  keyed.run(1_000);
  const box = keyed.get(writer, { key: mailKey(idOf(alice)), kind: 'mail' }).values;
  // Each of the four holders took 70 of that sender's, maybe others, and where they meet twice as many are the most.
  t.true(box.length >= 72 && box.length <= 142, `${box.length} letters`);
  t.deepEqual(
    box.filter(({ about }) => about.deleted).map(({ about }) => about.id),
    ['m1', 'm2'],
  );
});

test('D6: what has expired is refused, and forgotten by all', (t) => {
  const { keyed, nodes } = keyedRing(8, { replication: { graceMillis: 1_000 } });
  const wallMillis = (keyed.ring.nodes[0] as RingNode).node.wallMillis;
  const owner = keysOf('grace');
  const write = keyed.put(nodes[0] as RingNode, note(owner, { sequence: 1, expiresMillis: wallMillis + 10_000 }));
  keyed.run(2_000);
  t.is(write.last?.state, 'complete');
  keyed.run(30_000);
  t.is(keyed.holdersOf(noteKey(owner)).length, 0);
  const late = keyed.put(nodes[0] as RingNode, note(owner, { sequence: 2, expiresMillis: wallMillis }));
  keyed.run(1_000);
  t.is(late.last?.state, 'refused');
});

test('copies outlive a restart of their node, and damaged ones are forgotten', (t) => {
  const { keyed, nodes } = keyedRing(6);
  const owner = keysOf('heidi');
  keyed.put(nodes[0] as RingNode, note(owner, { sequence: 1 }));
  keyed.run(2_000);
  const holder = nodeNamed(keyed, keyed.rightHoldersOf(noteKey(owner))[1]);
  keyed.ring.crash(holder);
  keyed.stores.get(holder.index)?.put('replicas', `${'0'.repeat(64)}/note/`, { kind: 'note', bytes: new Uint8Array(80) });
  keyed.ring.start(holder, [nodes.find((node) => node !== holder) as RingNode]);
  t.deepEqual(
    keyed.at(holder).copies.map((copy) => copy.about.key),
    [noteKey(owner)],
  );
});

test('mail: each letter is read once from any of its holders, with K-1 of them dead', (t) => {
  const { keyed, nodes } = keyedRing(12);
  const recipient = keysOf('ivan');
  const key = mailKey(idOf(recipient));
  for (let index = 0; index < 200; index += 1)
    keyed.put(nodes[index % 12] as RingNode, letter(keysOf(`sender${index % 4}`), idOf(recipient), `m${String(index).padStart(3, '0')}`));
  keyed.run(3_000);
  const holders = keyed.rightHoldersOf(key);
  for (const name of holders.slice(0, 3)) keyed.ring.crash(nodeNamed(keyed, name));
  keyed.run(4_000);
  const read = keyed.get(keyed.ring.up()[0] as RingNode, { key, kind: 'mail' });
  t.deepEqual(
    read.values.map(({ about }) => about.id),
    Array.from({ length: 200 }, (_, index) => `m${String(index).padStart(3, '0')}`),
  );
});

test('D3 and D4: no acknowledged write is lost and no deletion undone, in random schedules of deaths, returns, joins and cuts', (t) => {
  for (const seed of seedsOf(10)) t.is(scheduleBreaks(seed), null);
});

test('D1 and D5: sessions of two minutes lose no key', (t) => {
  const { lost, incomplete, stored, deaths } = churn({
    seed: 1,
    nodes: 32,
    keys: 150,
    millis: 600_000,
    medianSessionMillis: 120_000,
    world: { detection: REAL },
  });
  t.deepEqual({ lost, incomplete, stored }, { lost: 0, incomplete: 0, stored: 150 });
  t.true(deaths > 80);
});

const GROWTH = { seed: 1, before: 5, added: 40, keys: 100, quietMillis: 90_000, detection: REAL };

test('D1 and D5: after forty joins at once every copy is where it belongs, and nowhere else', (t) => {
  t.deepEqual(massJoin(GROWTH), { lost: 0, incomplete: 0, misplaced: 0 });
});

test('D1 and D5: when a small ring with keys meets a large one, its keys find their new owners', (t) => {
  t.deepEqual(ringsMeet(GROWTH), { lost: 0, incomplete: 0, misplaced: 0 });
});

test('negative control: with local repair alone, keys stay where nobody looks for them', (t) => {
  const { incomplete } = ringsMeet({ ...GROWTH, replication: { leaseMillis: 1e12 } });
  t.true(incomplete > 20, `only ${incomplete} keys`);
});

test('negative control: deleting before K acknowledgements loses keys', (t) => {
  const { lost } = ringsMeet({ ...GROWTH, insteadOfAsking: (_to, question) => (question.ask === 'offer' ? { answer: 'wanted', names: [] } : null) });
  t.true(lost > 20, `only ${lost} keys`);
});

test('a peer that answers comparisons with ever more parts does not keep us for ever', (t) => {
  let asked = 0;
  const { keyed, nodes } = keyedRing(6, {
    insteadOfAsking: (_to, question) => {
      if (question.ask !== 'digest') return null;
      asked += 1;
      const parts = [
        { to: `${question.from}0`, count: 1, fingerprint: '' },
        { to: question.range.to, count: 1, fingerprint: '' },
      ];
      return { answer: 'parts', parts };
    },
  });
  const settled = new Promise<number>((done) => keyed.at(nodes[0] as RingNode).handOver(done));
  keyed.run(1_000);
  t.true(asked < 200_000);
  return settled.then((complete) => t.is(complete, 0));
});
