import test from 'ava';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Listing } from '../../src/core/replication/listings.ts';
import { CopyLooks } from '../../src/core/rooms/copy-looks.ts';
import { CopyTables, type HistoryKeyRow } from '../../src/core/rooms/copy-tables.ts';
import type { RoomCopies } from '../../src/core/rooms/room-copies.ts';
import { signRoomEvent } from '../../src/core/rooms/room-event.ts';
import type { Rooms } from '../../src/core/rooms/rooms.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { somebody, tools } from '../core/tools.ts';

const SHELVES_MAX = 8;

/** Nothing has little time left. */
const NOBODY_IN_LINE = { stewards: { begin: () => undefined, end: () => undefined } };

const alice = somebody('alice');
const LONG_AGO_MILLIS = -1e9;
const event = signRoomEvent(tools, alice.identity, { room: 'a'.repeat(64), parents: ['a'.repeat(64)], stampMillis: 1, kind: 'topic', body: { topic: 'news' } });

/**
 * One look at a room with one place, whose shelves are listed as `listingOf` says; and, of what somebody wrote long ago who is
 * not there now (`theirs`), what was put there in their place.
 */
function looked(row: Row, listingOf: (count: number) => Listing, theirs: readonly string[] = [], isAged = false): Outcome {
  return looking(row, listingOf, theirs, isAged).state;
}

type Row = { shelf: number; read: boolean; order?: string };
type Outcome = { row: Row; lists: number; adopted: string[]; dropped: string[] };

function looking(row: Row, listingOf: (count: number) => Listing, theirs: readonly string[] = [], isAged = false): { state: Outcome; looks: CopyLooks } {
  const room = { id: 'garden', row: { status: 'member' }, has: () => true };
  const state = { row, lists: 0, adopted: [] as string[], dropped: [] as string[] };
  const list = (_where: unknown, _known: unknown, _each: unknown, done: (listing: Listing) => void): void => {
    state.lists += 1;
    if (state.lists > 1_000) throw new Error('the look goes on for ever');
    done(listingOf(state.lists));
  };
  const parts = {
    env: { ...tools, monotonicMillis: 0, wallMillis: 0, tracing: false, random: { fraction: () => 0 } },
    options: { ...CORE_OPTIONS, roomShelvesMax: SHELVES_MAX },
    replication: { list },
    connections: { sessionLink: () => null },
    count: () => undefined,
  };
  const rooms = { sync: { isFetching: () => false }, tables: { event: () => event.signed }, get: () => room, linked: () => [], setTimer: () => undefined };
  const copies = {
    setTimer: () => undefined,
    renewal: NOBODY_IN_LINE,
    keys: {
      all: () => [{ place: 'place', ...state.row }],
      current: () => null,
      placeOf: () => ({ keys: { publicKey: new Uint8Array(32) } }),
      change: (_room: unknown, _place: string, change: Partial<HistoryKeyRow>) => {
        state.row = { ...state.row, ...change };
      },
    },
    adopt: (_room: unknown, order: string) => state.adopted.push(order),
    tables: {
      isAged: () => isAged,
      dropAged: (_room: unknown, wallMillis: number, waiting: ReadonlySet<string>) => state.dropped.push(`${wallMillis} ${[...waiting].join()}`),
      key: () => state.row,
      due: () => theirs.map((order) => [order, LONG_AGO_MILLIS]),
    },
  };
  const looks = new CopyLooks(parts as unknown as Parts, rooms as unknown as Rooms, copies as unknown as RoomCopies);
  looks.plan('garden', 0);
  // It begins, reads the place, and ends.
  for (let count = 0; count < 3; count += 1) looks.step();
  return { state, looks };
}

const some: Listing = { holders: 4, byAll: true, names: new Set(['name']), complete: true };
const none: Listing = { holders: 4, byAll: true, names: new Set(), complete: true };

test('a place of which all came is read', (t) => {
  t.deepEqual(
    looked({ shelf: 0, read: false }, (count) => (count <= 3 ? some : none)),
    { row: { shelf: 2, read: true }, lists: 4, adopted: [], dropped: [] },
  );
});

test('a place is not read when something that was listed did not come', (t) => {
  const result = looked({ shelf: 0, read: false }, (count) => (count === 1 ? { ...some, complete: false } : none));
  t.deepEqual(result, { row: { shelf: 0, read: false }, lists: 2, adopted: [], dropped: [] });
});

test('names that somebody invents neither lead to another shelf nor raise it', (t) => {
  t.deepEqual(
    looked({ shelf: 0, read: false }, () => ({ ...none, complete: false })),
    { row: { shelf: 0, read: false }, lists: 1, adopted: [], dropped: [] },
  );
});

test('a look ends although there is always another shelf, and the next one comes further', (t) => {
  const first = looked({ shelf: 0, read: false }, () => some);
  t.deepEqual(first, { row: { shelf: SHELVES_MAX - 1, read: false }, lists: SHELVES_MAX, adopted: [], dropped: [] });
  const second = looked(first.row, () => some);
  t.deepEqual(second, { row: { shelf: 2 * SHELVES_MAX - 2, read: false }, lists: 2 * SHELVES_MAX - 1, adopted: [], dropped: [] });
});

test('a place where nothing was found, or of which few holders told, is not read', (t) => {
  const empty = looked({ shelf: 0, read: false }, () => none);
  t.deepEqual(empty, { row: { shelf: 0, read: false, empty: true } as Row, lists: 1, adopted: [], dropped: [] });
  t.false(looked({ shelf: 0, read: false }, (count) => (count <= 2 ? some : { ...none, holders: 2, byAll: false })).row.read);
});

