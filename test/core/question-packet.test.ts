import test from 'ava';
import fc from 'fast-check';
import { networkMark } from '../../src/core/discovery/beacon.ts';
import { DATAGRAM_BYTES_MAX } from '../../src/core/env.ts';
import {
  fitsUnlinked,
  type QuestionPacket,
  questionProvesItself,
  readQuestion,
  type UnlinkedAnswer,
  type UnlinkedAsk,
  UnwrittenQuestion,
} from '../../src/core/link/question-packet.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { NodeId } from '../../src/core/types.ts';
import { tools } from './tools.ts';

const key = tools.crypto.signingKeyPair(new Uint8Array(32).fill(5));
const network = networkMark(tools.crypto, 'test');
const HEADER_AND_SIGNATURE_BYTES = 146;

const bytesOf = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
const hexId = bytesOf(32).map((each) => Buffer.from(each).toString('hex') as NodeId);
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const contact: fc.Arbitrary<Contact> = fc
  .record({ id: hexId, endpoint: fc.record({ address: fc.constantFrom('sim:12345', 'tcp://127.0.0.1:65535'), key: bytesOf(32) }), name })
  .chain((each) => fc.constantFrom<Contact>(each, { ...each, datagram: 'udp://127.0.0.1:65535' }));
const contacts = fc.array(contact, { maxLength: 4 });
const value = fc.record({ kind: fc.constantFrom('user', 'prekeys'), bytes: bytesOf(1, 900) });
const id = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const ask: fc.Arbitrary<UnlinkedAsk> = fc.oneof(
  fc.record({ type: fc.constant('ring-ask' as const), id, question: fc.record({ ask: fc.constant('ping' as const) }) }),
  fc.record({
    type: fc.constant('ring-ask' as const),
    id,
    question: fc.record({ ask: fc.constant('next' as const), key: hexId, avoid: fc.array(hexId, { maxLength: 6 }) }),
  }),
  fc.record({ type: fc.constant('replica-ask' as const), id, question: fc.record({ ask: fc.constant('put' as const), value }) }),
  fc.record({
    type: fc.constant('replica-ask' as const),
    id,
    question: fc.record({ ask: fc.constant('read' as const), key: hexId, kind: fc.constant('presence'), after: fc.option(hexId), live: fc.boolean() }),
  }),
);
const answer: fc.Arbitrary<UnlinkedAnswer> = fc.oneof(
  fc.record({ type: fc.constant('ring-answer' as const), id, answer: fc.record({ answer: fc.constantFrom('busy' as const, 'outside' as const) }) }),
  fc.record({ type: fc.constant('ring-answer' as const), id, answer: fc.record({ answer: fc.constant('alive' as const), predecessor: fc.option(contact) }) }),
  fc.record({
    type: fc.constant('ring-answer' as const),
    id,
    answer: fc.record({
      answer: fc.constant('next' as const),
      done: fc.boolean(),
      contacts,
      why: fc.constantFrom('owner' as const, 'successor' as const, 'finger' as const, 'member-list' as const),
    }),
  }),
  fc.record({
    type: fc.constant('replica-answer' as const),
    id,
    answer: fc.record({
      answer: fc.constant('put' as const),
      taken: fc.oneof(
        fc.record({ result: fc.constantFrom('held' as const, 'newer' as const) }),
        fc.record({ result: fc.constant('refused' as const), reason: fc.string({ unit: 'grapheme', maxLength: 50 }) }),
      ),
      owner: fc.boolean(),
    }),
  }),
  fc.record({
    type: fc.constant('replica-answer' as const),
    id,
    answer: fc.record({
      answer: fc.constant('page' as const),
      page: fc.record({ values: fc.array(value, { maxLength: 3 }), hash: hexId }),
      more: fc.option(hexId),
    }),
  }),
);
const packet: fc.Arbitrary<QuestionPacket> = fc
  .oneof(
    ask.map((message) => ({ kind: 'ask' as const, message })),
    answer.map((message) => ({ kind: 'answer' as const, message })),
    fc.constant({ kind: 'by-link' as const, message: null }),
  )
  .chain((said) => fc.record({ ...mapped(said), senderKey: fc.constant(key.publicKey), target: hexId, number: fc.integer({ min: 0, max: 2 ** 48 - 1 }) }));

function mapped<Said extends Pick<QuestionPacket, 'kind' | 'message'>>({ kind, message }: Said) {
  return { kind: fc.constant(kind), message: fc.constant(message) };
}

