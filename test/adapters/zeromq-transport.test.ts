import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { curveKeyPair, Dealer } from 'zeromq';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { isUsableAddress } from '../../src/adapters/zeromq/addresses.ts';
import { toZ85 } from '../../src/adapters/zeromq/keys.ts';
import { ZeroMqTransport } from '../../src/adapters/zeromq/zeromq-transport.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { frameOf, type Inbox, startInbox, type TransportHarness, transportSuite } from '../compliance/transport-suite.ts';
import { until } from '../helpers/until.ts';

const crypto = new NodeCrypto();
const seedOf = (number: number): Uint8Array => crypto.sha256(frameOf(`test seed ${number}`));

function makeHarness(listen: () => string, cleanUp: () => void = () => {}): TransportHarness {
  const made: ZeroMqTransport[] = [];
  return {
    make: (seed) => {
      const transport = new ZeroMqTransport({ listen: listen(), agreementSeed: seedOf(seed), crypto });
      made.push(transport);
      return transport;
    },
    dispose: async () => {
      await Promise.all(made.map((transport) => transport.stop()));
      cleanUp();
    },
  };
}

const overTcp = (): TransportHarness => makeHarness(() => 'tcp://127.0.0.1:0');

transportSuite(test, 'tcp', overTcp);
transportSuite(test, 'ipc', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cz-'));
  let count = 0;
  return makeHarness(
    () => {
      count += 1;
      return `ipc://${folder}/${count}`;
    },
    () => rmSync(folder, { recursive: true, force: true }),
  );
});

function withTcp(title: string, body: (t: ExecutionContext, harness: TransportHarness) => Promise<void>): void {
  test(title, async (t) => {
    const harness = overTcp();
    try {
      await body(t, harness);
    } finally {
      await harness.dispose();
    }
  });
}

/** Somebody with a key of their own and bad manners. */
function hostileDealer(inbox: Inbox, routingId: Uint8Array): Dealer {
  const keys = curveKeyPair();
  const dealer = new Dealer({
    routingId: Buffer.from(routingId) as unknown as string,
    curveServerKey: toZ85(inbox.transport.endpoint.key),
    curvePublicKey: keys.publicKey,
    curveSecretKey: keys.secretKey,
    linger: 0,
  });
  dealer.connect(inbox.transport.endpoint.address);
  return dealer;
}

const someId = (): Uint8Array => new Uint8Array(17).fill(1);

withTcp("another key that claims to be alice is refused, and alice's link goes on", async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const bob = await startInbox(harness.make(2));
  const toBob = alice.transport.open(bob.transport.endpoint);
  const mallory = hostileDealer(bob, someId());
  await mallory.send([alice.transport.endpoint.key, frameOf('I am alice')]);
  await until('the refusal', () => bob.refused.length === 1);
  alice.transport.send(toBob, frameOf('the real one'));
  await until('the frame of alice', () => bob.frames.length === 1);
  await mallory.send([alice.transport.endpoint.key, frameOf('still me')]);
  await until('the second refusal', () => bob.refused.length === 2);
  mallory.close();
  t.deepEqual(
    bob.frames.map(({ text }) => text),
    ['the real one'],
  );
  t.true(bob.refused.every(({ reason }) => reason === 'unproven'));
});

withTcp('an introduction that is none, and messages of another form, are refused', async (t, harness) => {
  const bob = await startInbox(harness.make(2));
  const mallory = hostileDealer(bob, someId());
  await mallory.send([frameOf('short'), frameOf('x')]);
  await mallory.send(frameOf('alone'));
  await mallory.send([bob.transport.endpoint.key, new Uint8Array(32), frameOf('x')]);
  await mallory.send([new Uint8Array(32), frameOf('a key of low order')]);
  await until('four refusals', () => bob.refused.length === 4);
  mallory.close();
  t.deepEqual(
    bob.refused.map(({ reason }) => reason),
    ['unproven', 'malformed', 'malformed', 'unproven'],
  );
  t.deepEqual(bob.frames, []);
});

