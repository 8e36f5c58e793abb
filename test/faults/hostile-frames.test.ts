import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { curveKeyPair, Dealer } from 'zeromq';
import { HttpSeedClient } from '../../src/adapters/seed-http/seed-client.ts';
import { toZ85 } from '../../src/adapters/zeromq/keys.ts';
import { readSeedPointer } from '../../src/control/locate.ts';
import type { NodeInfo } from '../../src/core/commands.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { SignedRecord } from '../../src/core/records.ts';
import { tools } from '../core/tools.ts';
import { until } from '../helpers/until.ts';
import { befriend, deliver, insist, type Network, passwordOf, requireFriend, startNetwork, textsOf } from './network.ts';
import { Stranger } from './stranger.ts';

interface Scene {
  readonly network: Network;
  readonly endpoint: string;
  readonly pid: number;
}

async function victim(t: ExecutionContext): Promise<Scene> {
  const network = await startNetwork(t, ['alice', 'bob']);
  await befriend(network, 'alice', 'bob');
  const { pid } = (await network.engine.command('bob', 'ping', {})) as { pid: number };
  return { network, endpoint: await network.engine.endpointOf('bob'), pid };
}

async function stranger(t: ExecutionContext, { endpoint }: Scene, network = 'faults'): Promise<Stranger> {
  const made = new Stranger(network);
  t.teardown(() => made.stop());
  await made.start(endpoint);
  return made;
}

/** The same process, and it still takes messages. */
async function requireWell(t: ExecutionContext, { network, pid }: Scene, what: string): Promise<void> {
  await deliver(network, 'alice', 'bob', `after ${what}`).catch((error: unknown) => t.fail(`after ${what}: ${String(error)}`));
  t.is(((await network.engine.command('bob', 'ping', {})) as { pid: number }).pid, pid, what);
  await requireFriend(network, 'bob', 'alice');
}

/** Counters of the core and of the driver. */
async function countersOf({ network }: Scene): Promise<Readonly<Record<string, number>>> {
  const info = (await network.engine.command('bob', 'info', {})) as NodeInfo;
  const { counters } = (await network.engine.command('bob', 'ping', {})) as { counters: Record<string, number> };
  return { ...counters, ...info.counters };
}

async function requireCounted(t: ExecutionContext, scene: Scene, counter: string, least: number): Promise<void> {
  await insist(scene.network, async () => {
    const counters = await countersOf(scene);
    if ((counters[counter] ?? 0) < least) throw new Error(`${counter} < ${least} in ${JSON.stringify(counters)}`);
  }).catch((error: unknown) => t.fail(String(error)));
}

test('noise on the port, ZeroMQ without CURVE, with a wrong server key and with an id that proves nothing', async (t) => {
  const scene = await victim(t);
  const { address, key } = parseEndpoint(scene.endpoint) as { address: string; key: Uint8Array };
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  for (let number = 0; number < 20; number += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end(randomBytes(1 + number * 500));
    t.teardown(() => socket.destroy());
  }
  const own = curveKeyPair();
  const curve = { curvePublicKey: own.publicKey, curveSecretKey: own.secretKey };
  const dealers = [
    new Dealer({ linger: 0 }),
    new Dealer({ linger: 0, ...curve, curveServerKey: curveKeyPair().publicKey }),
    new Dealer({ linger: 0, ...curve, curveServerKey: toZ85(key) }),
    new Dealer({ linger: 0, ...curve, curveServerKey: toZ85(key), routingId: 'bob' }),
  ];
  for (const dealer of dealers) {
    t.teardown(() => dealer.close());
    dealer.connect(address);
    for (const parts of [[randomBytes(10)], [randomBytes(32), randomBytes(300)], [randomBytes(32), '', '', ''], ['']]) await dealer.send(parts);
  }
  await requireCounted(t, scene, 'refused', 8);
  await requireWell(t, scene, 'noise');
});

test('connections that are opened and say nothing, or half a greeting, keep nobody out', async (t) => {
  const scene = await victim(t);
  const { address } = parseEndpoint(scene.endpoint) as { address: string };
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  // The first bytes of ZMTP 3: signature, version; then nothing more.
  const greeting = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]);
  let open = 0;
  for (let number = 0; number < 300; number += 1) {
    const socket = connect(port, '127.0.0.1', () => {
      open += 1;
      if (number % 2 === 0) socket.write(greeting.subarray(0, 1 + (number % greeting.length)));
    });
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
  }
  await until('most are open', () => open >= 250);
  await requireWell(t, scene, 'three hundred half-open connections');
  await scene.network.engine.startNode('carol', { peers: [scene.endpoint], seedServer: false });
  await scene.network.engine.command('carol', 'register', { password: passwordOf('carol') });
  await befriend(scene.network, 'carol', 'bob');
  await deliver(scene.network, 'carol', 'bob', 'in spite of them');
  t.true((await textsOf(scene.network, 'bob', 'carol')).includes('in spite of them'));
});