const written = (each: QuestionPacket): UnwrittenQuestion => new UnwrittenQuestion(tools, key, network, each);

test('questions and answers come back as they were, are never larger than was reckoned, and prove themselves', (t) => {
  let fitting = 0;
  fc.assert(
    fc.property(packet, (each) => {
      const unwritten = written(each);
      const bytes = unwritten.write();
      t.deepEqual(unwritten.unsigned(), bytes.subarray(0, -64), 'all but the signature');
      t.true(bytes.length <= unwritten.length, `${bytes.length} bytes where ${unwritten.length} were reckoned`);
      if (each.kind === 'ask') t.true(bytes.length * 3 >= DATAGRAM_BYTES_MAX, `an answer can be more than three times as long as ${bytes.length} bytes`);
      const fits = each.message === null || fitsUnlinked(each.message);
      t.is(fits, unwritten.length <= DATAGRAM_BYTES_MAX);
      t.deepEqual(readQuestion(tools.codec, network, unwritten), each);
      t.is(readQuestion(tools.codec, networkMark(tools.crypto, 'other'), unwritten), 'foreign');
      if (!fits) return;
      fitting += 1;
      t.deepEqual(readQuestion(tools.codec, network, bytes), each, 'the bytes say what the object says');
      t.true(questionProvesItself(tools.crypto, each, bytes));
    }),
    { seed: 11, numRuns: 200 },
  );
  t.true(fitting > 100, `${fitting} of 200 fit`);
});

test('an owner and the three after it fit into one packet, with the longest addresses of a laptop', (t) => {
  const [one] = fc.sample(contact, { seed: 3, numRuns: 1 });
  const long = {
    ...(one as Contact),
    name: 'user10000@desk',
    endpoint: { address: 'tcp://127.0.0.1:65535', key: new Uint8Array(32) },
    datagram: 'udp://127.0.0.1:65535',
  };
  t.true(fitsUnlinked({ type: 'ring-answer', id: 2 ** 48 - 1, answer: { answer: 'next', done: true, contacts: [long, long, long, long], why: 'successor' } }));
});

test('nobody answers a question that an answer could be more than three times as long as', (t) => {
  const ping = { type: 'ring-ask' as const, id: 1, question: { ask: 'ping' as const } };
  const bytes = written({ kind: 'ask', senderKey: key.publicKey, target: 'ab'.repeat(32), number: 77, message: ping }).write();
  t.is(typeof readQuestion(tools.codec, network, bytes), 'object');
  t.is(bytes[82], 0, 'short ones are filled up');
  t.is(readQuestion(tools.codec, network, new Uint8Array([...bytes.subarray(0, 82), ...bytes.subarray(83)])), 'malformed');
  const filled = new Uint8Array([...bytes.subarray(0, 82), ...new Uint8Array(DATAGRAM_BYTES_MAX)]).subarray(0, DATAGRAM_BYTES_MAX);
  t.is(readQuestion(tools.codec, network, filled), 'malformed', 'nothing but zeros');
});

test('a flipped bit costs a packet its effect; torn, random and mixed-up ones are refused without throwing', (t) => {
  const [message] = fc.sample(ask, { seed: 7, numRuns: 1 });
  const bytes = written({ kind: 'ask', senderKey: key.publicKey, target: 'ab'.repeat(32), number: 77, message: message as UnlinkedAsk }).write();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
      const broken = bytes.slice();
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      const read = readQuestion(tools.codec, network, broken);
      return typeof read === 'string' || !questionProvesItself(tools.crypto, read, broken);
    }),
    { seed: 1, numRuns: 200 },
  );
  for (let length = 0; length < bytes.length; length += 5) t.is(typeof readQuestion(tools.codec, network, bytes.slice(0, length)), 'string');
  fc.assert(
    fc.property(bytesOf(HEADER_AND_SIGNATURE_BYTES, 500), (any) => {
      any.set(bytes.subarray(0, 12));
      readQuestion(tools.codec, network, any);
    }),
    { seed: 2 },
  );
  t.is(readQuestion(tools.codec, network, bytes.with(2, 9)), 'version');
  t.is(readQuestion(tools.codec, network, bytes.with(3, 1)), 'malformed', 'a question that says to be an answer');
  t.is(readQuestion(tools.codec, network, bytes.with(3, 2)), 'malformed', 'by-link says nothing else');
});
