import test from 'ava';
import fc from 'fast-check';
import { utf8 } from '../../src/core/bytes.ts';
import type { ServiceRequest, ServiceResult } from '../../src/core/env.ts';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Room } from '../../src/core/rooms/room.ts';
import { type AnyRoomEvent, readRoomEvent, type SignedRoomEvent, signRoomEvent } from '../../src/core/rooms/room-event.ts';
import { RoomPages } from '../../src/core/rooms/room-pages.ts';
import type { Rooms } from '../../src/core/rooms/rooms.ts';
import type { UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { type Somebody, somebody, tools } from '../core/tools.ts';

const random = new SeededRandom('room pages');
const ROOM = 'a'.repeat(64);
const [alice, mallory] = [somebody('alice'), somebody('mallory')];
const link = { nodeId: 'n'.repeat(64), userId: null, established: true } as unknown as Link;

type Asked = Extract<ServiceRequest, { service: 'check-signatures' }>;

/** A queue of pages with a helper whose answers the test gives, and all that went through it. */
function stage(members: readonly UserId[] = []) {
  const taken: AnyRoomEvent[] = [];
  const asked: Array<{ readonly what: Asked; readonly answer: (result: ServiceResult) => void }> = [];
  const expected: string[] = [];
  const known = new Set<string>();
  const clock = { ...tools, monotonicMillis: 0, tracing: false };
  const counted: Record<string, number> = {};
  const count = (name: string, by = 1): void => {
    counted[name] = (counted[name] ?? 0) + by;
  };
  const parts = { env: clock, options: CORE_OPTIONS, count };
  const rooms = {
    services: { call: (what: Asked, answer: (result: ServiceResult) => void) => asked.push({ what, answer }) },
    tables: { chain: (_: string, chain: string) => (known.has(chain) ? {} : undefined) },
    keys: { expect: (_room: Room, _link: Link, authors: ReadonlyMap<string, UserId>) => expected.push(...authors.keys()) },
    setTimer: () => {},
  };
  const room = { id: ROOM, has: () => false, parked: { has: () => false }, isMember: (user: UserId) => members.includes(user) } as unknown as Room;
  const pages = new RoomPages(parts as unknown as Parts, rooms as unknown as Rooms, (_room, _link, events) => taken.push(...events));
  return { pages, room, taken, asked, expected, known, clock, counted };
}

function answerOf({ items }: Asked): ServiceResult {
  return { ok: true, value: Uint8Array.from(items, (item) => (tools.crypto.verify(item.publicKey, item.bytes, item.signature) ? 1 : 0)) };
}

function signed(who: Somebody, chain = 1): SignedRoomEvent {
  const body = { chain: new Uint8Array(16).fill(chain), counter: 0, sealed: random.bytes(40), signature: new Uint8Array(64) };
  return signRoomEvent(tools, who.identity, { room: ROOM, parents: [ROOM], stampMillis: 1, kind: 'sealed', body }).signed;
}

/** What somebody in the middle may do to an event that alice signed. */
const FORGERIES: Readonly<Record<string, (event: SignedRoomEvent) => SignedRoomEvent>> = {
  sound: (event) => event,
  'another signature': ({ bytes, signature }) => ({ bytes, signature: signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte)) }),
  'a signature of another event': ({ bytes }) => ({ bytes, signature: signed(alice).signature }),
  'signed by somebody else': ({ bytes }) => ({ bytes, signature: tools.crypto.sign(mallory.identity.secretKey, bytes) }),
  'signed without its label': ({ bytes }) => ({ bytes, signature: tools.crypto.sign(alice.identity.secretKey, bytes) }),
  'another byte at the end': ({ bytes, signature }) => ({ bytes: bytes.map((byte, at) => (at === bytes.length - 70 ? byte ^ 1 : byte)), signature }),
  'cut off': ({ bytes, signature }) => ({ bytes: bytes.subarray(0, bytes.length - 1), signature }),
};

