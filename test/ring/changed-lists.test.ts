import test from 'ava';
import { Chord } from '../../src/core/ring/chord.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import { type Asker, RING_OPTIONS, type RingNotice, type RingPort, type RingQuestion } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';

const contact = (place: number): Contact => ({
  id: place.toString(16).padStart(2, '0').repeat(32) as NodeId,
  name: `n${place}`,
  endpoint: { address: `sim:${place}`, key: new Uint8Array(0) },
});
const [BEFORE, SELF, NEXT, SECOND, THIRD, FOURTH, FIFTH] = [10, 20, 30, 40, 50, 60, 70].map(contact) as [
  Contact,
  Contact,
  Contact,
  Contact,
  Contact,
  Contact,
  Contact,
];

interface Asked {
  readonly to: Contact;
  readonly question: RingQuestion;
  readonly asker: Asker;
}

/** A member of a large ring whose questions the test answers. */
function member() {
  const asked: Asked[] = [];
  const told: Array<{ readonly to: Contact; readonly notice: RingNotice }> = [];
  const timers = new Map<string, number>();
  const clock = { millis: 100_000 };
  const port: RingPort = {
    self: SELF,
    ask: (to, question, asker) => void asked.push({ to, question, asker }),
    tell: (to, notice) => void told.push({ to, notice }),
    setTimer: (kind, delayMillis) => void timers.set(kind, clock.millis + delayMillis),
    cancelTimer: (kind) => void timers.delete(kind),
    get monotonicMillis() {
      return clock.millis;
    },
    fraction: () => 0.5,
    changed: () => undefined,
    members: () => [],
  };
  const chord = new Chord(port, { ...RING_OPTIONS, stabiliseMillis: 2_000 });
  chord.start({ predecessor: BEFORE, successors: [NEXT, SECOND, THIRD, FOURTH] });
  /** The last question has its answer: the successor, and who follows it. */
  const answer = (...successors: readonly Contact[]): void => asked.at(-1)?.asker.answered({ answer: 'state', predecessor: SELF, successors, small: false });
  const changes = () => told.filter(({ notice }) => notice.tell === 'changed');
  return { chord, asked, told, timers, clock, answer, changes };
}

test('a changed list is asked for at once, and once for several changes close behind each other', (t) => {
  const { chord, asked, timers, clock, answer, changes } = member();
  chord.timer('ring-stabilise');
  answer(SECOND, THIRD, FOURTH, FIFTH);
  t.deepEqual(changes(), [], 'what was found to be as before is told to nobody');
  clock.millis += 1_000;
  chord.notice(NEXT, { tell: 'changed' });
  t.is(asked.length, 2);
  t.is(asked[1]?.to, NEXT);
  chord.notice(NEXT, { tell: 'changed' });
  t.is(asked.length, 2, 'not while it is being asked');
  t.true((timers.get('ring-stabilise') as number) - clock.millis <= RING_OPTIONS.busyRetryMillis * 3, 'but soon after');
  answer(SECOND, FOURTH, FIFTH);
  t.deepEqual(
    changes().map(({ to }) => to.id),
    [BEFORE.id],
  );
  chord.notice(SECOND, { tell: 'changed' });
  t.is(asked.length, 2, 'of somebody who is not the successor nobody need hear');
});

test('whoever stands before is told when a round is over, of all that it has changed', (t) => {
  const { chord, asked, clock, answer, changes } = member();
  chord.timer('ring-stabilise');
  answer(SECOND, THIRD, FOURTH, FIFTH);
  clock.millis += 2_000;
  chord.timer('ring-stabilise');
  asked.at(-1)?.asker.answered(null);
  t.deepEqual(changes(), [], 'not while those behind the dead one are asked');
  const pings = asked.filter(({ question }) => question.ask === 'ping');
  t.deepEqual(
    pings.map(({ to }) => to),
    [SECOND, THIRD, FOURTH],
  );
  for (const { asker } of pings) asker.answered({ answer: 'alive', predecessor: null });
  t.is(asked.at(-1)?.to, SECOND);
  answer(THIRD, FOURTH, FIFTH);
  t.is(changes().length, 1);
  t.deepEqual(chord.successors, [SECOND, THIRD, FOURTH, FIFTH]);
});
