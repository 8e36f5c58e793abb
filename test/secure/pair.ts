import type { Crypto, KeyPair } from '../../src/core/capabilities.ts';
import {
  canSeal,
  initiatorState,
  type RatchetMessage,
  type RatchetState,
  ratchetOpen,
  ratchetSeal,
  responderState,
} from '../../src/core/secure/double-ratchet.ts';
import { bundleOf, initiate, newPrekeyBatch, type Opening, type Party, type PrekeyBatch, respond } from '../../src/core/secure/x3dh.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools as primitives } from '../core/tools.ts';

export const SKIP_MAX = 30;

/** One end of a conversation that keeps exactly what the modules hand it. */
export class End {
  readonly crypto: Crypto;
  readonly random: SeededRandom;
  readonly party: Party & { readonly sealing: KeyPair };
  readonly batch: PrekeyBatch;
  state: RatchetState | null = null;
  binding: Uint8Array = new Uint8Array(0);
  skipped = new Map<string, Uint8Array>();
  /** What the last refusal said. */
  refusal = '';

  constructor(seed: string, crypto: Crypto = primitives.crypto) {
    this.crypto = crypto;
    this.random = new SeededRandom(seed);
    const sealing = crypto.agreementKeyPair(this.random.bytes(32));
    this.party = { identity: this.random.bytes(32), sealingKey: sealing.publicKey, home: this.random.bytes(16), sealing };
    this.batch = newPrekeyBatch(this, 4, 1_000);
  }

  begin(to: End, bundle = bundleOf(to.batch)): Opening {
    const agreed = initiate(this, this.party, to.party, bundle);
    if (agreed === null) throw new Error('no agreement');
    this.state = initiatorState(agreed.secret, bundle.signedKey);
    this.binding = agreed.binding;
    return agreed.opening;
  }

  accept(from: End, opening: Opening): void {
    const agreed = respond(this.crypto, this.party, from.party, this.batch, opening);
    if (typeof agreed === 'string') throw new Error(agreed);
    this.state = responderState(agreed.secret, this.batch.signed);
    this.binding = agreed.binding;
  }

  get ready(): boolean {
    return this.state !== null && canSeal(this.state);
  }

  seal(text: string): RatchetMessage {
    const sealed = ratchetSeal(this, this.state as RatchetState, new Uint8Array(Buffer.from(text)), this.binding);
    this.state = sealed.state;
    return sealed.message;
  }

  open(message: RatchetMessage): string | null {
    const find = (key: Uint8Array, counter: number): Uint8Array | undefined => this.skipped.get(keyOf(key, counter));
    const opened = ratchetOpen(this.crypto, this.state as RatchetState, message, this.binding, find, SKIP_MAX);
    if (typeof opened === 'string') {
      this.refusal = opened;
      return null;
    }
    this.state = opened.state;
    if (opened.spent) this.skipped.delete(keyOf(message.ratchetKey, message.counter));
    for (const each of opened.skipped) this.skipped.set(keyOf(each.chain, each.counter), each.key);
    return Buffer.from(opened.plaintext).toString();
  }

  /** What a thief of the store has. */
  stolen(): End {
    const copy = new End('thief', this.crypto);
    copy.state = this.state;
    copy.binding = this.binding;
    copy.skipped = new Map(this.skipped);
    return copy;
  }

  snapshot(): unknown {
    return primitives.codec.decode(primitives.codec.encode([this.state, [...this.skipped]]));
  }
}

export function keyOf(key: Uint8Array, counter: number): string {
  return `${Buffer.from(key).toString('hex')}/${counter}`;
}

/** Alice has begun, bob has opened her first message and answered. */
export function introduced(seed: string, crypto?: Crypto): { alice: End; bob: End } {
  const alice = new End(`${seed} alice`, crypto);
  const bob = new End(`${seed} bob`, crypto);
  const opening = alice.begin(bob);
  bob.accept(alice, opening);
  if (bob.open(alice.seal('hello')) !== 'hello' || alice.open(bob.seal('hello yourself')) !== 'hello yourself') throw new Error('no introduction');
  return { alice, bob };
}