test('what goes on is what would go on if each signature were checked at once, in the order in which it came', (t) => {
  const kinds = fc.constantFrom(...Object.keys(FORGERIES));
  const page = fc.array(kinds, { minLength: 4, maxLength: 8 });
  const helper = fc.constantFrom('right', 'fails', 'too few');
  fc.assert(
    fc.property(fc.array(fc.tuple(page, helper), { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()), (drawn, draws) => {
      const { pages, room, taken, asked } = stage();
      const sent = drawn.map(([forged]) => forged.map((kind) => (FORGERIES[kind] as (event: SignedRoomEvent) => SignedRoomEvent)(signed(alice))));
      for (const each of sent) t.true(pages.take(room, link, each));
      const helpers = drawn.map(([, kind]) => kind);
      const open = asked.map((each, at) => ({ each, kind: helpers[at] }));
      // Answers come in any order.
      while (open.length > 0) {
        const [next] = open.splice((draws.next().value as number) % open.length, 1);
        if (next === undefined) break;
        const right = answerOf(next.each.what);
        if (next.kind === 'fails') next.each.answer({ ok: false, code: 'internal' });
        else if (next.kind === 'too few') next.each.answer({ ok: true, value: new Uint8Array(0) });
        else next.each.answer(right);
      }
      const due = sent.flat().flatMap((each) => {
        const event = readRoomEvent(tools, each);
        return typeof event === 'string' ? [] : [event.id];
      });
      t.deepEqual(
        taken.map((event) => event.id),
        due,
      );
      t.false(pages.waiting);
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

test('an answer for an earlier session, or for a room that was dropped, takes nothing in', (t) => {
  const { pages, room, taken, asked } = stage();
  const page = Array.from({ length: 5 }, () => signed(alice));
  pages.take(room, link, page);
  pages.forget();
  pages.take(room, link, page);
  pages.drop(room);
  for (const { what, answer } of asked) answer(answerOf(what));
  t.deepEqual(taken, []);
  t.false(pages.waiting);
});

test('a page waits for the keys of members, not for those of strangers, and not for ever', (t) => {
  const { pages, room, taken, asked, expected, known, clock } = stage([alice.userId as UserId]);
  const first = [1, 1, 2, 2].map((chain) => signed(alice, chain));
  const second = Array.from({ length: 4 }, () => signed(alice, 3));
  pages.take(room, link, first);
  pages.take(room, link, [...second, signed(mallory, 9)]);
  for (const { what, answer } of asked) answer(answerOf(what));
  const chains = [1, 2, 3].map((chain) => utf8(String.fromCharCode(chain).repeat(16)));
  t.deepEqual(
    expected,
    chains.map((chain) => Buffer.from(chain).toString('hex')),
    'mallory is no member: nobody is asked for the key',
  );
  t.is(taken.length, 0);
  known.add(expected[0] as string);
  known.add(expected[1] as string);
  pages.advance(room);
  t.is(taken.length, 4, 'its keys are here');
  clock.monotonicMillis += CORE_OPTIONS.roomPageMillis;
  pages.advance(room);
  t.is(taken.length, 9, 'the rest is kept sealed');
});

test('pages are bounded: what is too much is dropped, and counted', (t) => {
  const { pages, room, asked, counted } = stage();
  for (let count = 0; count < CORE_OPTIONS.roomPagesMax + 3; count += 1)
    t.true(
      pages.take(
        room,
        link,
        [1, 2, 3, 4].map(() => signed(alice)),
      ),
    );
  t.is(asked.length, CORE_OPTIONS.roomPagesMax);
  t.is(counted['roomPagesRefused'], 3);
});

test('a few events that nothing waits before are checked at once', (t) => {
  const { pages, room, asked } = stage();
  t.false(pages.take(room, link, [signed(alice)]));
  pages.take(
    room,
    link,
    [1, 2, 3, 4].map(() => signed(alice)),
  );
  t.true(pages.take(room, link, [signed(alice)]), 'behind others it keeps its place');
  t.is(asked.length, 2);
});

test('a member who never gives the keys of what it sends does not keep out what others send', (t) => {
  const { pages, room, taken, asked, counted } = stage([alice.userId, mallory.userId] as UserId[]);
  const judge = (): void => {
    for (const { what, answer } of asked.splice(0)) answer(answerOf(what));
  };
  const send = (who: Somebody, chain: number): void => {
    const page = [1, 2, 3, 4].map(() => signed(who, chain));
    t.true(pages.take(room, link, page));
    judge();
  };
  for (let count = 0; count < CORE_OPTIONS.roomPagesMax; count += 1) send(mallory, count);
  send(alice, 200);
  for (let count = 0; count < CORE_OPTIONS.roomPagesMax; count += 1) send(mallory, count);
  t.is(counted['roomPagesRefused'], undefined);
  t.is(taken.filter(({ author }) => author === alice.userId).length, 4);
});
