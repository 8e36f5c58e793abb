import test from 'ava';
import { type ReadResult, Reads } from '../../src/core/replication/reads.ts';
import type { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicaAnswer, type ReplicationPort, type Stored } from '../../src/core/replication/replication-port.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { NodeId } from '../../src/core/types.ts';

const HOLDERS = ['6', '7', '8', '9'].map(
  (digit): Contact => ({ id: digit.repeat(64) as NodeId, endpoint: { address: `sim:${digit}`, key: new Uint8Array(32) }, name: digit }),
);
const KEY = '55'.repeat(32);
const pageOf = (...values: Stored[]): ReplicaAnswer => ({ answer: 'page', page: { values, hash: '' }, more: null });
const versionOf = (version: number): ReplicaAnswer => pageOf({ kind: 'note', bytes: new Uint8Array([version]) });
const NOTHING = pageOf();

/** A read under way: who was asked, how each of them answers, and what came of it. */
function reading(early: boolean) {
  const asked = new Map<string, { readonly answered: (answer: ReplicaAnswer | null) => void; readonly slow: (() => void) | undefined }>();
  const pushed: string[] = [];
  const results: ReadResult[] = [];
  const replicas = {
    inspect: () => ({ key: KEY, id: '', sequence: 1, deleted: false, expiresMillis: null, author: '' }),
    describe: ({ bytes }: Stored, about: object) => ({ name: 'note', version: `${bytes[0]}`, about }),
    compare: (a: { version: string }, b: { version: string }) => Number(a.version) - Number(b.version),
    pageHash: () => '',
  };
  const port = { lookup: (_key: string, done: (result: object) => void) => done({ owners: HOLDERS }) };
  const parts = { port: port as unknown as ReplicationPort, options: REPLICATION_OPTIONS, replicas: replicas as unknown as Replicas };
  const reads = new Reads(parts, (to, question, answered, slow) => {
    if (question.ask === 'read') asked.set(to.name, { answered, slow });
    else pushed.push(to.name);
  });
  reads.get({ key: KEY, kind: 'note', early }, (result) => void results.push(result));
  const answer = (name: string, with_: ReplicaAnswer | null): void => asked.get(name)?.answered(with_);
  return { asked: () => [...asked.keys()].join(''), slow: (name: string) => asked.get(name)?.slow?.(), answer, pushed, results };
}

const versionIn = ({ values }: ReadResult): number | undefined => values[0]?.value.bytes[0];

test('an early read asks as many as meet each majority, takes the newest and repairs who was behind', (t) => {
  const { asked, answer, pushed, results } = reading(true);
  t.is(asked(), '67');
  answer('6', versionOf(1));
  t.is(results.length, 0, 'the other one may have a newer one');
  answer('7', versionOf(2));
  t.is(asked(), '67');
  t.deepEqual(results.map(versionIn), [2]);
  t.deepEqual(pushed, ['6']);
});

test('where those who are asked first know nothing, are silent or slow, the others are asked', (t) => {
  const empty = reading(true);
  empty.answer('6', NOTHING);
  t.is(empty.asked(), '67');
  empty.answer('7', NOTHING);
  t.is(empty.asked(), '6789');
  empty.answer('8', versionOf(3));
  t.deepEqual(empty.results.map(versionIn), [3]);
  const silent = reading(true);
  silent.answer('6', null);
  t.is(silent.asked(), '6789');
  for (const name of ['7', '8']) silent.answer(name, versionOf(1));
  t.is(silent.results.length, 1);
  const slow = reading(true);
  slow.slow('6');
  slow.slow('6');
  t.is(slow.asked(), '6789');
  for (const name of ['7', '9']) slow.answer(name, versionOf(1));
  t.is(slow.results.length, 1);
  const none = reading(true);
  for (const name of ['6', '7', '8', '9']) none.answer(name, NOTHING);
  t.deepEqual(
    none.results.map(({ values, holders }) => [values.length, holders.length]),
    [[0, 4]],
  );
  t.is(none.results.length, 1);
});

test('any other read hears all holders', (t) => {
  const { asked, answer, results } = reading(false);
  t.is(asked(), '6789');
  for (const name of ['6', '7', '8']) answer(name, versionOf(1));
  t.is(results.length, 0);
  answer('9', null);
  t.deepEqual(
    results.map(({ holders }) => holders.length),
    [3],
  );
});