test('frames of random bytes, of 10 MB and of 20 MB from a stranger with valid keys', async (t) => {
  const scene = await victim(t);
  const noisy = await stranger(t, scene);
  for (let number = 0; number < 300; number += 1) noisy.sendBytes(randomBytes(number * 7));
  await noisy.flush();
  await requireWell(t, scene, 'random frames');
  const before = (await countersOf(scene))['refused'] ?? 0;
  noisy.sendBytes(randomBytes(10_000_000));
  await noisy.flush();
  await requireCounted(t, scene, 'refused', before + 1);
  noisy.sendBytes(randomBytes(20_000_000));
  noisy.sendBytes(randomBytes(10));
  await noisy.flush();
  await requireWell(t, scene, 'frames that are too large');
  await noisy.openLink();
  t.true(noisy.framesHeard > 0, 'who comes to their senses is heard');
});

test('frames of another version, network, kind and form, and messages of unknown types', async (t) => {
  const scene = await victim(t);
  const odd = await stranger(t, scene);
  await odd.openLink();
  odd.sendBytes(odd.frame({ version: 99 }, []));
  odd.sendBytes(odd.frame({ network: 'elsewhere' }, []));
  odd.sendBytes(odd.frame({ kind: 17 }, []));
  odd.sendBytes(odd.frame({ logical: Number.MAX_SAFE_INTEGER }, []));
  odd.sendBytes(odd.frame({ run: -1 }, []));
  odd.sendBytes(
    odd.frame(
      {},
      Array.from({ length: 300 }, () => ({ type: 'sync-want', keys: [] })),
    ),
  );
  const messages = [
    { type: 'teleport', where: 'home' },
    7,
    null,
    [],
    { type: '__proto__' },
    { type: 'envelope', envelope: {} },
    { type: 'facts', facts: [{}] },
  ];
  odd.sendBytes(odd.frame({ sequence: 1 }, messages));
  await requireCounted(t, scene, 'dropped:version', 1);
  await requireCounted(t, scene, 'dropped:network', 1);
  await requireCounted(t, scene, 'dropped:unknown-type', 4);
  await requireCounted(t, scene, 'dropped:invalid', 2);
  // The same numbered frame again, and the hello: what was captured and is played back changes nothing.
  odd.sendBytes(odd.frame({ sequence: 1 }, messages));
  await requireCounted(t, scene, 'framesTwice', 1);
  await requireWell(t, scene, 'odd frames');
});

test("a hello with somebody else's record opens no link, and records with a wrong signature are not taken", async (t) => {
  const scene = await victim(t);
  const [liar, forger] = [await stranger(t, scene), await stranger(t, scene)];
  const alices = await recordsAtSeedServer(scene);
  for (const record of alices) liar.sendBytes(liar.helloWith(record));
  await requireCounted(t, scene, 'dropped:invalid', alices.length);
  t.is(liar.framesHeard, 0);
  await forger.openLink();
  const forged = alices.map(({ bytes }) => ({ bytes, signature: randomBytes(64) }));
  const changed = alices.map(({ bytes, signature }) => ({ bytes: bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)), signature }));
  forger.sendBytes(forger.frame({ sequence: 1 }, [{ type: 'records', records: [...forged, ...changed], final: 1 }]));
  await requireCounted(t, scene, 'recordsRefused', forged.length + changed.length);
  await requireWell(t, scene, 'forged records');
});

/** The records of alice and her node, as anybody can get them. */
async function recordsAtSeedServer({ network }: Scene): Promise<readonly SignedRecord[]> {
  const pointer = await readSeedPointer(network.root);
  const client = new HttpSeedClient({ crypto: tools.crypto, url: pointer?.url ?? '' });
  return await insist(network, async () => {
    const result = await client.call('user', { name: 'alice' });
    if (!result.ok) throw new Error(result.code);
    const { records } = result.value as { records: readonly SignedRecord[] };
    if (records.length < 2) throw new Error('alice is not there yet');
    return records;
  });
}
