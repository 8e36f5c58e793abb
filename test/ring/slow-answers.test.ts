import test from 'ava';
import { makeSim } from '../../src/cli/make-sim.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';

/** As on a machine on which each process waits for its turn: an answer takes from 0.4 to 1.6 s, longer than patience that is fixed. */
const STARVED = `name: starved
network: { latency: { min: 200ms, max: 800ms } }
within: 60s
steps:
  - seed-server: start
  - start: user[1..12]
  - register: user[1..12]
  - expect:
      knows: { who: "user[1..12]", users: "user[1..12]" }
  - wait: 60s
`;

for (const seed of [1, 10]) {
  test(`where all answers take long, nodes that come at once become one ring (seed ${seed})`, async (t) => {
    const scenario = loadScenario(STARVED, 'starved.yaml');
    const engine = makeSim(scenario, { seed, crypto: 'stand-in', traced: 'states', module: null });
    const report = await runScenario(scenario, engine, { seed, patience: 1, wallMillis: () => performance.now(), listener: SILENT });
    const ring = report.checks.find(({ check }) => check === 'ring-valid');
    t.true(ring?.ok, ring?.evidence ?? 'not judged');
    t.is(report.verdict, 'pass', 'and what is kept on it lies where it belongs');
  });
}
