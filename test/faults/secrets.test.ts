import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { runtimeFolder } from '../../src/adapters/system/runtime-folder.ts';
import { portOf } from '../../src/adapters/zeromq/addresses.ts';
import { ZeroMqTransport } from '../../src/adapters/zeromq/zeromq-transport.ts';
import { until } from '../helpers/until.ts';
import { befriend, deliver, passwordOf, startNetwork } from './network.ts';
import { tools } from './stranger.ts';

const TEXTS = ['canary-delivered-7f3a', 'canary-waiting-91bc', 'canary-before-logout-44de', 'canary-refused-name'];

/** A secret in the spellings in which it could lie about. */
function spellings(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  // A third of all offsets spell base64 alike; the middle is the same for one of three.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(
      Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .slice(4, -4),
    ),
  );
  return [bytes, Buffer.from(secret, 'utf16le'), Buffer.from(bytes.toString('hex')), ...base64];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
  });
}

function foldersUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(folder, entry.name), ...foldersUnder(join(folder, entry.name))] : [],
  );
}

test('no text and no password lies in clear in any file, log, trace, argument or environment; files and folders are closed to others', async (t) => {
  const network = await startNetwork(t, ['alice', 'bob']);
  const { engine, root } = network;
  await befriend(network, 'alice', 'bob');
  await deliver(network, 'alice', 'bob', TEXTS[0] as string);
  const pids = await Promise.all(['alice', 'bob'].map(async (name) => ((await engine.command(name, 'ping', {})) as { pid: number }).pid));
  await engine.command('bob', 'logout', {});
  await engine.command('alice', 'send', { to: 'bob', text: TEXTS[1] });
  await t.throwsAsync(engine.command('bob', 'login', { password: `wrong ${TEXTS[2]}` }));
  await t.throwsAsync(engine.command('alice', 'send', { to: TEXTS[3], text: TEXTS[3] }));
  await engine.command('bob', 'login', { password: passwordOf('bob') });
  const secrets = [...TEXTS.slice(0, 3), passwordOf('alice'), passwordOf('bob')].flatMap(spellings);
  const places = [
    ...filesUnder(root),
    ...filesUnder(runtimeFolder()),
    ...[process.pid, ...pids].flatMap((pid) => (pid === process.pid ? [] : [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])),
  ];
  const files = places.filter((path) => !path.startsWith('/proc') || process.platform === 'linux');
  t.true(
    files.some((path) => path.endsWith('alice.ndjson')) &&
      files.some((path) => path.endsWith('user.db-wal') || path.endsWith('user.db')) &&
      files.some((path) => path.endsWith('seed.db')),
  );
  for (const path of files) {
    const bytes = readFileSync(path);
    for (const secret of secrets) t.false(bytes.includes(secret), `${secret.toString('latin1')} lies in ${path}`);
  }
  for (const path of filesUnder(root)) t.is(statSync(path).mode & 0o077, 0, path);
  for (const path of [runtimeFolder(), ...foldersUnder(root)]) t.is(statSync(path).mode & 0o077, 0, path);
});

test('between two nodes there is nothing but ciphertext, and what was recorded is of no use when it is played back', async (t) => {
  const canary = tools.crypto.sha256(new TextEncoder().encode('canary on the wire'));
  const [alice, bob] = [1, 2].map(
    (number) => new ZeroMqTransport({ listen: 'tcp://127.0.0.1:0', agreementSeed: new Uint8Array(32).fill(number), crypto: tools.crypto }),
  ) as [ZeroMqTransport, ZeroMqTransport];
  t.teardown(() => Promise.all([alice.stop(), bob.stop()]));
  const heard: Uint8Array[] = [];
  await alice.start({ frame: () => {}, refused: () => {} });
  await bob.start({ frame: (_from, bytes) => void heard.push(bytes), refused: () => {} });
  const recorded: Buffer[] = [];
  const proxy = createServer((socket) => {
    const onward = connect(portOf(bob.endpoint.address), '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
    socket.on('data', (chunk) => recorded.push(Buffer.from(chunk)));
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) t.teardown(() => void end.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void proxy.close());
  const { port } = proxy.address() as { port: number };
  const address = alice.open({ address: `tcp://127.0.0.1:${port}`, key: bob.endpoint.key });
  for (let number = 0; number < 5; number += 1) alice.send(address, canary);
  await until('five frames have come through the proxy', () => heard.length >= 5);
  const wire = Buffer.concat(recorded);
  t.true(wire.length > 5 * canary.length);
  t.false(wire.includes(Buffer.from(canary)));
  t.false(wire.includes(Buffer.from(alice.endpoint.key)), 'not even who speaks');

  const replay = connect(portOf(bob.endpoint.address), '127.0.0.1');
  replay.on('error', () => {});
  t.teardown(() => void replay.destroy());
  replay.write(wire);
  for (let number = 1; number <= 20; number += 1) {
    alice.send(address, canary);
    await until('an honest frame after the replay', () => heard.length >= 5 + number);
  }
  t.is(heard.length, 25, 'none came from what was played back');
});
