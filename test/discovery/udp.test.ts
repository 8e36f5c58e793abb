import { createSocket } from 'node:dgram';
import test, { type ExecutionContext } from 'ava';
import { broadcastAddressOf, withHostBits } from '../../src/adapters/beacon/interfaces.ts';
import { UdpDatagrams } from '../../src/adapters/beacon/udp-datagrams.ts';
import { until } from '../helpers/until.ts';

interface Opened {
  readonly datagrams: UdpDatagrams;
  readonly heard: Array<readonly [from: string, text: string]>;
  readonly notes: string[];
}

async function open(t: ExecutionContext, port: number, shared = true): Promise<Opened> {
  const datagrams = new UdpDatagrams({ interfaceAddress: '127.0.0.1', shared, port });
  const heard: Array<readonly [string, string]> = [];
  const notes: string[] = [];
  await datagrams.start({
    datagram: (from, bytes) => heard.push([from, new TextDecoder().decode(bytes)]),
    noted: (level, text) => notes.push(`${level} ${text}`),
  });
  t.teardown(() => datagrams.stop());
  return { datagrams, heard, notes };
}

/** A port that nobody has at this moment. */
function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

test('what is sent to whoever listens reaches all but the sender, and only those who listen', async (t) => {
  const port = await freePort();
  const [alice, bob, carol, mute] = [await open(t, port), await open(t, port), await open(t, port), await open(t, port, false)];
  await until('a way was chosen', () => alice.datagrams.way !== 'both');
  t.regex(alice.notes[0] ?? '', /^info nodes nearby are reached by (multicast|broadcast) to /);
  alice.datagrams.send('broadcast', new TextEncoder().encode('here I am'));
  await until('both have heard it', () => bob.heard.length > 0 && carol.heard.length > 0);
  t.deepEqual(bob.heard, [[alice.datagrams.address as string, 'here I am']]);
  mute.datagrams.send('broadcast', new TextEncoder().encode('unheard'));
  bob.datagrams.send({ address: mute.datagrams.address as string }, new TextEncoder().encode('to you alone'));
  await until('it has come', () => mute.heard.length > 0);
  t.deepEqual(mute.heard, [[bob.datagrams.address as string, 'to you alone']]);
  t.is(carol.heard.length, 1);
  t.is(alice.heard.length, 0);
});

test('addresses that are none and packets that are too large are lost without a word', async (t) => {
  const port = await freePort();
  const [alice, bob] = [await open(t, port, false), await open(t, port, false)];
  for (const address of ['', 'udp://sim:4', 'udp://999.1.1.1:5', 'udp://127.0.0.1:0', 'udp://127.0.0.1:99999', 'tcp://127.0.0.1:5']) {
    alice.datagrams.send({ address }, new Uint8Array(10));
  }
  alice.datagrams.send({ address: bob.datagrams.address as string }, new Uint8Array(70_000));
  alice.datagrams.send({ address: bob.datagrams.address as string }, new Uint8Array(1_500));
  alice.datagrams.send({ address: bob.datagrams.address as string }, new TextEncoder().encode('small'));
  await until('the small one has come', () => bob.heard.length > 0);
  t.deepEqual(
    bob.heard.map(([, text]) => text),
    ['small'],
  );
});

test('what is sent just before the end still leaves, and stopping twice is fine', async (t) => {
  const port = await freePort();
  const [alice, bob] = [await open(t, port, false), await open(t, port, false)];
  alice.datagrams.send({ address: bob.datagrams.address as string }, new TextEncoder().encode('farewell'));
  await Promise.all([alice.datagrams.stop(), alice.datagrams.stop()]);
  await until('it has come', () => bob.heard.length > 0);
  t.is(bob.heard[0]?.[1], 'farewell');
});

test('an interface that is none leaves the node without datagrams, and says so', async (t) => {
  const datagrams = new UdpDatagrams({ interfaceAddress: '203.0.113.77', shared: true });
  const notes: string[] = [];
  await datagrams.start({ datagram: () => {}, noted: (level, text) => notes.push(`${level} ${text}`) });
  t.is(datagrams.address, null);
  t.regex(notes[0] ?? '', /^warn no datagrams at 203\.0\.113\.77: /);
  datagrams.send('broadcast', new Uint8Array(3));
  await datagrams.stop();
});

test('broadcast addresses', (t) => {
  t.is(withHostBits('192.168.1.5', '255.255.255.0'), '192.168.1.255');
  t.is(withHostBits('10.1.2.3', '255.240.0.0'), '10.15.255.255');
  t.is(broadcastAddressOf('127.0.0.1'), '127.255.255.255');
  t.is(broadcastAddressOf('203.0.113.77'), null);
  t.is(broadcastAddressOf('localhost'), null);
});
