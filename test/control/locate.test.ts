import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { attachNode, listNodes, nodeFolder, readNodePointer, readSeedPointer, removePointer, seedFolder, writePointer } from '../../src/control/locate.ts';
import { startControlServer } from '../../src/control/server.ts';
import { ConfabError } from '../../src/core/errors.ts';

/** Larger than any process id that systems give out. */
const NOBODY = 2 ** 30;

async function makeRoot(t: ExecutionContext, ...nodes: string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'cf-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const node of nodes) await mkdir(nodeFolder(root, node), { recursive: true });
  return root;
}

const pointer = (socket: string, pid = process.pid) => ({ socket, pid, endpoint: 'tcp://127.0.0.1:1#x', run: 1, startedMillis: 1 });

test('a root without nodes has none', async (t) => {
  t.deepEqual(await listNodes(await makeRoot(t)), []);
});

test('running, silent, stale and stopped are told apart; other folders are no nodes', async (t) => {
  const root = await makeRoot(t, 'running', 'silent', 'stale', 'stopped', 'damaged', 'impostor', 'Not A Name');
  const servers = await Promise.all(
    [process.pid, NOBODY].map((pid, index) => startControlServer({ socketPath: join(root, `s${index}`), handle: async () => ({ ok: true, value: { pid } }) })),
  );
  t.teardown(() => Promise.all(servers.map((server) => server.stop())));
  await writePointer(nodeFolder(root, 'running'), pointer(join(root, 's0')));
  await writePointer(nodeFolder(root, 'impostor'), pointer(join(root, 's1')));
  await writePointer(nodeFolder(root, 'silent'), pointer(join(root, 'nothing')));
  await writePointer(nodeFolder(root, 'stale'), pointer(join(root, 'nothing'), NOBODY));
  await writeFile(join(nodeFolder(root, 'damaged'), 'control.json'), '{"socket":');
  const states = Object.fromEntries((await listNodes(root)).map(({ node, state }) => [node, state]));
  t.deepEqual(states, { damaged: 'stopped', impostor: 'silent', running: 'running', silent: 'silent', stale: 'stale', stopped: 'stopped' });
  t.is((await t.throwsAsync(attachNode(root, 'stale'), { instanceOf: ConfabError }))?.code, 'no-node');
  t.is((await t.throwsAsync(attachNode(root, 'silent'), { instanceOf: ConfabError }))?.code, 'no-node');
  t.is((await t.throwsAsync(attachNode(root, '../x'), { instanceOf: ConfabError }))?.code, 'bad-name');
  const client = await attachNode(root, 'running');
  t.like(await client.call('ping'), { pid: process.pid });
  client.close();
});

test('a pointer is replaced whole, and only its own process takes it away', async (t) => {
  const root = await makeRoot(t, 'alice');
  const folder = nodeFolder(root, 'alice');
  await Promise.all([1, 2, 3, 4].map((run) => writePointer(folder, { ...pointer('s'), run })));
  t.truthy(await readNodePointer(folder));
  await removePointer(folder, NOBODY);
  t.truthy(await readNodePointer(folder));
  await removePointer(folder, process.pid);
  t.deepEqual(await readdir(folder), []);
});

test('the pointer of a seed server that is gone is none', async (t) => {
  const root = await makeRoot(t);
  await mkdir(seedFolder(root), { recursive: true });
  t.is(await readSeedPointer(root), null);
  await writePointer(seedFolder(root), { url: 'http://127.0.0.1:1', pid: NOBODY, startedMillis: 1 });
  t.is(await readSeedPointer(root), null);
  await writePointer(seedFolder(root), { url: 'http://127.0.0.1:1', pid: process.pid, startedMillis: 1 });
  t.like(await readSeedPointer(root), { url: 'http://127.0.0.1:1' });
});
