import test from 'ava';
import { readFaultOrder } from '../../src/cli/fault-words.ts';
import { FAULT_WORDS } from '../../src/control/fault-grammar.ts';
import { ruleShape } from '../../src/control/rule-shapes.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { NodeFaults } from '../../src/core/faults.ts';
import type { Rule } from '../../src/core/rules.ts';
import { misfit } from '../../src/core/shape.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import type { Scene } from '../../src/scenario/scene.ts';

/** What a step does to a network: rules that it puts in force, and what is changed at nodes. */
interface Effect {
  readonly rules: readonly Rule[];
  readonly changes: ReadonlyArray<readonly [node: string, change: Partial<NodeFaults>]>;
}

async function effectOfStep(step: string): Promise<Effect> {
  const [rules, changes]: [Rule[], Array<readonly [string, Partial<NodeFaults>]>] = [[], []];
  const faults = {
    addRule: async (rule: Rule) => void rules.push(rule),
    nextRuleId: (kind: string) => `${kind}-1`,
    change: async (node: string, change: Partial<NodeFaults>) => void changes.push([node, change]),
  };
  const each = async (names: readonly string[], act: (name: string) => Promise<unknown>) => void (await Promise.all(names.map(act)));
  const { steps } = loadScenario(`name: same\nsteps:\n  - start: [alice, bob, carol]\n  - ${step}\n`, 'same.yaml');
  const last = steps.at(-1);
  if (last?.type !== 'verb') throw new Error(`${step} is no step`);
  await last.verb.run(last.value, { faults, each } as unknown as Scene, { withinMillis: 1_000, forMillis: 0 });
  return { rules, changes };
}

function effectOfOrder(written: string): Effect {
  const order = readFaultOrder(written.split(' '));
  const changes = (nodes: readonly string[], change: Partial<NodeFaults>) => nodes.map((node) => [node, change] as const);
  switch (order.type) {
    case 'rule':
      return { rules: [{ ...order.rule, id: order.name ?? `${order.rule.kind === 'matrix' ? 'latency' : order.rule.kind}-1` } as Rule], changes: [] };
    case 'pause':
      return { rules: [], changes: changes(order.nodes, { paused: true }) };
    case 'resume':
      return { rules: [], changes: changes(order.nodes, { paused: false }) };
    case 'slow':
      return { rules: [], changes: changes(order.nodes, { slowFactor: order.factor }) };
    case 'disk':
      return { rules: [], changes: changes(order.nodes, { diskFull: order.full }) };
    case 'clock':
      return { rules: [], changes: changes(order.nodes, order.clock) };
    default:
      throw new Error(`${written} has no step`);
  }
}

/** What is ordered of a running network by hand, and the step of a scenario that means the same. */
const SAME: Readonly<Record<string, string>> = {
  'cut alice bob': 'cut: { between: alice, and: bob }',
  'cut alice bob,carol one-way as island': 'cut: { between: alice, and: [bob, carol], one-way: true, name: island }',
  'cut alice everyone': 'cut: { between: alice, and: everyone }',
  'delay 200ms': 'delay: { by: 200ms }',
  'delay 1h jitter 50ms between alice and everyone': 'delay: { by: 1h, jitter: 50ms, between: alice, and: everyone }',
  'latency constant value 20ms': 'latency: { law: constant, value: 20ms }',
  'latency uniform min 1ms max 1.5s one-way': 'latency: { law: uniform, min: 1ms, max: 1.5s, one-way: true }',
  'latency exponential mean 24h': 'latency: { law: exponential, mean: 24h }',
  'latency lognormal median 60ms sigma 10 as slowly': 'latency: { law: lognormal, median: 60ms, sigma: 10, name: slowly }',
  'latency weibull scale 1s shape 0.01': 'latency: { law: weibull, scale: 1s, shape: 0.01 }',
  'latency pareto min 1s alpha 100': 'latency: { law: pareto, min: 1s, alpha: 100 }',
  'latency matrix five-cities': 'latency: { matrix: five-cities }',
  'latency matrix five-cities values one-way jitter 0.5 place tokyo alice,bob place sydney carol one-way':
    'latency: { matrix: five-cities, values: one-way, jitter: 0.5, places: [{ place: tokyo, nodes: [alice, bob] }, { place: sydney, nodes: carol }], one-way: true }',
  'loss 0.2 between alice and bob': 'loss: { probability: 0.2, between: alice, and: bob }',
  'duplicate 1': 'duplicate: { probability: 1 }',
  'reorder 0.3 by 200ms': 'reorder: { probability: 0.3, by: 200ms }',
  'bandwidth 9000': 'bandwidth: { bytes-per-second: 9000 }',
  'bandwidth 1000000000000 queue 0 between bob and carol': 'bandwidth: { bytes-per-second: 1000000000000, queue-bytes: 0, between: bob, and: carol }',
  'pause alice bob': 'pause: [alice, bob]',
  'resume alice': 'resume: alice',
  'slow 1000 alice for 1s': 'slow: { of: alice, factor: 1000 }',
  'disk full alice bob': 'disk: { of: [alice, bob], is: full }',
  'disk free alice': 'disk: { of: alice, is: free }',
  'clock ahead 400000h alice': 'clock: { of: alice, ahead: 400000h }',
  'clock behind 45m alice bob': 'clock: { of: [alice, bob], behind: 45m }',
  'clock gains 1s alice': 'clock: { of: alice, gains: 1s }',
  'clock loses 20ms alice': 'clock: { of: alice, loses: 20ms }',
  'clock right alice': 'clock: { of: alice, is: right }',
};

