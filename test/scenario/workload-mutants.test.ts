import test from 'ava';
import { WORKLOADS } from '../../src/scenario/workloads/all.ts';
import { confirmsWithoutKeeping, deafOnTheRing, deafToFriends, deafToNews, deafToRooms, type Mutant } from './mutants.ts';
import { playBroken } from './play-broken.ts';

const STRANGERS = '  - seed-server: start\n  - start: [alice, bob, carol]\n  - register: [alice, bob, carol]\n';
const FRIENDS = `${STRANGERS}  - befriend: [alice, bob, carol]\n`;
/** Mutants hear well at first, so that the network comes together. */
const SETTLED = '  - wait: 8s\n';

/** Nobody is asked anything but by the workload, and no checker over the trace is looked at: what is judged is the workload's own. */
const work = (kind: string, more = '') =>
  `  - workload: { kind: ${kind}, nodes: [alice, bob, carol], for: 4s, think: { law: uniform, min: 300ms, max: 900ms }${more} }\n`;

/** A room that stands before the mutant goes deaf. */
const ROOM = `${FRIENDS}  - create-room: { by: alice, room: garden }\n  - join-room: { who: [bob, carol], room: garden, through: alice }\n`;

interface Case {
  readonly before: string;
  readonly more?: string;
  readonly broken: Readonly<Record<string, Mutant>>;
  /** The step that fails. */
  readonly says: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  'direct-messages': { before: FRIENDS, broken: { bob: confirmsWithoutKeeping }, says: /bob has in the chat with .* is missing among 0 messages/s },
  rooms: { before: ROOM + SETTLED, more: ', room: garden', broken: { carol: deafToRooms }, says: /carol has in .* is missing among/s },
  'friend-requests': { before: STRANGERS + SETTLED, broken: { bob: deafToFriends }, says: /bob has no request of|says .* of bob|bob says/ },
  lookups: { before: STRANGERS + SETTLED, broken: { bob: deafOnTheRing }, says: /finds \w+ for the key of \w+, which belongs to/ },
  'store-fetch': { before: STRANGERS + SETTLED, broken: { bob: deafToNews }, says: /bob sees \w+ as .*about ""/ },
};

for (const [kind, { before, more, broken, says }] of Object.entries(CASES)) {
  test(`the checker of the workload ${kind} catches a broken node, and holds for honest ones`, async (t) => {
    const caught = await playBroken(before + work(kind, more), broken);
    const failed = caught.steps.find(({ outcome }) => outcome === 'failed');
    t.is(caught.verdict, 'fail');
    t.regex(`${failed?.step}: ${failed?.evidence}`, says);
    const honest = await playBroken(before + work(kind, more), {});
    t.is(honest.verdict, 'pass', honest.reason ?? '');
    t.true(honest.steps.filter(({ outcome }) => outcome === 'ok').length > 12);
  });
}

test('no workload is without such a node', (t) => t.deepEqual([...WORKLOADS.keys()].sort(), Object.keys(CASES).sort()));
