import test from 'ava';
import { openEnvelope } from '../../src/core/chat/envelope.ts';
import { readHello } from '../../src/core/link/hello.ts';
import { type Envelope, envelopeShape, misfitOfFrame, misfitOfMessage } from '../../src/core/messages.ts';
import { type SignedRecord, verifyRecord } from '../../src/core/records.ts';
import { unpad } from '../../src/core/secure/padding.ts';
import { newSenderChain, openFromRoom, positionOf, receivingChain, roomCiphertextShape, sealForRoom } from '../../src/core/secure/sender-key.ts';
import { misfit } from '../../src/core/shape.ts';
import { looksLikePacket } from '../../src/core/swim/wire.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { nodeRecord, somebody, tools, userRecord } from '../core/tools.ts';
import { decoded, fuzz, ROUNDS, SEED } from './mutations.ts';
import { Person, Town } from './people.ts';

const town = new Town();
const alice = new Person('alice', town);
const bob = new Person('bob', town);
bob.open(alice, alice.seal(bob, 'an introduction'));

test('frames: whatever comes is judged without a throw, and so is each message in it', (t) => {
  const envelope = alice.seal(bob, 'fuzz');
  const message = { type: 'envelope', envelope };
  const hello = { type: 'hello', node: nodeRecord(somebody('carol')).signed, session: null };
  const frame = { version: 1, network: 'n', kind: 'data', run: 1, toRun: 2, sequence: 1, acknowledged: 0, logical: 1, count: 1, messages: [message, hello] };
  const outcome = fuzz(tools.codec.encode(frame), (bytes) => {
    const value = decoded(bytes);
    if (misfitOfFrame(value, 256) !== null) return false;
    return (value as typeof frame).messages.every((each) => misfitOfMessage(each) === null);
  });
  t.true(outcome.taken >= 0, outcome.message);
  t.true(outcome.taken > 0, 'some changes leave a well-formed frame: the judgement is not simply no');
});

test('envelopes: none that was changed opens, and the store stays as it was', (t) => {
  const envelope = alice.seal(bob, 'fuzz');
  const before = bob.rows();
  const whole = tools.codec.encode(envelope);
  let well = 0;
  const outcome = fuzz(whole, (bytes) => {
    if (Buffer.compare(bytes, whole) === 0) return false;
    const value = decoded(bytes);
    if (misfit(envelopeShape, value) !== null) return false;
    well += 1;
    town.wallMillis += 1;
    const opened = openEnvelope(bob.parts, alice.record, value as Envelope);
    return typeof opened !== 'string';
  });
  bob.channels.endTurn();
  t.is(outcome.taken, 0, outcome.message);
  t.true(well > 0);
  t.is(bob.rows(), before);
});

test('room messages and chains: none that was changed opens', (t) => {
  const random = new SeededRandom('chain');
  const sender = newSenderChain({ crypto: tools.crypto, random }, 'heads', 0);
  const associated = new Uint8Array(8);
  const { message } = sealForRoom({ crypto: tools.crypto, random }, sender, new Uint8Array(40), associated);
  const chain = receivingChain(positionOf(sender));
  if (typeof chain === 'string') return t.fail(chain);
  const whole = tools.codec.encode(message);
  const outcome = fuzz(whole, (bytes) => {
    const value = decoded(bytes);
    if (Buffer.compare(bytes, whole) === 0 || misfit(roomCiphertextShape, value) !== null) return false;
    return typeof openFromRoom(tools.crypto, chain, value as typeof message, associated, () => undefined, { skipMax: 100 }) !== 'string';
  });
  t.is(outcome.taken, 0, outcome.message);
  const positions = fuzz(tools.codec.encode(positionOf(sender)), (bytes) => typeof receivingChain(decoded(bytes)) !== 'string');
  t.true(positions.taken >= 0, positions.message);
});

test('records and hellos: nobody can change a signed word', (t) => {
  for (const signed of [
    userRecord(somebody('carol')).signed,
    nodeRecord(somebody('carol')).signed,
    (town.prekeys.get(bob.id) as { signed: SignedRecord }).signed,
  ]) {
    const outcome = fuzz(
      signed.bytes,
      (bytes) => Buffer.compare(bytes, signed.bytes) !== 0 && typeof verifyRecord(tools, { bytes, signature: signed.signature }) !== 'string',
    );
    t.is(outcome.taken, 0, outcome.message);
  }
  const node = nodeRecord(somebody('carol'));
  const hello = tools.codec.encode({ type: 'hello', node: node.signed, session: null });
  const outcome = fuzz(hello, (bytes) => Buffer.compare(bytes, hello) !== 0 && typeof readHello(tools, node.body.agreementKey, decoded(bytes)) !== 'string');
  t.true(outcome.taken >= 0, outcome.message);
});

test('padding and packets: any bytes are judged without a throw', (t) => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = random.bytes(Math.floor(random.fraction() * 80));
    const content = unpad(bytes);
    t.true(content === null || content.length < bytes.length);
    t.is(typeof looksLikePacket(bytes), 'boolean');
  }
});
