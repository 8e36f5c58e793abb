import test from 'ava';
import fc from 'fast-check';
import { type Distribution, drawMillis, medianMillis } from '../../src/core/distributions.ts';
import { Judge, type Rule, type Verdict } from '../../src/core/rules.ts';
import { stream } from '../../src/sim/random.ts';

const cut = (oneWay: boolean): Rule => ({ id: 'c', kind: 'cut', from: ['alice'], to: ['bob', 'carol'], oneWay });
const everyone = { from: ['*'], to: ['*'], oneWay: true };
const delay = (delayMillis: number, jitterMillis = 0, to = ['*']): Rule => ({
  id: 'd',
  kind: 'delay',
  from: ['alice'],
  to,
  oneWay: true,
  delayMillis,
  jitterMillis,
});
const late = (delayMillis: number, more: Partial<Extract<Verdict, { action: 'deliver' }>> = {}): Verdict => ({
  action: 'deliver',
  delayMillis,
  copies: 1,
  overtaken: false,
  ...more,
});

const many = Array.from({ length: 50 }, (_, index) => `user${index}`);
const places = {
  id: 'm',
  kind: 'matrix',
  ...everyone,
  places: [
    ['alice', 0],
    ['zoe', 1],
  ],
  delayMillis: [
    [0, 40],
    [60, 0],
  ],
} as const;
const table: ReadonlyArray<readonly [string, readonly Rule[], string, string, Verdict]> = [
  ['no rules', [], 'alice', 'bob', { action: 'pass' }],
  ['cut', [cut(false)], 'alice', 'bob', { action: 'drop', rule: 'c' }],
  ['cut, the way back', [cut(false)], 'carol', 'alice', { action: 'drop', rule: 'c' }],
  ['cut one way', [cut(true)], 'alice', 'carol', { action: 'drop', rule: 'c' }],
  ['cut one way, the way back', [cut(true)], 'carol', 'alice', { action: 'pass' }],
  ['cut between others', [cut(false)], 'bob', 'carol', { action: 'pass' }],
  ['cut of a large group', [{ id: 'g', kind: 'cut', from: many, to: ['*'], oneWay: true }], 'user49', 'bob', { action: 'drop', rule: 'g' }],
  ['cut of a large group, one who is not in it', [{ id: 'g', kind: 'cut', from: many, to: ['*'], oneWay: true }], 'zoe', 'bob', { action: 'pass' }],
  ['delay to everybody', [delay(20)], 'alice', 'zoe', late(20)],
  ['delay, the way back', [delay(20)], 'zoe', 'alice', { action: 'pass' }],
  ['delays add up', [delay(20), delay(5, 10)], 'alice', 'zoe', late(30)],
  ['a cut wins over a delay', [delay(20), cut(false)], 'alice', 'bob', { action: 'drop', rule: 'c' }],
  ['latency by a law', [{ id: 'l', kind: 'latency', ...everyone, distribution: { law: 'uniform', minMillis: 10, maxMillis: 30 } }], 'a', 'b', late(20)],
  ['measured, there', [{ ...places, jitterShare: 0 }], 'alice', 'zoe', late(40)],
  ['measured, back, with jitter', [{ ...places, jitterShare: 0.5 }], 'zoe', 'alice', late(75)],
  ['measured, at one place', [{ ...places, jitterShare: 0.5 }], 'alice', 'alice', { action: 'pass' }],
  ['lost', [{ id: 'x', kind: 'loss', ...everyone, probability: 0.6 }], 'a', 'b', { action: 'drop', rule: 'x' }],
  ['not lost', [{ id: 'x', kind: 'loss', ...everyone, probability: 0.4 }], 'a', 'b', { action: 'pass' }],
  ['doubled', [{ id: 'x', kind: 'duplicate', ...everyone, probability: 0.6 }], 'a', 'b', late(0, { copies: 2 })],
  ['held back', [{ id: 'x', kind: 'reorder', ...everyone, probability: 0.6, byMillis: 40 }], 'a', 'b', late(20, { overtaken: true })],
];
for (const [title, rules, from, to, verdict] of table) {
  test(`rules: ${title}`, (t) => {
    t.deepEqual(new Judge(() => 0.5).judge(rules, { from, to, bytes: 100, nowMillis: 0 }), verdict);
  });
}

test('rules: a line of limited bandwidth takes one after the other, each pair for itself, and loses what does not fit', (t) => {
  const judge = new Judge(() => 0.5);
  const rules: Rule[] = [{ id: 'thin', kind: 'bandwidth', ...everyone, bytesPerSecond: 10_000, queueBytesMax: 250 }];
  const send = (to: string, nowMillis: number) => judge.judge(rules, { from: 'alice', to, bytes: 100, nowMillis });
  t.deepEqual(send('bob', 0), late(10));
  t.deepEqual(send('bob', 0), late(20));
  t.deepEqual(send('carol', 0), late(10), 'another line');
  t.deepEqual(send('bob', 0), { action: 'drop', rule: 'thin' }, '200 bytes wait, 100 more do not fit');
  t.deepEqual(send('bob', 10), late(20), 'one of them has left');
  t.deepEqual(send('bob', 1_000), late(10), 'the line has been idle');
});

test('rules: over time a line carries what its bandwidth says', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1_000, max: 1_000_000 }), (sizes, speed) => {
        const judge = new Judge(() => 0.5);
        const rules: Rule[] = [{ id: 'thin', kind: 'bandwidth', ...everyone, bytesPerSecond: speed, queueBytesMax: 1e9 }];
        let last = 0;
        for (const bytes of sizes) {
          const verdict = judge.judge(rules, { from: 'a', to: 'b', bytes, nowMillis: 0 });
          if (verdict.action !== 'deliver') return false;
          last = verdict.delayMillis;
        }
        const sum = sizes.reduce((all, bytes) => all + bytes, 0);
        return Math.abs(last - (sum * 1_000) / speed) < 1e-6 * last + 1e-9;
      }),
    ),
  );
});

const laws: readonly Distribution[] = [
  { law: 'constant', millis: 12 },
  { law: 'uniform', minMillis: 10, maxMillis: 90 },
  { law: 'exponential', meanMillis: 300 },
  { law: 'lognormal', medianMillis: 40, sigma: 0.6 },
  { law: 'weibull', scaleMillis: 200, shape: 0.6 },
  { law: 'pareto', minMillis: 20, alpha: 1.5 },
];
for (const of of laws) {
  test(`laws: half of the draws of ${of.law} lie below its median, and none is negative`, (t) => {
    const random = stream(7, 'laws', of.law);
    const draws = Array.from({ length: 4_000 }, () => drawMillis(of, () => random.fraction()));
    t.true(draws.every((millis) => millis >= 0 && Number.isFinite(millis)));
    const below = draws.filter((millis) => millis < medianMillis(of)).length / draws.length;
    if (of.law === 'constant') t.true(draws.every((millis) => millis === 12));
    else t.true(Math.abs(below - 0.5) < 0.03, `${below} of the draws lie below the median`);
  });
}
