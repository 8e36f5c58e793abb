import test from 'ava';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Pairwise } from '../../src/core/rooms/pairwise.ts';
import type { Room } from '../../src/core/rooms/room.ts';
import { type SealedEvent, signRoomEvent } from '../../src/core/rooms/room-event.ts';
import { RoomKeys } from '../../src/core/rooms/room-keys.ts';
import type { RoomTables, StoredChain } from '../../src/core/rooms/room-tables.ts';
import { pad } from '../../src/core/secure/padding.ts';
import { newSenderChain, positionOf, sealForRoom } from '../../src/core/secure/sender-key.ts';
import type { UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { somebody, tools } from '../core/tools.ts';

const ROOM = 'a'.repeat(64);
const random = new SeededRandom('room keys');
const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((name) => somebody(name)) as [
  ReturnType<typeof somebody>,
  ReturnType<typeof somebody>,
  ReturnType<typeof somebody>,
];
const idOf = (who: typeof alice): UserId => who.userId as UserId;

/** An event of alice that waits for its key, and what opens it. */
function stage() {
  const chain = newSenderChain({ ...tools, random }, 'heads', 0);
  const associated = utf8(`confab/room-content/1\0${ROOM}\0${alice.userId}`);
  const { message } = sealForRoom({ ...tools, random }, chain, pad(tools.codec.encode('hello')), associated);
  const event = signRoomEvent(tools, alice.identity, { room: ROOM, parents: [ROOM], stampMillis: 1, kind: 'sealed', body: message }) as SealedEvent;
  const id = toHex(chain.id);
  const chains = new Map<string, StoredChain>();
  const tables = {
    chain: (_room: string, which: string) => chains.get(which),
    putChain: (_room: string, which: string, row: StoredChain) => chains.set(which, row),
    sealed: () => [`${id}/order`],
    isSealed: () => true,
    event: () => event.signed,
  };
  const parts = { env: { ...tools, random, monotonicMillis: 0 }, options: CORE_OPTIONS, count: () => undefined };
  const keys = new RoomKeys(parts as unknown as Parts, tables as unknown as RoomTables, {} as Pairwise);
  const room = { id: ROOM, isMember: () => true } as unknown as Room;
  const give = (from: typeof alice, author: typeof alice, position: ReturnType<typeof positionOf>): void => {
    keys.take(room, idOf(from), { kind: 'chains', room: ROOM, chains: [{ author: idOf(author), position }] });
  };
  const right = positionOf(chain);
  return { give, right, wrong: { ...right, chainKey: random.bytes(32) }, opened: () => keys.open(room, event) };
}

test('a wrong key that a member gave gives way to the right one, whoever brings it, and not the other way round', (t) => {
  for (const author of [alice, mallory]) {
    const { give, right, wrong, opened } = stage();
    give(mallory, author, wrong);
    t.is(opened(), null);
    give(bob, alice, right);
    t.is(opened(), 'hello', `as a key of ${author.name}`);
    give(mallory, author, wrong);
    t.is(opened(), 'hello');
  }
});
