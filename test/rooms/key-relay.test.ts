import test from 'ava';
import { OwedKeys } from '../../src/core/rooms/owed-keys.ts';
import type { RoomMessageView } from '../../src/core/rooms/room-commands.ts';
import { SmallWorld } from '../core/small-world.ts';

const ROOM = 'line';
const LINE = ['alice', 'bob', 'carol', 'dave'] as const;
/** A second is the pace at which the same member is asked again; an answer that is owed needs no such round. */
const RELAYED_MILLIS_MAX = 600;

test('who asks for a sender key before it is there is answered when it comes, hop by hop', async (t) => {
  const world = new SmallWorld(1, { roomDirectMembersMax: 2 });
  await world.people(...LINE);
  const { link } = await world.ask<{ link: string }>('alice', 'room-create', { name: ROOM });
  for (const name of LINE.slice(1)) await world.ask(name, 'room-join', { room: link });
  await world.soon('all are in', async () => {
    for (const name of LINE) if ((await world.ask<{ members: number }>(name, 'room', { room: ROOM })).members !== LINE.length) return false;
    return true;
  });
  const far = [
    ['dave', ['alice', 'bob']],
    ['carol', ['alice']],
  ] as const;
  const cuts = far.map(([from, to]) => ({ kind: 'cut' as const, id: `from ${from}`, from: [from], to, oneWay: false }));
  // An event of dave is slow between carol and bob, and fast from there: alice asks bob for its key while bob waits for carol's answer.
  const slow = { kind: 'delay' as const, id: 'slow', from: ['carol'], to: ['bob'], oneWay: false, delayMillis: 100, jitterMillis: 0 };
  await world.engine.setRules([...cuts, slow]);
  await world.engine.wait(20_000);
  const startedMillis = world.engine.now();
  await world.ask('dave', 'room-send', { room: ROOM, text: 'along the line' });
  await world.soon('alice reads it', async () => {
    const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>('alice', 'room-history', { room: ROOM });
    return messages.some((line) => line.text === 'along the line');
  });
  const tookMillis = world.engine.now() - startedMillis;
  t.true(tookMillis <= RELAYED_MILLIS_MAX, `after ${tookMillis} ms`);
  await world.engine.stop();
});

test('questions that wait for keys are bounded, and go with their links', (t) => {
  const owed = new OwedKeys({ roomKeysOwedMax: 2 });
  const [bob, carol] = [{ nodeId: 'bob' }, { nodeId: 'carol' }] as unknown as Parameters<OwedKeys['remember']>[2][];
  if (bob === undefined || carol === undefined) return t.fail();
  owed.remember('room', 'one', bob);
  owed.remember('room', 'one', bob);
  t.is(owed.size, 1, 'who asks twice is answered once');
  owed.remember('room', 'two', carol);
  owed.remember('room', 'three', carol);
  t.is(owed.size, 2);
  t.deepEqual([...owed.take('room', 'three')], []);
  owed.linkDown(bob.nodeId as never);
  t.deepEqual([...owed.take('room', 'one')], []);
  t.deepEqual([...owed.take('room', 'two')], [carol]);
  t.is(owed.size, 0);
});
