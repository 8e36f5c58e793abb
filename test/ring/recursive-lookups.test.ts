import test from 'ava';
import type { Contact } from '../../src/core/ring/circle.ts';
import { Lookups } from '../../src/core/ring/lookups.ts';
import type { Remembered } from '../../src/core/ring/remembered.ts';
import { RING_OPTIONS, type RingPort } from '../../src/core/ring/ring-port.ts';
import type { WalkMember } from '../../src/core/ring/walk.ts';
import type { NodeId } from '../../src/core/types.ts';

function contact(name: string, digit: string): Contact {
  return { id: digit.repeat(64) as NodeId, endpoint: { address: `sim:${digit}`, key: new Uint8Array(32) }, name };
}

test('a recursive look-up ends in time though others are begun all the while', (t) => {
  const next = contact('next', '5');
  let drawn = 0;
  let dueMillis = Number.POSITIVE_INFINITY;
  const port = {
    self: contact('self', '1'),
    monotonicMillis: 0,
    // Whoever takes the question says so, and then the answer is lost.
    ask: (_to: Contact, _question: unknown, asker: { answered(answer: unknown): void }) => asker.answered({ answer: 'forwarding' }),
    fraction: () => {
      drawn += 1;
      return drawn / 100;
    },
    setTimer: (_kind: string, delayMillis: number) => {
      dueMillis = port.monotonicMillis + delayMillis;
    },
  };
  const member = { mention: () => undefined, next: () => ({ answer: 'next', done: false, contacts: [next], why: 'finger' }) };
  const lookups = new Lookups(
    { port: port as unknown as RingPort, options: RING_OPTIONS, remembered: { unheard: () => undefined } as unknown as Remembered },
    member as unknown as WalkMember,
  );
  const endedMillis = new Map<number, number>();
  const step = RING_OPTIONS.routeMillis / 10;
  for (let millis = 0; millis <= 4 * RING_OPTIONS.routeMillis; millis += step) {
    port.monotonicMillis = millis;
    if (millis >= dueMillis) {
      dueMillis = Number.POSITIVE_INFINITY;
      lookups.expire();
    }
    lookups.route('9'.repeat(64), ({ owners }) => {
      t.deepEqual(owners, []);
      endedMillis.set(millis, port.monotonicMillis);
    });
  }
  for (const [begun, ended] of endedMillis) t.is(ended - begun, RING_OPTIONS.routeMillis);
  t.is(endedMillis.size, 31);
});
