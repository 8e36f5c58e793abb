import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Room } from '../../src/core/rooms/room.ts';
import { fromHex as bytesOf } from '../../src/core/rooms/room-event.ts';
import type { RoomMessage } from '../../src/core/rooms/room-messages.ts';
import { RoomSync } from '../../src/core/rooms/room-sync.ts';
import type { RoomTables } from '../../src/core/rooms/room-tables.ts';

const EVENT = 'e'.repeat(64);
const heads = { type: 'room-heads', room: 'r', heads: [bytesOf(EVENT)], wantAnswer: 0 } as const;
const range = { type: 'room-range', room: 'r', range: 0, ids: bytesOf(EVENT.slice(0, 16)) } as const;
/** What keeps a comparison going that brings nothing. */
const PRETENCE_MILLIS = 500;

test('a member who seems to give events, and does not, keeps nobody from asking others for them', (t) => {
  const [mallory, bob] = ['mallory', 'bob'].map((name) => ({ nodeId: name, userId: name, established: true }) as unknown as Link) as [Link, Link];
  const env = { monotonicMillis: 0 };
  const asked: string[] = [];
  const links = {
    send: (link: Link, message: RoomMessage): void => {
      if (message.type === 'room-want') asked.push(link.nodeId as string);
    },
  };
  const buckets = { length: 1, before: () => new Uint8Array(), prints: () => new Uint8Array() };
  const room = { id: 'r', row: { heads: [] }, has: () => false, isMember: () => true, buckets } as unknown as Room;
  const parts = { env, links, options: CORE_OPTIONS, count: () => undefined, session: { userId: 'alice' } };
  const sync = new RoomSync(parts as unknown as Parts, { events: () => [] } as unknown as RoomTables, { equal: () => undefined, missed: () => undefined });
  const compare = (link: Link): void => {
    sync.heads(room, link, heads);
    sync.range(room, link, range);
  };
  compare(mallory);
  compare(bob);
  t.deepEqual(asked, ['mallory'], 'others are not asked for what is on its way');
  while (env.monotonicMillis < 20_000 && !asked.includes('bob')) {
    env.monotonicMillis += PRETENCE_MILLIS;
    sync.alive(room, mallory);
    sync.progress(room, mallory);
    sync.tick();
    compare(mallory);
    compare(bob);
  }
  t.true(asked.includes('bob'), 'bob has it, and was asked');
});
