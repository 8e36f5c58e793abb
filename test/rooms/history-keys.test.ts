import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import type { Parts } from '../../src/core/parts.ts';
import { CopyTables } from '../../src/core/rooms/copy-tables.ts';
import { HistoryKeys } from '../../src/core/rooms/history-keys.ts';
import type { Room } from '../../src/core/rooms/room.ts';
import type { RoomId } from '../../src/core/rooms/room-commands.ts';
import type { Rooms } from '../../src/core/rooms/rooms.ts';
import type { UserId } from '../../src/core/types.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools } from '../core/tools.ts';

const random = new SeededRandom('history keys');
const ROOM = 'a'.repeat(64) as RoomId;
const [HOST, STRANGER] = ['b'.repeat(64) as UserId, 'c'.repeat(64) as UserId];

/** The keys of somebody who is coming into a room, and how often they asked for some. */
function stage() {
  const store = new MemoryStore(new MemoryDisk(null));
  store.unlock(random.bytes(32));
  const tables = new CopyTables(store);
  const sent: unknown[] = [];
  const parts = { env: { ...tools, monotonicMillis: 0 }, links: { send: (_: Link, message: unknown) => sent.push(message) }, count: () => {} };
  const keys = new HistoryKeys(parts as unknown as Parts, {} as Rooms, tables);
  const room = { id: ROOM, isMember: () => false, row: { status: 'pending' } } as unknown as Room;
  const told = (count: number) => ({ kind: 'history' as const, room: ROOM, keys: Array.from({ length: count }, () => random.bytes(32)) });
  return { tables, keys, room, sent, told };
}

test('a key that nobody asked for does not end the asking of who is coming in', (t) => {
  const { tables, keys, room, sent, told } = stage();
  t.false(keys.take(room, STRANGER, told(1)));
  t.is(tables.keys(ROOM).length, 0);
  keys.ask(room, { nodeId: 'd'.repeat(64), userId: HOST } as unknown as Link);
  t.is(sent.length, 1);
  t.false(keys.take(room, STRANGER, told(1)));
  t.true(keys.take(room, HOST, told(1)));
  t.is(tables.keys(ROOM).length, 1);
});

test('keys that lead nowhere do not keep others out for good', (t) => {
  const { tables, keys, room } = stage();
  for (let count = 0; count < 32; count += 1) t.true(keys.learnt(ROOM, random.bytes(32)));
  t.false(keys.learnt(ROOM, random.bytes(32)), 'none is known to lead nowhere');
  const [first] = tables.keys(ROOM);
  if (first === undefined) return t.fail('no key');
  keys.change(room, first[0], { empty: true });
  t.true(keys.learnt(ROOM, random.bytes(32)));
  t.is(tables.key(ROOM, first[0]), undefined);
  t.is(tables.keys(ROOM).length, 32);
});
