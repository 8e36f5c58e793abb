import { CborCodec } from '../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../src/adapters/crypto/node-crypto.ts';
import { type SimEngine, simEngine } from '../src/engine/sim.ts';

/** The simulator as the benchmarks run it: real crypto, no trace, messages as objects. */
export function simulation(seed: number): SimEngine {
  return simEngine({ seed, traced: false, capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() } });
}
