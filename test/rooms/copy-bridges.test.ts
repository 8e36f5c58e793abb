import test from 'ava';
import type { Parts } from '../../src/core/parts.ts';
import { CopyBridges } from '../../src/core/rooms/copy-bridges.ts';
import type { HistoryKeys, KnownKey } from '../../src/core/rooms/history-keys.ts';
import type { Confidence } from '../../src/core/rooms/pairwise.ts';
import type { Room } from '../../src/core/rooms/room.ts';
import { signRoomEvent } from '../../src/core/rooms/room-event.ts';
import type { RoomKeys } from '../../src/core/rooms/room-keys.ts';
import type { RoomTables } from '../../src/core/rooms/room-tables.ts';
import { somebody, tools } from '../core/tools.ts';

const alice = somebody('alice');
const ROOM = 'a'.repeat(64);
const body = { chain: new Uint8Array(16).fill(7), counter: 0, sealed: new Uint8Array(40), signature: new Uint8Array(64) };
const event = signRoomEvent(tools, alice.identity, { room: ROOM, parents: [ROOM], stampMillis: 1, kind: 'sealed', body });

/** Alice's bridges in a room of so many others; her chain is for the audience `then`, and whom `entitled` names saw it. */
function stage(others: number, history: 'all' | 'joined' = 'all', entitled: (user: string) => boolean = () => true) {
  const told: Array<{ readonly to: string; readonly kind: Confidence['kind'] }> = [];
  const seal = (to: string, { kind }: Confidence): object => {
    told.push({ to, kind });
    return {};
  };
  const parts = { env: tools, session: { userId: alice.userId }, rooms: { pairwise: { seal } } };
  const keys = { current: { place: 'new', bridged: false, audience: 'now', key: new Uint8Array(32) as Uint8Array }, before: { place: 'old' } };
  const history_ = {
    before: () => keys.before,
    change: (_: Room, __: string, change: Partial<KnownKey>) => {
      keys.current = { ...keys.current, ...change };
    },
  };
  const tables = { event: () => event.signed, chain: () => ({ author: event.author, position: { heads: 'then' }, by: event.author }) };
  const roomKeys = { wasMember: (_: Room, user: string) => entitled(user) };
  const members = new Map([alice.userId as string, ...Array.from({ length: others }, (_, at) => `user${at}`)].map((user) => [user, { role: 'member' }]));
  members.set('user5', { role: 'admin' });
  const room = { id: ROOM, state: { history, members } } as unknown as Room;
  const make = (): CopyBridges =>
    new CopyBridges(parts as unknown as Parts, history_ as unknown as HistoryKeys, roomKeys as unknown as RoomKeys, tables as unknown as RoomTables);
  return { make, room, told, keys, members };
}

test('a new key is told to all members, in pieces, owner and admins first, and once', (t) => {
  const { make, room, told, keys } = stage(150);
  const bridges = make();
  const sizes: number[] = [];
  for (let piece = bridges.next(room, keys.current as KnownKey, []); piece !== null; piece = bridges.next(room, keys.current as KnownKey, [])) {
    t.is(piece.at.place, 'old', 'where those who are away look');
    sizes.push(piece.bridges.length);
    piece.done();
  }
  t.deepEqual(sizes, [64, 64, 22]);
  t.is(new Set(told.map(({ to }) => to)).size, 150);
  t.is(told[0]?.to, 'user5');
  t.true(keys.current.bridged);
});

test('who is given a role between two pieces is told all the same', (t) => {
  const { make, room, told, keys, members } = stage(150);
  const bridges = make();
  for (let piece = bridges.next(room, keys.current as KnownKey, []); piece !== null; piece = bridges.next(room, keys.current as KnownKey, [])) {
    piece.done();
    members.set('user140', { role: 'admin' });
  }
  t.is(new Set(told.map(({ to }) => to)).size, 150);
  t.is(told.length, 150, 'each once');
});

test('a piece that did not come through is made again', (t) => {
  const { make, room, keys } = stage(70);
  const bridges = make();
  const first = bridges.next(room, keys.current as KnownKey, []);
  const again = bridges.next(room, keys.current as KnownKey, []);
  t.deepEqual(
    first?.bridges.map(({ to }) => to),
    again?.bridges.map(({ to }) => to),
  );
  t.false(keys.current.bridged);
});

test('a sender key of earlier members is told to those of them who are members still, and in rooms that show all to nobody', (t) => {
  const later = (user: string): boolean => user !== 'user1';
  const { make, room, told, keys } = stage(3, 'joined', later);
  keys.current = { ...keys.current, bridged: true };
  const bridges = make();
  const piece = bridges.next(room, keys.current as KnownKey, ['order']);
  t.is(piece?.at.place, 'new');
  t.deepEqual(
    told.map(({ to, kind }) => `${to} ${kind}`),
    ['user5 chains', 'user0 chains', 'user2 chains'],
  );
  piece?.done();
  t.is(bridges.next(room, keys.current as KnownKey, ['order']), null, 'once');
  const all = stage(3, 'all');
  all.keys.current = { ...all.keys.current, bridged: true };
  t.is(all.make().next(all.room, all.keys.current as KnownKey, ['order']), null);
});
