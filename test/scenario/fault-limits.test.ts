import test from 'ava';
import { readFaultOrder } from '../../src/cli/fault-words.ts';
import { ruleShape } from '../../src/control/rule-shapes.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { DELAY_MILLIS_MAX, GROUP_NODES_MAX } from '../../src/core/fault-limits.ts';
import { misfit } from '../../src/core/shape.ts';
import { loadScenario } from '../../src/scenario/load.ts';

const HEAD = 'name: lesson\nsteps:\n  - start: [alice, bob]\n';

function saidBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ConfabError)) throw error;
    return String(error.details['reason']);
  }
  return 'accepted';
}

/** What no engine can do is refused while the file is read, before anything is started. */
const REFUSED_STEPS: Readonly<Record<string, RegExp>> = {
  'delay: { by: 61m }': /61m is more than 1 h, the longest delay/,
  'delay: { by: 1s, jitter: 2h }': /2h is more than 1 h/,
  'reorder: { probability: 0.5, by: 2h }': /2h is more than 1 h/,
  'latency: { law: exponential, mean: 25h }': /"mean" is more than 24 h/,
  'latency: { law: uniform, min: 1s, max: 25h, name: everything }': /"max" is more than 24 h/,
  'loss: { probability: 0.5, name: everything }': /none can be called everything/,
  'clock: { of: bob, behind: 400001h }': /off by 400000 h at most/,
  'clock: { of: bob, ahead: 99999999999999h }': /off by 400000 h at most/,
  'clock: { of: bob, loses: 1001ms }': /a second each second at most/,
  'nemesis: { nodes: [alice, bob], for: 5s, every: 0s }': /let "every" be longer/,
  'nemesis: { nodes: [alice, bob], for: 5h, every: 1ms }': /let "every" be longer/,
  'churn: { nodes: [alice, bob], for: 5s, crowd: { at: 6s, share: 1 } }': /"crowd" is to be at 6s/,
  'churn: { nodes: [alice, bob], for: 5s, departure: { at: 5s, share: 1 } }': /"departure" is to be at 5s/,
  'churn: { nodes: [alice, bob], for: 50h, session: { law: constant, value: 0s }, away: { law: constant, value: 0s } }': /come and go some \d+ times/,
  'workload: { kind: direct-messages, nodes: [alice, bob], for: 10h, think: { law: constant, value: 1s } }': /act some 36000 times; 10000 is the most/,
};

const REFUSED_ORDERS: Readonly<Record<string, RegExp>> = {
  'delay 61m': /61m is more than 1 h/,
  'delay 1s jitter 2h': /2h is more than 1 h/,
  'latency exponential mean 25h': /25h is more than 24 h/,
  'clock behind 400001h bob': /400001h is more than 400000 h/,
  'clock gains 2s bob': /2s is more than 1 s/,
  'cut alice bob as everything': /none can be called that/,
  [`cut alice bob as ${'x'.repeat(65)}`]: /64 characters at most/,
  'lie bob honest': /"heal NODE" ends a lie/,
  'slow 2 bob for 2h': /2h is more than 1 h/,
};

test('what goes beyond the limits of faults is refused while a scenario is read', (t) => {
  for (const [step, words] of Object.entries(REFUSED_STEPS))
    t.regex(
      saidBy(() => loadScenario(`${HEAD}  - ${step}\n`, 'x.yaml')),
      words,
      step,
    );
});

test('and when it is ordered of a running network', (t) => {
  for (const [order, words] of Object.entries(REFUSED_ORDERS))
    t.regex(
      saidBy(() => readFaultOrder(order.split(' '))),
      words,
      order,
    );
});

test('what is just within them passes, also over the control socket', (t) => {
  for (const step of ['delay: { by: 60m }', 'clock: { of: bob, behind: 400000h }', 'latency: { law: pareto, min: 24h, alpha: 1 }'])
    t.is(
      saidBy(() => loadScenario(`${HEAD}  - ${step}\n`, 'x.yaml')),
      'accepted',
      step,
    );
  const everyone = Array.from({ length: GROUP_NODES_MAX }, (_, at) => `user${at}`);
  const rule = { id: 'x', from: everyone, to: ['*'], oneWay: false, kind: 'delay', delayMillis: DELAY_MILLIS_MAX, jitterMillis: 0 };
  t.is(misfit(ruleShape, rule), null);
  t.not(misfit(ruleShape, { ...rule, delayMillis: DELAY_MILLIS_MAX + 1 }), null);
});
