import test from 'ava';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Listing } from '../../src/core/replication/listings.ts';
import { CopyLooks } from '../../src/core/rooms/copy-looks.ts';
import type { HistoryKeyRow } from '../../src/core/rooms/copy-tables.ts';
import type { RoomCopies } from '../../src/core/rooms/room-copies.ts';
import type { Rooms } from '../../src/core/rooms/rooms.ts';
import { tools } from '../core/tools.ts';

const SHELVES_MAX = 8;

/** One look at a room with one place, whose shelves are listed as `listingOf` says. */
function looked(row: { shelf: number; read: boolean }, listingOf: (count: number) => Listing): { row: { shelf: number; read: boolean }; lists: number } {
  const room = { id: 'garden', row: { status: 'member' }, has: () => true };
  const state = { row, lists: 0 };
  const list = (_where: unknown, _known: unknown, _each: unknown, done: (listing: Listing) => void): void => {
    state.lists += 1;
    if (state.lists > 1_000) throw new Error('the look goes on for ever');
    done(listingOf(state.lists));
  };
  const parts = {
    env: { crypto: tools.crypto, monotonicMillis: 0, wallMillis: 0, tracing: false, random: { fraction: () => 0 } },
    options: { ...CORE_OPTIONS, roomShelvesMax: SHELVES_MAX },
    replication: { list },
    count: () => undefined,
  };
  const rooms = { get: () => room, linked: () => [], setTimer: () => undefined };
  const copies = {
    setTimer: () => undefined,
    keys: {
      all: () => [{ place: 'place', ...state.row }],
      current: () => null,
      placeOf: () => ({ keys: { publicKey: new Uint8Array(32) } }),
      change: (_room: unknown, _place: string, change: Partial<HistoryKeyRow>) => {
        state.row = { ...state.row, ...change };
      },
    },
    tables: { key: () => state.row, due: () => [] },
  };
  const looks = new CopyLooks(parts as unknown as Parts, rooms as unknown as Rooms, copies as unknown as RoomCopies);
  looks.plan('garden', 0);
  // It begins, reads the place, and ends.
  for (let count = 0; count < 3; count += 1) looks.step();
  return state;
}

const some: Listing = { holders: 4, names: new Set(['name']), complete: true };
const none: Listing = { holders: 4, names: new Set(), complete: true };

test('a place of which all came is read', (t) => {
  t.deepEqual(
    looked({ shelf: 0, read: false }, (count) => (count <= 3 ? some : none)),
    { row: { shelf: 2, read: true }, lists: 4 },
  );
});

test('a place is not read when something that was listed did not come', (t) => {
  const result = looked({ shelf: 0, read: false }, (count) => (count === 1 ? { ...some, complete: false } : none));
  t.deepEqual(result, { row: { shelf: 0, read: false }, lists: 2 });
});

test('names that somebody invents neither lead to another shelf nor raise it', (t) => {
  t.deepEqual(
    looked({ shelf: 0, read: false }, () => ({ ...none, complete: false })),
    { row: { shelf: 0, read: false }, lists: 1 },
  );
});

test('a look ends although there is always another shelf, and the next one comes further', (t) => {
  const first = looked({ shelf: 0, read: false }, () => some);
  t.deepEqual(first, { row: { shelf: SHELVES_MAX - 1, read: false }, lists: SHELVES_MAX });
  const second = looked(first.row, () => some);
  t.deepEqual(second, { row: { shelf: 2 * SHELVES_MAX - 2, read: false }, lists: 2 * SHELVES_MAX - 1 });
});
