import test from 'ava';
import { judge, type Rule } from '../../src/core/rules.ts';

const cut = (oneWay: boolean): Rule => ({ id: 'c', kind: 'cut', from: ['alice'], to: ['bob', 'carol'], oneWay });
const delay = (delayMillis: number, jitterMillis = 0, to = ['*']): Rule => ({
  id: 'd',
  kind: 'delay',
  from: ['alice'],
  to,
  oneWay: true,
  delayMillis,
  jitterMillis,
});

const table: ReadonlyArray<readonly [string, readonly Rule[], string, string, unknown]> = [
  ['no rules', [], 'alice', 'bob', { action: 'pass' }],
  ['cut', [cut(false)], 'alice', 'bob', { action: 'drop', rule: 'c' }],
  ['cut, the way back', [cut(false)], 'carol', 'alice', { action: 'drop', rule: 'c' }],
  ['cut one way', [cut(true)], 'alice', 'carol', { action: 'drop', rule: 'c' }],
  ['cut one way, the way back', [cut(true)], 'carol', 'alice', { action: 'pass' }],
  ['cut between others', [cut(false)], 'bob', 'carol', { action: 'pass' }],
  ['delay to everybody', [delay(20)], 'alice', 'zoe', { action: 'deliver', delayMillis: 20 }],
  ['delay, the way back', [delay(20)], 'zoe', 'alice', { action: 'pass' }],
  ['delays add up', [delay(20), delay(5, 10)], 'alice', 'zoe', { action: 'deliver', delayMillis: 30 }],
  ['a cut wins over a delay', [delay(20), cut(false)], 'alice', 'bob', { action: 'drop', rule: 'c' }],
];
for (const [title, rules, from, to, verdict] of table) {
  test(`rules: ${title}`, (t) => {
    t.deepEqual(
      judge(rules, { from, to }, () => 0.5),
      verdict as ReturnType<typeof judge>,
    );
  });
}