test('it is looked at again soon where nobody answered, few did, or a member told of what is not there', (t) => {
  const pauseAfter = (listing: Listing, order: string): number =>
    looking({ shelf: 0, read: false, order }, (count) => (count === 1 ? listing : none)).looks.nextMillis;
  const [soonMillis, laterMillis] = [CORE_OPTIONS.roomLackMillis * 0.75, CORE_OPTIONS.roomAloneMillis * 0.75];
  t.is(pauseAfter({ ...none, holders: 0, byAll: false, complete: false }, '1'), soonMillis);
  t.is(pauseAfter({ ...some, holders: 2, byAll: false }, '1'), soonMillis);
  t.is(pauseAfter(none, ''), soonMillis);
  t.is(pauseAfter(none, '1'), laterMillis, 'of two keys that were made at once one leads nowhere');
  t.is(pauseAfter(some, ''), laterMillis);
});

test('where something grows old, all shelves are read again, not only the last ones', (t) => {
  const ends = (shelves: number) => (count: number) => (count <= shelves ? some : none);
  t.is(looked({ shelf: 5, read: true }, ends(2)).lists, 3, 'from the shelf before the last');
  t.is(looked({ shelf: 5, read: true }, ends(6), [], true).lists, 7, 'from the first');
});

test('names that somebody invents keep nobody from putting there what is missing', (t) => {
  for (const complete of [true, false]) {
    const { adopted } = looked({ shelf: 0, read: false }, () => ({ ...none, complete }), ['0-order']);
    t.deepEqual(adopted, ['0-order']);
  }
  const { adopted } = looked({ shelf: 0, read: false }, () => ({ ...none, holders: 0 }), ['0-order']);
  t.deepEqual(adopted, [], 'nobody answered: nothing is known to be missing');
});

test('members who seem to give what is missing, and do not, keep nobody from looking at holders', (t) => {
  const clock = { ...tools, monotonicMillis: 0, wallMillis: 0, tracing: false, random: { fraction: () => 0 } };
  const room = { id: 'garden', row: { status: 'member' } };
  let looked = 0;
  const parts = { env: clock, options: CORE_OPTIONS, count: (what: string) => (looked += Number(what === 'roomLooks')) };
  const rooms = { sync: { isFetching: () => true }, get: () => room };
  const copies = {
    setTimer: () => undefined,
    renewal: NOBODY_IN_LINE,
    keys: { all: () => [{ place: 'place', shelf: 0, read: false }], current: () => null },
    tables: { isAged: () => true },
  };
  const looks = new CopyLooks(parts as unknown as Parts, rooms as unknown as Rooms, copies as unknown as RoomCopies);
  looks.plan('garden', 0);
  looks.step();
  t.is(looked, 0, 'it waits for members first');
  for (let millis = 0; millis < 120_000; millis += 1_000) {
    clock.monotonicMillis = millis;
    if (looks.nextMillis <= millis && looked === 0) looks.step();
  }
  t.is(looked, 1);
});

test('what was missing for a moment is looked for at holders only if it is missing still when that is due', (t) => {
  const clock = { ...tools, monotonicMillis: 0, wallMillis: 0, tracing: false, random: { fraction: () => 0 } };
  let lacks = true;
  const room = { id: 'garden', row: { status: 'member' }, parked: { missing: () => [] } };
  let looked = 0;
  const parts = { env: clock, options: CORE_OPTIONS, count: (what: string) => (looked += Number(what === 'roomLooks')) };
  const rooms = { sync: { isFetching: () => false }, get: () => room, tables: { isSealed: () => lacks } };
  const copies = {
    setTimer: () => undefined,
    renewal: NOBODY_IN_LINE,
    keys: { all: () => [{ place: 'place', shelf: 0, read: false }], current: () => null },
    tables: { isAged: () => true },
  };
  const looks = new CopyLooks(parts as unknown as Parts, rooms as unknown as Rooms, copies as unknown as RoomCopies);
  const lacksUntilDue = (lacksStill: boolean): number => {
    lacks = true;
    looks.lacks('garden');
    t.true(looks.nextMillis > clock.monotonicMillis && Number.isFinite(looks.nextMillis));
    lacks = lacksStill;
    clock.monotonicMillis = looks.nextMillis;
    looks.step();
    return looked;
  };
  t.is(lacksUntilDue(false), 0, 'a member has brought it');
  t.is(looks.nextMillis, Number.POSITIVE_INFINITY, 'and nothing is planned');
  t.is(lacksUntilDue(true), 1, 'nobody has');
});

test('what has ended is not looked for on every shelf for ever', (t) => {
  const found = (listing: Listing, isAged: boolean): string[] => looked({ shelf: 2, read: true }, () => listing, [], isAged).dropped;
  t.deepEqual(found(none, true), ['0 ']);
  t.deepEqual(found({ ...none, complete: false }, true), [], 'a holder withholds something');
  t.deepEqual(found({ ...none, holders: 0 }, true), [], 'nobody answered');
  t.deepEqual(found({ ...none, holders: 2, byAll: false }, true), [], 'others may have it still');
  t.deepEqual(found(none, false), [], 'not all was looked at');

  const store = new MemoryStore(new MemoryDisk(null));
  store.unlock(new Uint8Array(32));
  const tables = new CopyTables(store);
  for (const [name, againMillis] of [
    ['ended', 90],
    ['waiting', 95],
    ['young', 200],
  ] as const)
    tables.putSeen('garden', name, { version: 'v', againMillis });
  t.true(tables.isAged('garden', 100));
  tables.dropAged('garden', 100, new Set(['waiting']));
  t.deepEqual(
    ['ended', 'waiting', 'young'].filter((name) => tables.seen('garden', name) !== undefined),
    ['waiting', 'young'],
  );
  tables.dropAged('garden', 100, new Set());
  t.false(tables.isAged('garden', 100));
});
