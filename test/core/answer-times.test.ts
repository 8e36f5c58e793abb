import test from 'ava';
import fc from 'fast-check';
import { AnswerTimes } from '../../src/core/link/answer-times.ts';

const after = (samples: readonly number[]): AnswerTimes => {
  const times = new AnswerTimes();
  for (const sample of samples) times.took(sample);
  return times;
};

test('patience stays between its bounds, and where answers are quick it is the fixed one', (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true })), (samples) => {
      const patience = after(samples).patienceMillis(300, 8_000);
      t.true(patience >= 300 && patience <= 8_000);
    }),
    { seed: 7 },
  );
  t.is(after([]).patienceMillis(300, 8_000), 300);
  t.is(after(Array.from({ length: 50 }, (_, at) => 10 + (at % 7))).patienceMillis(300, 8_000), 300);
});

test('where answers take longer, patience is longer than nearly all of them, and goes back when they are quick again', (t) => {
  const times = new AnswerTimes();
  let tooLate = 0;
  for (let at = 0; at < 1_000; at += 1) {
    // Spread evenly over 0.4 to 1.6 s by steps that return late.
    const sample = 400 + ((at * 389) % 1_200);
    if (at > 10 && sample > times.patienceMillis(300, 8_000)) tooLate += 1;
    times.took(sample);
  }
  t.true(tooLate <= 10, `${tooLate} of 1,000`);
  t.true(times.meanMillis > 700 && times.meanMillis < 1_300);
  for (let at = 0; at < 100; at += 1) times.took(5);
  t.is(times.patienceMillis(300, 8_000), 300);
});

test('one answer that comes an hour late, or one peer of eight that is always late, makes nobody else be waited for much longer', (t) => {
  const times = after(Array.from({ length: 50 }, () => 20));
  times.took(3_600_000);
  t.true(times.patienceMillis(300, 8_000) < 600);
  t.true(times.meanMillis < 100);
  for (let at = 0; at < 2_000; at += 1) {
    times.took(at % 8 === 0 ? 3_600_000 : 20);
    t.true(times.patienceMillis(300, 8_000) < 1_000);
  }
  for (let at = 0; at < 16; at += 1) times.took(20);
  t.is(times.patienceMillis(300, 8_000), 300);
});

test('where all answers are late of a sudden, half a dozen of them are enough to wait as long as they take', (t) => {
  const times = after(Array.from({ length: 50 }, () => 20));
  for (let at = 0; at < 6; at += 1) times.took(3_000);
  t.true(times.patienceMillis(300, 8_000) > 3_000);
});