for (const [order, step] of Object.entries(SAME)) {
  test(`what is ordered by hand does what the step does: ${order}`, async (t) => {
    const { rules, changes } = effectOfOrder(order);
    t.deepEqual({ rules, changes }, await effectOfStep(step));
    t.true(rules.length + changes.length > 0);
    for (const rule of rules) t.is(misfit(ruleShape, rule), null, 'and nodes take it');
  });
}

test('every kind of order that a step has, too, is compared', (t) => {
  const compared = new Set(Object.keys(SAME).map((order) => order.split(' ')[0]));
  // Those ask, or end a process and start it (fault-restart.test.ts, and the steps of the same names).
  const others = ['list', 'help', 'heal', 'kill', 'restart', 'lie'];
  t.deepEqual(
    Object.keys(FAULT_WORDS)
      .filter((word) => !compared.has(word))
      .sort(),
    others.sort(),
  );
});

/** What one refuses the other refuses. */
const BEYOND: Readonly<Record<string, string>> = {
  'delay 61m': 'delay: { by: 61m }',
  'delay 1s jitter 61m': 'delay: { by: 1s, jitter: 61m }',
  'latency exponential mean 25h': 'latency: { law: exponential, mean: 25h }',
  'latency lognormal median 1s sigma 10.5': 'latency: { law: lognormal, median: 1s, sigma: 10.5 }',
  'latency weibull scale 1s shape 0': 'latency: { law: weibull, scale: 1s, shape: 0 }',
  'latency pareto min 1s alpha 101': 'latency: { law: pareto, min: 1s, alpha: 101 }',
  'latency uniform min 2s max 1s': 'latency: { law: uniform, min: 2s, max: 1s }',
  'latency matrix five-cities jitter 11': 'latency: { matrix: five-cities, jitter: 11 }',
  'latency matrix five-cities place rome alice': 'latency: { matrix: five-cities, places: [{ place: rome, nodes: alice }] }',
  'loss 1.1': 'loss: { probability: 1.1 }',
  'duplicate -0.1': 'duplicate: { probability: -0.1 }',
  'reorder 0.5 by 61m': 'reorder: { probability: 0.5, by: 61m }',
  'bandwidth 0': 'bandwidth: { bytes-per-second: 0 }',
  'bandwidth 1.5': 'bandwidth: { bytes-per-second: 1.5 }',
  'bandwidth 1 queue 1000000000001': 'bandwidth: { bytes-per-second: 1, queue-bytes: 1000000000001 }',
  'slow 0.5 alice for 1s': 'slow: { of: alice, factor: 0.5 }',
  'slow 1001 alice for 1s': 'slow: { of: alice, factor: 1001 }',
  'clock ahead 400001h alice': 'clock: { of: alice, ahead: 400001h }',
  'clock loses 1001ms alice': 'clock: { of: alice, loses: 1001ms }',
  'cut alice bob as everything': 'cut: { between: alice, and: bob, name: everything }',
  [`cut alice bob as ${'x'.repeat(65)}`]: `cut: { between: alice, and: bob, name: ${'x'.repeat(65)} }`,
};

for (const [order, step] of Object.entries(BEYOND)) {
  test(`what goes too far is refused in both ways: ${order.slice(0, 60)}`, async (t) => {
    t.throws(() => readFaultOrder(order.split(' ')), { instanceOf: ConfabError });
    await t.throwsAsync(effectOfStep(step), { instanceOf: ConfabError });
  });
}
