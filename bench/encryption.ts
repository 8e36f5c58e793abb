import { NodeCrypto } from '../src/adapters/crypto/node-crypto.ts';
import { SystemRandom } from '../src/adapters/crypto/random.ts';
import type { KeyPair } from '../src/core/capabilities.ts';
import { initiatorState, type RatchetMessage, type RatchetState, ratchetOpen, ratchetSeal, responderState } from '../src/core/secure/double-ratchet.ts';
import { safetyNumber } from '../src/core/secure/safety-number.ts';
import { newSenderChain, openFromRoom, positionOf, type ReceivingChain, receivingChain, sealForRoom } from '../src/core/secure/sender-key.ts';
import { bundleOf, initiate, newPrekeyBatch, type Party, respond } from '../src/core/secure/x3dh.ts';
import type { Benchmark, Figure } from './benchmark.ts';

const TEXT_BYTES = 256;
const SKIP_MAX = 1_000;
const ASSOCIATED = new Uint8Array(64);
const tools = { crypto: new NodeCrypto(), random: new SystemRandom() };
const noneSkipped = (): undefined => undefined;

type Somebody = Party & { readonly sealing: KeyPair };

function somebody(): Somebody {
  const sealing = tools.crypto.agreementKeyPair(tools.random.bytes(32));
  return { identity: tools.random.bytes(32), sealingKey: sealing.publicKey, home: tools.random.bytes(16), sealing };
}

/** Milliseconds a call, over `count` calls. */
function millisEach(count: number, act: () => void): number {
  for (let warm = 0; warm < count / 10; warm += 1) act();
  const started = performance.now();
  for (let done = 0; done < count; done += 1) act();
  return (performance.now() - started) / count;
}

/** An initiator and a responder who has its first message. */
class Conversation {
  readonly states: [RatchetState, RatchetState];
  readonly plaintext = tools.random.bytes(TEXT_BYTES);

  constructor() {
    const [alice, bob] = [somebody(), somebody()];
    const batch = newPrekeyBatch(tools, 1, 0);
    const bundle = bundleOf(batch);
    const agreed = initiate(tools, alice, bob, bundle);
    const answer = agreed === null ? 'none' : respond(tools.crypto, bob, alice, batch, agreed.opening);
    if (agreed === null || typeof answer === 'string') throw new Error('no agreement');
    this.states = [initiatorState(agreed.secret, bundle.signedKey), responderState(answer.secret, batch.signed)];
    this.open(1, this.seal(0));
  }

  seal(side: 0 | 1): RatchetMessage {
    const sealed = ratchetSeal(tools, this.states[side], this.plaintext, ASSOCIATED);
    this.states[side] = sealed.state;
    return sealed.message;
  }

  open(side: 0 | 1, message: RatchetMessage): void {
    const opened = ratchetOpen(tools.crypto, this.states[side], message, ASSOCIATED, noneSkipped, SKIP_MAX);
    if (typeof opened === 'string') throw new Error(opened);
    this.states[side] = opened.state;
  }
}

function ratchetFigures(count: number): readonly Figure[] {
  const sessions = millisEach(Math.max(20, count / 20), () => void new Conversation());
  const oneWay = new Conversation();
  const sealedMessages: RatchetMessage[] = [];
  const seal = millisEach(count, () => void sealedMessages.push(oneWay.seal(0)));
  const started = performance.now();
  for (const message of sealedMessages) oneWay.open(1, message);
  const open = (performance.now() - started) / sealedMessages.length;
  const bothWays = new Conversation();
  const turn = millisEach(count / 10, () => {
    bothWays.open(1, bothWays.seal(0));
    bothWays.open(0, bothWays.seal(1));
  });
  return [
    { row: 'ratchet sessions begun, both sides and the first message', value: 1_000 / sessions, unit: '/s' },
    { row: 'ratchet, seal 256 bytes in a chain', value: seal, unit: 'ms' },
    { row: 'ratchet, open 256 bytes in a chain', value: open, unit: 'ms' },
    { row: 'ratchet, a message and its answer, both turning the ratchet', value: turn, unit: 'ms' },
  ];
}

function roomFigures(count: number): readonly Figure[] {
  let chain = newSenderChain(tools, 'heads', 0);
  let receiving = receivingChain(positionOf(chain)) as ReceivingChain;
  const plaintext = tools.random.bytes(TEXT_BYTES);
  const messages: Array<ReturnType<typeof sealForRoom>['message']> = [];
  const seal = millisEach(count, () => {
    const sealed = sealForRoom(tools, chain, plaintext, ASSOCIATED);
    chain = sealed.chain;
    messages.push(sealed.message);
  });
  const started = performance.now();
  for (const message of messages) {
    const opened = openFromRoom(tools.crypto, receiving, message, ASSOCIATED, noneSkipped, { skipMax: SKIP_MAX });
    if (typeof opened === 'string') throw new Error(opened);
    receiving = opened.chain;
  }
  const open = (performance.now() - started) / messages.length;
  return [
    { row: 'sender key, seal and sign 256 bytes', value: seal, unit: 'ms' },
    { row: 'sender key, verify and open 256 bytes', value: open, unit: 'ms' },
  ];
}

export const encryption: Benchmark = {
  name: 'encryption',
  about: 'sealing and opening by the pairwise ratchet and by sender keys, in one thread and without a store',
  command: 'npm run bench -- encryption',
  async measure(options) {
    const count = options.quick ? 2_000 : 20_000;
    const [one, other] = [somebody(), somebody()];
    const identityOf = (who: Somebody, name: string) => ({ name, identityKey: who.identity, sealingKey: who.sealingKey });
    const number = millisEach(10, () => void safetyNumber(tools.crypto, identityOf(one, 'one'), identityOf(other, 'other')));
    return [...ratchetFigures(count), ...roomFigures(count), { row: 'safety number of two people', value: number, unit: 'ms' }];
  },
};
