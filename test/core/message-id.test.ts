import test from 'ava';
import fc from 'fast-check';
import { messageId } from '../../src/core/chat/message-id.ts';
import { stream } from '../../src/sim/random.ts';

const random = stream(1, 'message-id');

test('an id has 21 URL-safe characters', (t) => {
  for (const wallMillis of [0, 1, 63, 64, 1_750_000_000_000, 2 ** 48 - 1, -5, 1.5]) t.regex(messageId(random, wallMillis), /^[A-Za-z0-9_-]{21}$/);
});

test('ids sort as text in the order of their milliseconds', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 47 - 2 }), fc.integer({ min: 1, max: 1_000_000 }), (wallMillis, laterMillis) => {
      t.true(messageId(random, wallMillis) < messageId(random, Math.min(wallMillis + laterMillis, 2 ** 47 - 1)));
    }),
  );
});

test('ids of one millisecond differ', (t) => {
  t.is(new Set(Array.from({ length: 10_000 }, () => messageId(random, 1_750_000_000_000))).size, 10_000);
});
