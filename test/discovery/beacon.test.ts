import test from 'ava';
import fc from 'fast-check';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { datagramAddressIn, portOfTransport, transportBeside } from '../../src/core/discovery/addresses.ts';
import { BEACON_BYTES, type Beacon, encodeBeacon, networkMark, provesItself, readBeacon } from '../../src/core/discovery/beacon.ts';
import { SourceBudget } from '../../src/core/discovery/budget.ts';
import { DATAGRAM_BYTES_MAX } from '../../src/core/env.ts';

const crypto = new NodeCrypto();
const key = crypto.signingKeyPair(new Uint8Array(32).fill(7));
const network = networkMark(crypto, 'test');
const beacon: Beacon = { nodeKey: key.publicKey, agreementKey: new Uint8Array(32).fill(9), port: 40_123, run: 2 ** 47 + 5, stamp: 1_750_000_000_001 };
const bytes = encodeBeacon(crypto, key, network, beacon);

test('a beacon says what was put into it, is small and proves itself', (t) => {
  t.is(bytes.length, BEACON_BYTES);
  t.true(bytes.length < DATAGRAM_BYTES_MAX);
  t.deepEqual(readBeacon(network, bytes), beacon);
  t.true(provesItself(crypto, beacon, bytes));
});

test('any number of ports, runs and stamps survives', (t) => {
  const numbers = fc.record({ port: fc.integer({ min: 0, max: 2 ** 32 - 1 }), run: fc.maxSafeNat(), stamp: fc.maxSafeNat() });
  fc.assert(
    fc.property(numbers, ({ port, run, stamp }) => {
      const each = { ...beacon, port, run: run % 2 ** 48, stamp: stamp % 2 ** 48 };
      t.deepEqual(readBeacon(network, encodeBeacon(crypto, key, network, each)), each);
    }),
    { numRuns: 100 },
  );
});

test('a flipped bit anywhere costs the beacon its effect', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: BEACON_BYTES * 8 - 1 }), (bit) => {
      const broken = bytes.slice();
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      const read = readBeacon(network, broken);
      t.true(typeof read === 'string' || !provesItself(crypto, read, broken), `bit ${bit}`);
    }),
    { numRuns: 300 },
  );
});

test('whatever arrives, reading does not throw, and what is foreign, of another version or torn is told apart', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => typeof readBeacon(network, any) === 'string'));
  t.is(readBeacon(networkMark(crypto, 'another'), bytes), 'foreign');
  t.is(readBeacon(network, bytes.with(2, 9)), 'version');
  t.is(readBeacon(network, bytes.slice(0, 100)), 'malformed');
  t.is(readBeacon(network, new Uint8Array(0)), 'malformed');
});

test('where a node is reached follows from whence its beacon came', (t) => {
  t.is(transportBeside('udp://192.168.1.5:50000', 40_123), 'tcp://192.168.1.5:40123');
  t.is(transportBeside('udp://sim:4', 70_000), 'sim:70000');
  t.is(transportBeside('udp://127.0.0.1:1', 70_000), null);
  t.is(transportBeside('udp://example.org:1', 5), null);
  t.is(portOfTransport('tcp://127.0.0.1:5'), 5);
  t.is(portOfTransport('ipc:///tmp/x:5'), null);
  t.is(datagramAddressIn(['tcp://127.0.0.1:5', 'udp://127.0.0.1:6']), 'udp://127.0.0.1:6');
  t.is(datagramAddressIn(['tcp://127.0.0.1:5', 'udp://127.0.0.1:6/x', 'udp://host:6']), null);
});

test('a budget holds for each source and for all of them, and is whole again a second later', (t) => {
  const budget = new SourceBudget({ perSecond: 5, perSourceAndSecond: 2 });
  const taken = (source: string, now: number) => [1, 2, 3].filter(() => budget.take(source, now)).length;
  t.deepEqual([taken('a', 0), taken('b', 10), taken('c', 20), taken('d', 30)], [2, 2, 1, 0]);
  t.is(taken('a', 1_000), 2);
});
