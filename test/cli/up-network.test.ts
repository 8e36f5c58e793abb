import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { UpNetwork } from '../../src/cli/up/network.ts';
import { isAlive, nodesFolder, readNodePointer, readSeedPointer } from '../../src/control/locate.ts';
import { DEADLINE_MILLIS } from '../helpers/until.ts';

/** Nodes of other tests on this machine are not met by beacons. */
process.env['CONFAB_NETWORK'] = `test-${randomUUID()}`;

const MAIN_PATH = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

async function makeNetwork(t: { teardown(act: () => Promise<void>): void }, options: { readonly port?: number; readonly root?: string } = {}) {
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'confab-test-')));
  const progress: string[][] = [];
  let endedOutside = 0;
  const network = new UpNetwork({
    root,
    users: ['alice', 'bob'],
    port: options.port ?? 0,
    mainPath: MAIN_PATH,
    progress: (upNow) => void progress.push([...upNow]),
    endedOutside: () => {
      endedOutside += 1;
    },
  });
  t.teardown(async () => {
    await network.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  });
  return { root, network, progress, endings: () => endedOutside };
}

async function pidOf(network: UpNetwork, user: string): Promise<number> {
  const client = await network.attachOrStart(user);
  const { pid } = (await client.call('ping')) as { pid: number };
  client.close();
  return pid;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const endMillis = performance.now() + DEADLINE_MILLIS;
  while (performance.now() < endMillis) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

test('a network comes up once in a folder, restarts what was killed, and leaves nothing behind', async (t) => {
  const { root, network, progress } = await makeNetwork(t);
  await network.start();
  t.deepEqual(progress.at(-1)?.toSorted(), ['alice', 'bob', 'seed server']);
  t.is(progress[0]?.[0], 'seed server');

  const second = await makeNetwork(t, { root });
  await t.throwsAsync(second.network.start(), { message: new RegExp(`is in use by process ${process.pid}`) });

  const alice = await pidOf(network, 'alice');
  process.kill(alice, 'SIGKILL');
  t.true(await until(() => !isAlive(alice)));
  const again = await pidOf(network, 'alice');
  t.not(again, alice);

  const seed = await readSeedPointer(root);
  const bob = await pidOf(network, 'bob');
  await network.stop();
  for (const pid of [again, bob, seed?.pid ?? 0]) t.true(await until(() => !isAlive(pid)));
});

test('a network that is ended while it starts opens nothing afterwards', async (t) => {
  const { root, network, progress } = await makeNetwork(t);
  const started = network.start();
  t.true(await until(() => progress.length > 0));
  const seed = await readSeedPointer(root);
  await network.stop();
  await started.catch(() => {});
  t.true(await until(() => seed === null || !isAlive(seed.pid)));
  t.is(await readNodePointer(join(nodesFolder(root), '.keeper')), null);
});

test('when everything was ended in order from elsewhere, it is told', async (t) => {
  const { root, network, endings } = await makeNetwork(t);
  await network.start();
  for (const user of ['alice', 'bob']) {
    const client = await network.attach(user);
    await client.call('stop').catch(() => {});
    client.close();
  }
  t.is(endings(), 0);
  process.kill((await readSeedPointer(root))?.pid ?? 0, 'SIGTERM');
  t.true(await until(() => endings() > 0));
});

test('a port of somebody else is refused with a sentence', async (t) => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  const { port } = server.address() as { port: number };
  const { network } = await makeNetwork(t, { port });
  await t.throwsAsync(network.start(), { message: `Port ${port} is taken by another program.` });
});
