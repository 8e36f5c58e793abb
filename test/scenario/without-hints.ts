import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { simEngine } from '../../src/engine/sim.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';

const folder = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

/** The scenarios in which the ring matters: its shape, what lies on it, and what finds its way over it. */
export const RING_SCENARIOS = [
  'ring-join-leave',
  'ring-crash-two-neighbours',
  'ring-merge',
  'start-together',
  'offline-mail',
  'offline-mail-holder-crash',
  'partition-and-return',
  'no-seed-server',
  'beacon-only',
  'name-conflict',
  'session-takeover',
  'takeover-race',
  'churn',
  'mass-departure',
] as const;

/** Plays a shipped scenario on nodes whose failure detector is the links alone. Null, or what went wrong. */
export async function withoutHints(name: string, seed: number): Promise<string | null> {
  const scenario = loadScenario(readFileSync(`${folder}${name}.yaml`, 'utf8'), `${name}.yaml`);
  const { latencyMillis, loss, beacon } = scenario.network;
  const engine = simEngine({
    seed,
    capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() },
    coreOptions: { ...scenario.options, swimPeriodMillis: 0 },
    searchable: false,
    lossProbability: loss,
    beacon,
    ...(latencyMillis === null ? {} : { latency: { minMillis: latencyMillis.min, maxMillis: latencyMillis.max } }),
  });
  const report = await runScenario(scenario, engine, { seed, wallMillis: () => performance.now(), listener: SILENT });
  return report.verdict === 'pass' ? null : `${name}, seed ${seed}: ${report.reason}`;
}
