import test from 'ava';
import { Outbox } from '../../src/core/chat/outbox.ts';
import type { Link } from '../../src/core/link/link.ts';
import type { Envelope } from '../../src/core/messages.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { MemoryTables } from '../../src/sim/memory-tables.ts';

const alice = 'a'.repeat(64) as UserId;
const bob = 'b'.repeat(64) as UserId;
const WINDOW = 4;
const idOf = (at: number): MessageId => String(at).padStart(21, '0') as MessageId;

/** An outbox with a link to bob, a clock that is set by hand, and messages that cannot be sealed for now. */
function outboxWithLink() {
  const link = {} as Link;
  const state = { nowMillis: 0, timers: 0, sent: [] as number[], unsealable: new Set<number>() };
  const parts = {
    env: {
      store: new MemoryTables(),
      get monotonicMillis() {
        return state.nowMillis;
      },
      setTimer: () => (state.timers += 1),
    },
    options: { ...CORE_OPTIONS, outboxInFlight: WINDOW },
    connections: { sessionLink: () => link, reviewSoon: () => undefined },
    links: { send: (_link: Link, { envelope }: { envelope: Envelope }) => state.sent.push(Number(envelope.id)) > 0 },
    count: () => undefined,
  };
  const envelope = (at: number): Envelope => ({ suite: 2, id: idOf(at), from: alice, to: bob, part: {} }) as unknown as Envelope;
  const outbox = new Outbox(parts as unknown as Parts, (_to, id) => (state.unsealable.has(Number(id)) ? null : envelope(Number(id))));
  const add = (at: number): void => outbox.add({ suite: 0, id: idOf(at), from: alice, to: bob }, at);
  const later = (): void => {
    state.nowMillis += 1;
    outbox.tick();
  };
  return { state, outbox, link, add, later, settle: (at: number) => outbox.settle(bob, at, idOf(at)) };
}

test('a message that cannot be sealed, for whatever reason, is tried again while the link is up', (t) => {
  const { state, add, later } = outboxWithLink();
  state.unsealable.add(1);
  add(1);
  t.deepEqual([state.sent, state.timers], [[], 1]);
  later();
  t.deepEqual([state.sent, state.timers], [[], 2]);
  state.unsealable.clear();
  later();
  t.deepEqual(state.sent, [1]);
});

test('what was passed over because it could not be sealed goes out once it can be, although later ones went before', (t) => {
  const { state, outbox, link, add, later, settle } = outboxWithLink();
  state.unsealable.add(1).add(3);
  for (const at of [1, 2, 3, 4, 5]) add(at);
  t.deepEqual(state.sent, [2, 4, 5]);
  state.unsealable.delete(1);
  later();
  t.deepEqual(state.sent, [2, 4, 5, 1]);
  state.unsealable.clear();
  // The window is full: it opens with a receipt, behind whatever is on its way.
  later();
  t.deepEqual(state.sent, [2, 4, 5, 1]);
  settle(2);
  outbox.pump(bob, link, 'all');
  t.deepEqual(state.sent, [2, 4, 5, 1, 3]);
  for (const at of [6, 7, 8]) add(at);
  for (const at of [1, 3, 4, 5]) settle(at);
  outbox.pump(bob, link);
  t.deepEqual(state.sent, [2, 4, 5, 1, 3, 6, 7, 8]);
});

test('what was refused in the middle of a full window is sealed anew and goes at once', (t) => {
  const { state, outbox, link, add, settle } = outboxWithLink();
  for (const at of [1, 2, 3, 4, 5]) add(at);
  t.deepEqual(state.sent, [1, 2, 3, 4]);
  outbox.unseal(bob, 3, idOf(3));
  outbox.pump(bob, link, 'all');
  t.deepEqual(state.sent, [1, 2, 3, 4, 3]);
  settle(1);
  outbox.pump(bob, link);
  t.deepEqual(state.sent, [1, 2, 3, 4, 3, 5], 'and keeps up none of those behind it');
});
