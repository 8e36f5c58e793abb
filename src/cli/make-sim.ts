import { CborCodec } from '../adapters/codec/cbor.ts';
import { SharedCrypto } from '../adapters/crypto/shared-crypto.ts';
import { StandInCrypto } from '../adapters/crypto/stand-in-crypto.ts';
import { type SimEngine, simEngine } from '../engine/sim.ts';
import { labNode } from '../lab/lab-node.ts';
import { NO_PLAINTEXT } from '../scenario/checks/no-plaintext.ts';
import type { Scenario } from '../scenario/load.ts';
import type { LabModule } from './load-program.ts';

export interface SimRunOptions {
  readonly seed: number;
  readonly crypto: 'real' | 'stand-in';
  /** `states`: without frames, which checkers do not need. */
  readonly traced: boolean | 'states';
  /** What the nodes run; null: the chat node. */
  readonly module: LabModule | null;
}

/** The simulator as a scenario wants it. */
export function makeSim(scenario: Scenario, { seed, crypto, traced, module }: SimRunOptions): SimEngine {
  const { latencyMillis, loss, beacon } = scenario.network;
  return simEngine({
    seed,
    capabilities: { crypto: crypto === 'real' ? new SharedCrypto() : new StandInCrypto(), codec: new CborCodec() },
    coreOptions: scenario.options,
    // A stand-in hides nothing that would be worth a search.
    searchable: crypto === 'real' && scenario.checks.has(NO_PLAINTEXT.name),
    lossProbability: loss,
    beacon,
    traced,
    ...(module === null ? {} : { program: (env, settings) => labNode(env, settings.network, module.program) }),
    ...(latencyMillis === null ? {} : { latency: { minMillis: latencyMillis.min, maxMillis: latencyMillis.max } }),
  });
}
