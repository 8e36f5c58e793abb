import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { nanoid } from 'nanoid';
import { Gate } from '../../src/engine/gate.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';

/**
 * What passes in the simulator (test/scenario/shipped.test.ts) passes on real processes, too. A handful, each for something that
 * the others have not; `npm run test:local` plays every scenario on real processes. The tour is played by local.test.ts.
 */
const HANDFUL = [
  'accounts',
  'beacon-only',
  'cut-and-heal',
  'friends-and-blocks',
  'join-by-address',
  'join-leave-sync',
  'kill-and-recover',
  'offline-outbox',
  'presence',
  'rooms-basics',
  'seed-server-down',
  'session-takeover',
];

const home = fileURLToPath(new URL('../../../scenarios/', import.meta.url));
const gate = new Gate(3);

/** The other tests keep the machine busy meanwhile; how soon things happen on a quiet one is measured by the benchmarks. */
const PATIENCE = 4;

for (const name of HANDFUL) {
  test(`${name} passes on real processes`, (t) => {
    // Waiting for its turn counts as well; what a scenario waits for has deadlines of its own.
    t.timeout(230_000);
    return gate.pass(async () => {
      const root = mkdtempSync(join(tmpdir(), 'confab-parity-'));
      try {
        const scenario = loadScenario(readFileSync(`${home}${name}.yaml`, 'utf8'), name);
        const engine = new LocalEngine({ root, network: `parity-${name}-${nanoid()}`, coreOptions: scenario.options, beacon: scenario.network.beacon });
        const report = await runScenario(scenario, engine, { seed: 1, patience: PATIENCE, wallMillis: () => performance.now(), listener: SILENT });
        t.is(report.verdict, 'pass', report.reason ?? '');
        t.true(report.trace.events > 50);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
  });
}
