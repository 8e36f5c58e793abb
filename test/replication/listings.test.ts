import test from 'ava';
import { DurableMap, KeyedWorld } from '../../bench/worlds/keyed-world.ts';
import { crypto, idOf, keysOf, letter, MAIL, mailKey } from '../../bench/worlds/notes.ts';
import { REAL, type RingNode } from '../../bench/worlds/ring-world.ts';
import { toHex } from '../../src/core/bytes.ts';
import { type Listing, Listings } from '../../src/core/replication/listings.ts';
import { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicaAnswer, type ReplicaQuestion, type ReplicationPort } from '../../src/core/replication/replication-port.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { LookupResult } from '../../src/core/ring/ring-port.ts';

type Instead = (holder: string, question: ReplicaQuestion) => ReplicaAnswer | 'lost' | null;

const ids = ['one', 'two', 'three'];
const recipient = idOf(keysOf('recipient'));
const key = mailKey(recipient);
const emptyPage: ReplicaAnswer = { answer: 'page', page: { values: [], hash: toHex(crypto.sha256(new Uint8Array())) }, more: null };

/** Letters at four holders, which a node that is none of them lists while holders behave as `instead` says. */
function listed(letters: readonly string[], insteadOf: (holders: readonly string[]) => Instead): { listing: Listing | null; came: string[]; fetches: number } {
  let instead: Instead = () => null;
  const keyed = new KeyedWorld({ seed: 1, detection: REAL, insteadOfAsking: (to, question) => instead(to.name, question) });
  const nodes = keyed.ring.addIdealRing(12, true);
  keyed.run(2_000);
  for (const id of letters) keyed.put(nodes[0] as RingNode, letter(keysOf('sender'), recipient, id));
  keyed.run(2_000);
  const holders = keyed.rightHoldersOf(key);
  const reader = nodes.find((node) => !holders.includes(node.contact.name)) as RingNode;
  const before = keyed.asked.get('fetch') ?? 0;
  instead = insteadOf(holders);
  const outcome: { listing: Listing | null; came: string[]; fetches: number } = { listing: null, came: [], fetches: 0 };
  keyed.at(reader).list(
    { key, kind: 'mail' },
    () => false,
    ({ about }) => outcome.came.push(about.id),
    (listing) => {
      outcome.listing = listing;
    },
  );
  keyed.run(20_000);
  outcome.fetches = (keyed.asked.get('fetch') ?? 0) - before;
  outcome.came.sort();
  return outcome;
}

for (const [what, answer] of [
  ['gives an empty page', emptyPage],
  ['dies before it is asked for it', 'lost'],
] as const) {
  test(`what a holder lists and does not give comes from the next one: one that ${what}`, (t) => {
    // Whichever of the holders is heard first, only one gives anything.
    for (let honest = 0; honest < 4; honest += 1) {
      const { listing, came } = listed(ids, (holders) => (holder, question) => (question.ask === 'fetch' && holder !== holders[honest] ? answer : null));
      t.deepEqual(came, [...ids].sort());
      t.is(listing?.names.size, 3);
      t.true(listing?.complete);
    }
  });
}

for (const [what, answer] of [
  ['an empty page', emptyPage],
  ['nothing', null],
] as const) {
  test(`where all have listed before the first gives ${what}, those who listed it are asked in turn, each once`, (t) => {
    const alone = { owned: () => null, successors: () => [] };
    const port = { crypto, store: new DurableMap(), monotonicMillis: 0, wallMillis: 0, ...alone } as unknown as ReplicationPort;
    const replicas = new Replicas(port, REPLICATION_OPTIONS, [MAIL]);
    const value = letter(keysOf('sender'), recipient, 'one');
    replicas.take(value, 'holder');
    const [copy] = replicas.index.all();
    const items = replicas.index.all().map(({ name, version }) => [name, version] as const);
    const holders = ['a', 'b', 'c', 'd'].map((name) => ({ id: name, name }) as Contact);
    const lookup: ReplicationPort['lookup'] = (_key, done) => done({ owners: holders } as unknown as LookupResult);
    // Fetches are answered only when every list has come.
    const waiting: Array<() => void> = [];
    const asked: string[] = [];
    const listings = new Listings({ port: { ...port, lookup }, options: REPLICATION_OPTIONS, replicas }, (holder, question, answered) => {
      if (question.ask === 'digest') return answered({ answer: 'items', items });
      asked.push(holder.id);
      const page = replicas.page(copy === undefined ? [] : [copy]).page;
      waiting.push(() => answered(holder.id === 'c' ? { answer: 'page', page, more: null } : answer));
    });
    const came: string[] = [];
    const ends: Listing[] = [];
    listings.read(
      { key, kind: 'mail' },
      () => false,
      ({ about }) => came.push(about.id),
      (listing) => ends.push(listing),
    );
    for (let release = waiting.shift(); release !== undefined; release = waiting.shift()) release();
    t.deepEqual(asked, ['a', 'b', 'c']);
    t.deepEqual(came, ['one']);
    t.deepEqual(
      ends.map(({ complete, holders: count }) => [complete, count]),
      [[true, 4]],
    );
  });
}

test('a listing is by all where as many told as hold each key, or as there are members to do so', (t) => {
  const listedBy = (named: number, members: number | null): boolean | undefined => {
    const contacts = Array.from({ length: 8 }, (_, count) => ({ id: `${count}`, name: `${count}` }) as Contact);
    const port = {
      crypto,
      owned: () => (members === null ? null : { from: key, to: key }),
      successors: () => contacts.slice(1, members ?? 1),
      lookup: (_key: string, done: (result: LookupResult) => void) => done({ owners: contacts.slice(0, named), hops: [] }),
    } as unknown as ReplicationPort;
    const replicas = { inspect: () => 'nothing' } as unknown as Replicas;
    const listings = new Listings({ port, options: REPLICATION_OPTIONS, replicas }, (_holder, _question, answered) => answered({ answer: 'same' }));
    const ends: Listing[] = [];
    listings.read(
      { key, kind: 'mail' },
      () => false,
      () => undefined,
      (listing) => ends.push(listing),
    );
    return ends[0]?.byAll;
  };
  t.true(listedBy(4, 8));
  t.false(listedBy(2, 8), 'the way to the key named two');
  t.true(listedBy(2, 2), 'there are no more');
  t.false(listedBy(2, null), 'who is no member cannot know that');
  const { listing } = listed(ids, (holders) => (holder, question) => (question.ask === 'digest' && holder === holders[1] ? 'lost' : null));
  t.is(listing?.names.size, 3);
  t.false(listing?.byAll);
});

test('without faults each version is fetched once', (t) => {
  const { listing, came, fetches } = listed(ids, () => () => null);
  t.deepEqual(came, [...ids].sort());
  t.true(listing?.complete);
  t.true(listing?.byAll);
  t.is(fetches, 1);
});

test('a listing of which nobody gives a part is not complete, and what did not come is not there', (t) => {
  const { listing, came } = listed(ids, () => (_holder, question) => (question.ask === 'fetch' ? emptyPage : null));
  t.deepEqual(came, []);
  t.is(listing?.holders, 4);
  t.is(listing?.names.size, 0);
  t.false(listing?.complete);
});

test('an invented name is no name', (t) => {
  const invented: ReplicaAnswer = { answer: 'items', items: [[`${key}/mail/invented`, '0'.repeat(32)]] };
  const { listing, came } = listed([], (holders) => (holder, question) => (question.ask === 'digest' && holder === holders[1] ? invented : null));
  t.deepEqual(came, []);
  t.is(listing?.names.size, 0);
  t.false(listing?.complete);
});
