import test from 'ava';
import fc from 'fast-check';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { networkMark } from '../../src/core/discovery/beacon.ts';
import { DATAGRAM_BYTES_MAX } from '../../src/core/env.ts';
import { Gossip } from '../../src/core/swim/gossip.ts';
import { deadlineOf, type Member, Members, overrides, type Suspicion } from '../../src/core/swim/members.ts';
import {
  encodePacket,
  type MemberState,
  type Packet,
  packetProvesItself,
  readPacket,
  roomFor,
  UnwrittenPacket,
  type Update,
  updateBytes,
} from '../../src/core/swim/wire.ts';
import type { NodeId } from '../../src/core/types.ts';

const crypto = new NodeCrypto();
const key = crypto.signingKeyPair(new Uint8Array(32).fill(3));
const network = networkMark(crypto, 'test');
const ID = 'ab'.repeat(32);

const address = fc.oneof(fc.constant('udp://sim:17'), fc.constant('udp://127.0.0.1:65535'));
const hexOf = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => Buffer.from(each).toString('hex'));
const update: fc.Arbitrary<Update> = fc.record({
  id: hexOf(32),
  state: fc.constantFrom<MemberState>('alive', 'suspect', 'dead', 'left'),
  incarnation: fc.nat().map((each) => each * 60_000),
  accuser: fc.oneof(fc.constant(''), fc.constant('00ff00ff')),
  address,
});
const packet: fc.Arbitrary<Packet> = fc.record({
  kind: fc.constantFrom('ping', 'ack', 'nack'),
  senderKey: fc.constant(key.publicKey),
  incarnation: fc.nat(),
  stamp: fc.nat().map((each) => each * 100_000),
  sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  target: hexOf(32),
  address,
  targetAddress: fc.constant(''),
  updates: fc.array(update, { maxLength: 10 }),
});

test('packets come back as they were, within their bound, and prove themselves', (t) => {
  fc.assert(
    fc.property(packet, (each) => {
      const bytes = encodePacket(crypto, key, network, each);
      t.true(bytes.length <= DATAGRAM_BYTES_MAX);
      t.deepEqual(readPacket(network, bytes), each);
      t.true(packetProvesItself(crypto, each, bytes.slice()));
      const unwritten = new UnwrittenPacket(crypto, key, network, each);
      t.is(unwritten.length, bytes.length);
      t.deepEqual(unwritten.write(), bytes);
      t.deepEqual(unwritten.unsigned(), bytes.subarray(0, -64), 'all but the signature');
      t.deepEqual(readPacket(network, unwritten), readPacket(network, unwritten.write()), 'the object says what its bytes say');
      t.is(readPacket(networkMark(crypto, 'other'), unwritten), 'foreign');
    }),
    { numRuns: 50 },
  );
  const request = { kind: 'request' as const, senderKey: key.publicKey, incarnation: 1, stamp: 2, sequence: 3, target: ID, updates: [] };
  const whole = { ...request, address: 'udp://sim:1', targetAddress: 'udp://sim:2' };
  t.deepEqual(readPacket(network, encodePacket(crypto, key, network, whole)), whole);
});

test('a flipped bit costs a packet its effect; torn and random ones are refused without throwing', (t) => {
  const bytes = encodePacket(crypto, key, network, { ...fc.sample(packet, { numRuns: 1, seed: 5 })[0], kind: 'ping' } as Packet);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
      const broken = bytes.slice();
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      const read = readPacket(network, broken);
      return typeof read === 'string' || !packetProvesItself(crypto, read, broken);
    }),
    { numRuns: 300 },
  );
  for (let length = 0; length < bytes.length; length += 7) t.is(typeof readPacket(network, bytes.slice(0, length)), 'string');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (any) => typeof readPacket(network, any) === 'string'));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 160, maxLength: 400 }), (any) => {
      any.set(bytes.subarray(0, 12));
      readPacket(network, any);
    }),
  );
  t.is(readPacket(networkMark(crypto, 'other'), bytes), 'foreign');
  t.is(readPacket(network, bytes.with(2, 7)), 'version');
});

test('a higher incarnation wins, at equal ones the worse news', (t) => {
  const members = new Members(4, () => 0);
  const member = members.add(ID as NodeId, 'udp://sim:1') as Member;
  const said = (state: MemberState, incarnation: number) => overrides({ id: ID, state, incarnation, accuser: '', address: 'udp://sim:1' }, member);
  member.incarnation = 5;
  t.deepEqual([said('alive', 5), said('suspect', 4), said('suspect', 5), said('dead', 5), said('alive', 6)], [false, false, true, true, true]);
  members.setState(member, 'dead', 1);
  t.deepEqual([said('suspect', 5), said('left', 5), said('alive', 5), said('alive', 6)], [false, false, false, true]);
});

test('a full table forgets the dead first, and stays within its bound', (t) => {
  const members = new Members(3, () => 0.5);
  const idOf = (index: number) => index.toString(16).padStart(64, '0') as NodeId;
  for (const index of [1, 2, 3]) members.add(idOf(index), 'udp://sim:1');
  members.setState(members.get(idOf(2)) as never, 'dead', 1);
  members.add(idOf(4), 'udp://sim:1');
  t.is(members.get(idOf(2)), undefined);
  t.is(members.add(idOf(5), 'udp://sim:1'), null);
  t.is(members.size, 3);
  t.is(members.presentCount, 3);
});

test('a suspicion shrinks with independent confirmations, never below its least', (t) => {
  const suspicion: Suspicion = { startMillis: 1_000, lastCallDone: false, accusers: new Set(['a']), enough: 2, leastMillis: 2_000, mostMillis: 12_000 };
  const ends = [deadlineOf(suspicion)];
  for (const accuser of ['b', 'c', 'd']) {
    suspicion.accusers.add(accuser);
    ends.push(deadlineOf(suspicion));
  }
  t.is(ends[0], 13_000);
  t.true((ends[1] as number) < 13_000 && (ends[1] as number) > 3_000);
  t.deepEqual(ends.slice(2).map(Math.round), [3_000, 3_000]);
  t.is(deadlineOf({ ...suspicion, accusers: new Set(['a']), enough: 0 }), 3_000, 'where nobody can confirm, one voice is enough');
});

test('rumours are told so many times, the least told first, as many as there is room for', (t) => {
  const gossip = new Gossip();
  const rumour = (id: number): Update => ({ id: String(id).padStart(64, '0'), state: 'alive', incarnation: 1, accuser: '', address: 'udp://sim:1' });
  for (let id = 0; id < 4; id += 1) gossip.tell(rumour(id));
  const roomBytes = updateBytes(rumour(0)) * 2;
  const take = () => gossip.take({ roomBytes, timesMax: 2, first: null }).map((each) => Number(each.id));
  t.deepEqual([take(), take(), take(), take(), take()], [[0, 1], [2, 3], [0, 1], [2, 3], []]);
  gossip.tell(rumour(9));
  t.deepEqual(
    gossip.take({ roomBytes, timesMax: 2, first: rumour(7) }).map((each) => Number(each.id)),
    [7, 9],
  );
  t.true(roomFor('udp://127.0.0.1:65535', 'udp://127.0.0.1:65535') > 12 * updateBytes(rumour(0)));
});
