import { CborCodec } from '../adapters/codec/cbor.ts';
import { NodeCrypto } from '../adapters/crypto/node-crypto.ts';
import { SystemRandom } from '../adapters/crypto/random.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Crypto, Random } from '../core/capabilities.ts';
import type { Clock, SignatureChecker } from '../ports/ports.ts';

export interface Tools {
  readonly crypto: Crypto;
  /** The same checks, on other threads. */
  readonly signatureChecker: SignatureChecker;
  readonly codec: CborCodec;
  readonly random: Random;
  readonly clock: Clock;
}

/** The real capabilities: for nodes, the seed server, and the simulator's crypto and codec. */
export function makeTools(): Tools {
  const crypto = new NodeCrypto();
  return { crypto, signatureChecker: crypto, codec: new CborCodec(), random: new SystemRandom(), clock: systemClock };
}