withTcp('10 MB from a proven peer are refused before anybody decodes them, and the link survives', async (t, harness) => {
  const bob = await startInbox(harness.make(2));
  const rude = new ZeroMqTransport({ listen: 'tcp://127.0.0.1:0', agreementSeed: seedOf(1), crypto, frameBytesMax: 20_000_000, queueBytesMax: 40_000_000 });
  const inbox = await startInbox(rude);
  const toBob = rude.open(bob.transport.endpoint);
  t.true(rude.send(toBob, new Uint8Array(10_000_000)));
  t.true(rude.send(toBob, frameOf('small')));
  await until('the small frame', () => bob.frames.length === 1);
  t.deepEqual(
    bob.refused.map(({ reason }) => reason),
    ['too-large'],
  );
  t.true(rude.send(toBob, new Uint8Array(17_000_000)));
  await until('a frame after the cut', () => {
    rude.send(toBob, frameOf('again'));
    return bob.frames.some(({ text }) => text === 'again');
  });
  await rude.stop();
  t.deepEqual(inbox.refused, []);
});

withTcp('a client without CURVE gets nothing through', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const bob = await startInbox(harness.make(2));
  const plain = new Dealer({ linger: 0 });
  plain.connect(bob.transport.endpoint.address);
  await plain.send([alice.transport.endpoint.key, frameOf('in clear')]);
  alice.transport.send(alice.transport.open(bob.transport.endpoint), frameOf('sealed'));
  await until('the sealed frame', () => bob.frames.length === 1);
  plain.close();
  t.is(bob.frames[0]?.text, 'sealed');
});

withTcp('a frame for the wrong key at a known address never arrives', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const bob = await startInbox(harness.make(2));
  const { publicKey } = crypto.agreementKeyPair(seedOf(99));
  const wrong = alice.transport.open({ address: bob.transport.endpoint.address, key: publicKey });
  alice.transport.send(wrong, frameOf('for somebody else'));
  alice.transport.send(alice.transport.open(bob.transport.endpoint), frameOf('for bob'));
  await until('the frame for bob', () => bob.frames.length === 1);
  t.is(bob.frames[0]?.text, 'for bob');
});

withTcp('addresses and keys that make no sense are refused without a sound', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const { publicKey } = crypto.agreementKeyPair(seedOf(98));
  for (const address of ['', 'tcp://localhost:1', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:99999', 'ipc://relative', `ipc:///${'x'.repeat(200)}`, 'pgm://x'])
    t.false(alice.transport.send(alice.transport.open({ address, key: publicKey }), frameOf('x')), address);
  const lowOrder = alice.transport.open({ address: 'tcp://127.0.0.1:9', key: new Uint8Array(32) });
  t.false(alice.transport.send(lowOrder, frameOf('x')));
  t.true(alice.refused.every(({ reason }) => reason === 'bad-address'));
  t.true(isUsableAddress('tcp://[::1]:80'));
});

withTcp('a taken port is told as such', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const { address } = alice.transport.endpoint;
  const second = new ZeroMqTransport({ listen: address, agreementSeed: seedOf(2), crypto });
  const error = await t.throwsAsync(startInbox(second), { instanceOf: ConfabError });
  t.is((error as ConfabError).code, 'port-taken');
  t.true(address.endsWith(String((error as ConfabError).details['port'])));
  await second.stop();
});

withTcp('a silent restart at the same address is overcome without opening again', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const bob = await startInbox(harness.make(2));
  const toBob = alice.transport.open(bob.transport.endpoint);
  alice.transport.send(toBob, frameOf('one'));
  await until('the first frame', () => bob.frames.length === 1);
  const { address } = bob.transport.endpoint;
  await bob.transport.stop();
  const again = new ZeroMqTransport({ listen: address, agreementSeed: seedOf(2), crypto });
  const inbox = await startInbox(again);
  await until('a frame at the new process', () => {
    alice.transport.send(toBob, frameOf('two'));
    return inbox.frames.length > 0;
  });
  t.deepEqual(again.keyOf(inbox.frames[0]?.from as number), alice.transport.endpoint.key);
  await again.stop();
});

