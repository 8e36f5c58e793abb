import test from 'ava';
import fc from 'fast-check';
import type { SkippedKey } from '../../src/core/secure/chain.ts';
import {
  type ChainPosition,
  needsNewChain,
  newSenderChain,
  openFromRoom,
  positionOf,
  type ReceivingChain,
  type RoomCiphertext,
  receivingChain,
  type SenderChain,
  sealForRoom,
} from '../../src/core/secure/sender-key.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools as primitives } from '../core/tools.ts';

const LIMITS = { skipMax: 50, chainMessagesMax: 100, chainMillisMax: 1_000 };
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const ROOM = utf8('room/alice/event');

function toolsOf(seed: string) {
  return { crypto: primitives.crypto, random: new SeededRandom(seed) };
}

/** A member that stores as the product does: only what `openFromRoom` hands back. */
class Member {
  chain: ReceivingChain;
  readonly skipped = new Map<number, Uint8Array>();

  constructor(position: ChainPosition) {
    const chain = receivingChain(position);
    if (typeof chain === 'string') throw new Error(chain);
    this.chain = chain;
  }

  open(message: RoomCiphertext, associated = ROOM): string | null {
    const opened = openFromRoom(primitives.crypto, this.chain, message, associated, (counter) => this.skipped.get(counter), LIMITS);
    if (typeof opened === 'string') return null;
    this.chain = opened.chain;
    if (opened.spent) this.skipped.delete(message.counter);
    for (const each of opened.skipped as readonly SkippedKey[]) this.skipped.set(each.counter, each.key);
    return Buffer.from(opened.plaintext).toString();
  }
}

function sealAll(seed: string, count: number): { chains: SenderChain[]; messages: RoomCiphertext[] } {
  const tools = toolsOf(seed);
  const chains = [newSenderChain(tools, 'heads', 0)];
  const messages: RoomCiphertext[] = [];
  for (let index = 0; index < count; index += 1) {
    const sealed = sealForRoom(tools, chains[index] as SenderChain, utf8(`message ${index}`), ROOM);
    chains.push(sealed.chain);
    messages.push(sealed.message);
  }
  return { chains, messages };
}

test('any order, loss and repetition: each message opens once at most, those that come open, and a flipped bit changes nothing', (t) => {
  const step = fc.record({ index: fc.nat({ max: 19 }), flip: fc.option(fc.nat({ max: 1_000 }), { freq: 3 }) });
  fc.assert(
    fc.property(fc.string(), fc.array(step, { maxLength: 60 }), (seed, steps) => {
      const { chains, messages } = sealAll(seed, 20);
      const member = new Member(positionOf(chains[0] as SenderChain));
      const seen = new Set<number>();
      for (const { index, flip } of steps) {
        const message = messages[index] as RoomCiphertext;
        if (flip !== null) {
          const before = { chain: member.chain, skipped: [...member.skipped] };
          const sealed = new Uint8Array(message.sealed);
          sealed[flip % sealed.length] = (sealed[flip % sealed.length] as number) ^ 1;
          t.is(member.open({ ...message, sealed }), null);
          t.deepEqual({ chain: member.chain, skipped: [...member.skipped] }, before);
        }
        t.is(member.open(message), seen.has(index) ? null : `message ${index}`);
        seen.add(index);
      }
    }),
    { numRuns: 60 },
  );
});

test('a position opens what follows it and nothing before', (t) => {
  const { chains, messages } = sealAll('late joiner', 10);
  const late = new Member(positionOf(chains[6] as SenderChain));
  for (let index = 0; index < 6; index += 1) t.is(late.open(messages[index] as RoomCiphertext), null);
  for (let index = 6; index < 10; index += 1) t.is(late.open(messages[index] as RoomCiphertext), `message ${index}`);
});

test('used keys are gone: neither the sender nor a member can open an earlier message from the state they keep', (t) => {
  const { chains, messages } = sealAll('forward secrecy', 5);
  const member = new Member(positionOf(chains[0] as SenderChain));
  for (const message of messages) t.not(member.open(message), null);
  t.is(member.skipped.size, 0);
  const thief = new Member({ ...positionOf(chains[5] as SenderChain), counter: 0 });
  for (const message of messages) t.is(thief.open(message), null);
  const kept = new Member(positionOf(chains[0] as SenderChain));
  kept.chain = { ...member.chain, counter: 0, from: 0 };
  for (const message of messages) t.is(kept.open(message), null);
});

test('a member cannot speak in the name of the sender, nor move a message to another room, chain, heads or place', (t) => {
  const { chains, messages } = sealAll('impostor', 2);
  const position = positionOf(chains[0] as SenderChain);
  const tools = toolsOf('mallory');
  const forged = sealForRoom(tools, { ...position, signing: tools.crypto.signingKeyPair(tools.random.bytes(32)), bornMillis: 0 }, utf8('forged'), ROOM);
  t.is(new Member(position).open(forged.message), null);
  t.is(new Member(position).open(messages[0] as RoomCiphertext, utf8('room/alice/other event')), null);
  t.is(new Member({ ...position, heads: 'other heads' }).open(messages[0] as RoomCiphertext), null);
  t.is(new Member({ ...position, id: new Uint8Array(16) }).open(messages[0] as RoomCiphertext), null);
  t.is(new Member(position).open({ ...(messages[0] as RoomCiphertext), counter: 1 }), null);
  t.is(new Member(position).open(messages[0] as RoomCiphertext), 'message 0');
});

test('a jump over the limit is refused and costs no memory', (t) => {
  const { chains, messages } = sealAll('jump', 60);
  const member = new Member(positionOf(chains[0] as SenderChain));
  t.is(member.open(messages[51] as RoomCiphertext), null);
  t.is(member.skipped.size, 0);
  t.is(member.open(messages[50] as RoomCiphertext), 'message 50');
  t.is(member.skipped.size, 50);
});

test('a chain is renewed when members, its messages or its age say so', (t) => {
  const { chains } = sealAll('renewal', 100);
  const first = chains[0] as SenderChain;
  t.true(needsNewChain(null, { heads: 'heads', millis: 0 }, LIMITS));
  t.false(needsNewChain(first, { heads: 'heads', millis: 999 }, LIMITS));
  t.true(needsNewChain(first, { heads: 'heads', millis: 1_000 }, LIMITS));
  t.true(needsNewChain(first, { heads: 'others', millis: 0 }, LIMITS));
  t.false(needsNewChain(chains[99] as SenderChain, { heads: 'heads', millis: 0 }, LIMITS));
  t.true(needsNewChain(chains[100] as SenderChain, { heads: 'heads', millis: 0 }, LIMITS));
});

test('positions come from others and are looked at', (t) => {
  const position = positionOf(newSenderChain(toolsOf('shape'), 'heads', 0));
  t.is(typeof receivingChain(position), 'object');
  const reason = (value: unknown): string => JSON.stringify(receivingChain(value));
  t.regex(reason({ ...position, chainKey: new Uint8Array(31) }), /chainKey/);
  t.regex(reason({ ...position, counter: -1 }), /counter/);
  t.regex(reason({ ...position, more: 1 }), /unknown field/);
  t.is(typeof receivingChain(null), 'string');
  const kept = primitives.codec.decode(primitives.codec.encode(receivingChain(position)));
  t.deepEqual(kept, receivingChain(position));
});
