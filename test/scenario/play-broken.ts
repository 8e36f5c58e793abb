import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { chatNode } from '../../src/core/node.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { simEngine } from '../../src/engine/sim.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import type { RunReport } from '../../src/scenario/report.ts';
import { runScenario } from '../../src/scenario/runner.ts';
import type { Mutant } from './mutants.ts';

/** Plays steps in the simulator with some nodes replaced by broken ones. */
export async function playBroken(
  steps: string,
  broken: Readonly<Record<string, Mutant>>,
  seed = 1,
  spoil: (engine: Engine) => void = () => {},
  patience = 1,
): Promise<RunReport> {
  const scenario = loadScenario(`name: mutant\nsteps:\n${steps}`, 'mutant.yaml', seed);
  const engine = simEngine({
    seed,
    capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() },
    searchable: true,
    program: (env, settings) => (broken[env.name] ?? chatNode)(env, settings),
  });
  spoil(engine);
  return runScenario(scenario, engine, { seed, patience, wallMillis: () => performance.now(), listener: SILENT });
}