withTcp('handshakes are counted, and strangers beyond the bound are refused while those known go on', async (t, harness) => {
  const small = new ZeroMqTransport({ listen: 'tcp://127.0.0.1:0', agreementSeed: seedOf(5), crypto, peersMax: 1 });
  const inbox = await startInbox(small);
  const alice = await startInbox(harness.make(1));
  const bob = await startInbox(harness.make(2));
  alice.transport.send(alice.transport.open(small.endpoint), frameOf('first come'));
  await until('the frame of alice', () => inbox.frames.length === 1);
  bob.transport.send(bob.transport.open(small.endpoint), frameOf('too late'));
  await until('the refusal of bob', () => inbox.refused.length === 1);
  alice.transport.send(alice.transport.open(small.endpoint), frameOf('again'));
  await until('the second frame of alice', () => inbox.frames.length === 2);
  t.deepEqual(inbox.refused, [{ reason: 'too-many-peers', peer: Buffer.from(bob.transport.endpoint.key).toString('hex') }]);
  t.deepEqual(small.handshakes, { accepted: 2, refused: 0 });
  await small.stop();
});

withTcp('300 peers speak with one inbox and are told apart', async (t, harness) => {
  const hub = await startInbox(harness.make(0));
  const peers = await Promise.all(Array.from({ length: 300 }, (_, index) => startInbox(harness.make(1_000 + index))));
  for (const [index, peer] of peers.entries()) peer.transport.send(peer.transport.open(hub.transport.endpoint), frameOf(`${index}`));
  await until('a frame of each', () => hub.frames.length === 300);
  t.is(new Set(hub.frames.map(({ from }) => from)).size, 300);
  for (const { from, text } of hub.frames) t.deepEqual(hub.transport.keyOf(from), peers[Number(text)]?.transport.endpoint.key);
  for (const peer of peers) hub.transport.send(hub.transport.open(peer.transport.endpoint), frameOf('back'));
  await until('an answer at each', () => peers.every((peer) => peer.frames.length === 1));
});

test('a process that is killed and comes back on another port is reached; one that stops ends by itself', async (t) => {
  const program = fileURLToPath(new URL('./fixtures/echo-node.js', import.meta.url));
  const startEcho = async () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [address, key] = line.toString().trim().split(' ') as [string, string];
    return { child, endpoint: { address, key: new Uint8Array(Buffer.from(key, 'hex')) } };
  };
  const alice = await startInbox(new ZeroMqTransport({ listen: 'tcp://127.0.0.1:0', agreementSeed: seedOf(1), crypto }));
  const first = await startEcho();
  const handle = alice.transport.open(first.endpoint);
  first.child.stdin.write(`${alice.transport.endpoint.address} ${Buffer.from(alice.transport.endpoint.key).toString('hex')}\n`);
  alice.transport.send(handle, frameOf('one'));
  await until('the echo', () => alice.frames.some(({ text }) => text === 'echo one'));
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await startEcho();
  second.child.stdin.write(`${alice.transport.endpoint.address} ${Buffer.from(alice.transport.endpoint.key).toString('hex')}\n`);
  t.is(alice.transport.open(second.endpoint), handle);
  alice.transport.send(handle, frameOf('two'));
  await until('the second echo', () => alice.frames.some(({ text }) => text === 'echo two'));
  t.true(alice.frames.every(({ from }) => from === handle));
  await alice.transport.stop();
  // It still has a link to us, who are gone: it must end all the same.
  second.child.stdin.end();
  const [status] = (await once(second.child, 'exit')) as [number];
  t.is(status, 0);
});

withTcp('throughput, for the eye only', async (t, harness) => {
  const alice = await startInbox(harness.make(1));
  const bobTransport = harness.make(2);
  let received = 0;
  await bobTransport.start({ frame: () => (received += 1), refused: () => {} });
  const toBob = alice.transport.open(bobTransport.endpoint);
  const frame = new Uint8Array(1_024);
  const count = 10_000;
  const before = performance.now();
  for (let sent = 0; sent < count; ) {
    if (alice.transport.send(toBob, frame)) sent += 1;
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await until('all frames', () => received === count);
  t.log(`${Math.round((count * 1_000) / (performance.now() - before))} frames of 1 KiB a second, both ends in this process`);
  t.is(received, count);
});
