import test from 'ava';
import { History, type StoredMessage } from '../../src/core/chat/history.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { MemoryTables } from '../../src/sim/memory-tables.ts';

const bob = 'b'.repeat(64) as UserId;
const id = (index: number): MessageId => String(index).padStart(21, '0') as MessageId;

function message(index: number, more: Partial<StoredMessage> = {}): StoredMessage {
  return {
    id: id(index),
    peer: bob,
    fromMe: false,
    text: `text ${index}`,
    stamp: index,
    sentMillis: index,
    receivedMillis: index,
    state: 'delivered',
    receipts: [],
    ...more,
  };
}

test('messages lie in the order of their stamps, whatever the order of arrival', (t) => {
  const history = new History(new MemoryTables());
  for (const index of [5, 1, 9, 10, 2]) history.add(message(index));
  t.deepEqual(
    history.page(bob, { limit: 10 }).messages.map(([, each]) => each.stamp),
    [1, 2, 5, 9, 10],
  );
  t.is(history.conversation(bob).lastText, 'text 10', 'a late one is not the last');
  t.is(history.conversation(bob).unread, 5);
});

test('pages go back without gap or overlap', (t) => {
  const history = new History(new MemoryTables());
  for (let index = 1; index <= 25; index += 1) history.add(message(index));
  const seen: number[] = [];
  let before: string | undefined;
  for (let more = true; more; ) {
    const page = history.page(bob, { limit: 7, ...(before === undefined ? {} : { before }) });
    seen.unshift(...page.messages.map(([, each]) => each.stamp));
    before = page.messages[0]?.[0].slice(bob.length + 1);
    more = page.more;
  }
  t.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
});

test('a state goes forward only; a refusal that comes late does not undo a receipt', (t) => {
  const history = new History(new MemoryTables());
  history.add(message(1, { fromMe: true, state: 'queued' }));
  const receipt = { state: 'delivered' as const, by: 'bob', wallMillis: 1 };
  const stored = () => history.byId(id(1)) as NonNullable<ReturnType<typeof history.byId>>;
  t.is(history.advance(stored(), 'delivered', { receipt })?.state, 'delivered');
  t.is(history.advance(stored(), 'delivered', { receipt }), null);
  t.is(history.advance(stored(), 'failed', { reason: 'late' }), null);
  t.is(history.advance(stored(), 'read', {})?.state, 'read');
  t.is(history.byId(id(2)), null, 'nobody knows that one');
  t.is(history.byId(id(1))?.[1].receipts.length, 1);
});

test('reading marks theirs once and counts only what was new', (t) => {
  const store = new MemoryTables();
  const history = new History(store);
  history.add(message(1));
  history.add(message(2, { fromMe: true, state: 'queued' }));
  history.add(message(3));
  t.deepEqual(
    history.markRead(bob, 100).map((each) => each.id),
    [id(3), id(1)],
  );
  t.deepEqual(history.markRead(bob, 100), []);
  history.add(message(4));
  history.endTurn();
  t.deepEqual(
    new History(store).markRead(bob, 100).map((each) => each.id),
    [id(4)],
    'also after a restart',
  );
});

test('L5: an id that is known is known after a restart', (t) => {
  const store = new MemoryTables();
  new History(store).add(message(1));
  t.true(new History(store).has(id(1)));
  t.false(new History(store).has(id(2)));
});

test('what was read up to a message is read, and the rest stays unread', (t) => {
  const history = new History(new MemoryTables());
  for (let index = 1; index <= 9; index += 1) history.add(message(index, { fromMe: index === 4 }), index === 8);
  t.deepEqual(history.conversation(bob).unread, 8);
  const upTo = (index: number): number[] => history.markRead(bob, 100, history.byId(id(index))?.[0]).map(({ stamp }) => stamp);
  t.deepEqual(upTo(5), [5, 3, 2, 1]);
  t.deepEqual(upTo(5), [], 'once');
  t.deepEqual(upTo(2), [], 'and never back');
  t.like(history.conversation(bob), { unread: 4, mentions: 1 });
  history.add(message(0), false);
  t.deepEqual(upTo(6), [6, 0], 'what came late and stands further up is read with it');
  t.deepEqual(
    history.markRead(bob, 100).map(({ stamp }) => stamp),
    [9, 8, 7],
  );
  t.like(history.conversation(bob), { unread: 0, mentions: 0 });
});
