import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { befriend, deliver, insist, logIn, requireFriend, requireTexts, startNetwork } from './network.ts';

/** Each kind of damage, done to the files of a node that was killed. */
const DAMAGES: Readonly<Record<string, { readonly file: string; readonly aside: boolean; readonly historyKept: boolean; damage(path: string): void }>> = {
  'node-db-noise': { file: 'node.db', aside: true, historyKept: true, damage: (path) => overwriteMiddle(path) },
  'node-db-half': { file: 'node.db', aside: true, historyKept: true, damage: (path) => truncateSync(path, Math.trunc(statSync(path).size / 2) + 100) },
  'user-db-noise': { file: 'user.db', aside: true, historyKept: false, damage: (path) => overwriteMiddle(path) },
  'user-db-head': { file: 'user.db', aside: true, historyKept: false, damage: (path) => truncateSync(path, 1_000) },
  'user-check-noise': { file: 'user.check', aside: false, historyKept: true, damage: (path) => writeFileSync(path, Buffer.alloc(48, 7)) },
  'user-check-half': { file: 'user.check', aside: false, historyKept: true, damage: (path) => truncateSync(path, 20) },
  'vault-half': { file: 'vault.cbor', aside: true, historyKept: true, damage: (path) => truncateSync(path, Math.trunc(statSync(path).size / 2)) },
  'vault-empty': { file: 'vault.cbor', aside: true, historyKept: true, damage: (path) => truncateSync(path, 0) },
  'vault-flipped': { file: 'vault.cbor', aside: true, historyKept: true, damage: (path) => flipLastByte(path) },
  'node-key-half': { file: 'node.key', aside: true, historyKept: true, damage: (path) => truncateSync(path, 40) },
  'port-noise': { file: 'port', aside: false, historyKept: true, damage: (path) => writeFileSync(path, 'x\0\u{fffd}99999999') },
  'pointer-half': { file: 'control.json', aside: false, historyKept: true, damage: (path) => writeFileSync(path, '{"socket": "/') },
  'pointer-strange': { file: 'control.json', aside: false, historyKept: true, damage: (path) => writeFileSync(path, '{"socket": 7, "pid": "all"}') },
};

/** What is done to whom. Damages that have nothing to do with each other share a node, since each node costs a second of processor time. */
const DONE: Readonly<Record<string, ReadonlyArray<keyof typeof DAMAGES>>> = {
  anna: ['node-db-noise', 'port-noise'],
  berta: ['node-db-half', 'pointer-half'],
  cora: ['user-db-noise', 'pointer-strange'],
  dora: ['user-db-head'],
  emma: ['user-check-noise', 'vault-half'],
  frida: ['user-check-half', 'vault-empty'],
  gerda: ['vault-flipped'],
  hanna: ['node-key-half'],
};
const NAMES = Object.keys(DONE);

function damagesOf(name: string): Array<(typeof DAMAGES)[string]> {
  return (DONE[name] ?? []).map((kind) => DAMAGES[kind] as (typeof DAMAGES)[string]);
}

function overwriteMiddle(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 16, Math.max(64, Math.trunc(bytes.length / 2)));
  writeFileSync(path, bytes);
  // What lies in the write-ahead log would mend it.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}

function flipLastByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  writeFileSync(path, bytes);
}

test('damaged files of every kind: set aside or left out, the node goes on, friends come back from peers, nothing is overwritten', async (t) => {
  t.timeout(60_000);
  const done = new Set(NAMES.flatMap((name) => DONE[name] ?? []));
  t.deepEqual(
    Object.keys(DAMAGES).filter((kind) => !done.has(kind)),
    [],
    'every kind is done to somebody',
  );
  const network = await startNetwork(t, ['bob', ...NAMES]);
  const { engine } = network;
  await Promise.all(NAMES.map((name) => befriend(network, name, 'bob')));
  await Promise.all(NAMES.map((name) => deliver(network, name, 'bob', `before, from ${name}`)));
  // In order, so that the write-ahead logs are folded into the files that are damaged.
  await Promise.all(NAMES.map((name) => engine.stopNode(name)));
  await Promise.all(NAMES.map((name) => engine.command('bob', 'send', { to: name, text: 'while you were away' })));
  for (const name of NAMES) for (const each of damagesOf(name)) each.damage(join(network.folderOf(name), each.file));
  const damaged = new Map(NAMES.map((name) => [name, damagesOf(name).map(({ file }) => readFileSync(join(network.folderOf(name), file)))]));
  await Promise.all(NAMES.map((name) => engine.startNode(name)));
  await Promise.all(NAMES.map((name) => logIn(network, name)));
  await Promise.all(
    NAMES.map(async (name) => {
      for (const [at, damage] of damagesOf(name).entries()) requireAside(t, network.folderOf(name), damage, damaged.get(name)?.[at] as Buffer);
      await insist(network, () => requireFriend(network, name, 'bob'));
      const before = damagesOf(name).every(({ historyKept }) => historyKept) ? [`before, from ${name}`] : [];
      const failed = (error: unknown): void => t.fail(`${name} (${DONE[name]?.join()}): ${String(error)}`);
      await insist(network, () => requireTexts(network, name, 'bob', [...before, 'while you were away'])).catch(failed);
      await deliver(network, name, 'bob', 'after').catch(failed);
      await requireTexts(network, 'bob', name, [`before, from ${name}`, 'while you were away', 'after']).catch(failed);
    }),
  );
});

/** What was set aside is as it was found, and the log says so; what can be left out is not set aside. */
function requireAside(t: ExecutionContext, folder: string, { aside, file }: (typeof DAMAGES)[string], damaged: Buffer): void {
  const set = readdirSync(folder).filter((each) => each.startsWith(`${file}.damaged-`));
  t.is(set.filter((each) => /damaged-\d+$/.test(each)).length, aside ? 1 : 0, `${folder}: ${set.join()}`);
  if (!aside) return;
  t.deepEqual(readFileSync(join(folder, set[0] as string)), damaged, `${folder}, ${file}`);
  t.regex(readFileSync(join(folder, 'node.log'), 'utf8'), new RegExp(`${file}\\.damaged-\\d+".*a damaged file was set aside`), folder);
}

test('without a seed server a lost vault is a clear sentence, and what is left is kept', async (t) => {
  const network = await startNetwork(t, ['alice'], { seedServer: false });
  await network.engine.stopNode('alice');
  const vault = join(network.folderOf('alice'), 'vault.cbor');
  truncateSync(vault, 10);
  await network.engine.startNode('alice', { seedServer: false });
  await t.throwsAsync(logIn(network, 'alice'), { message: /alice is not registered here, and no seed server knows the name|cannot be reached/ });
  t.true(existsSync(`${vault}.damaged-1`));
  t.true(existsSync(join(network.folderOf('alice'), 'user.db')));
});

test('a damaged store of the seed server is set aside, and the nodes fill it again', async (t) => {
  const network = await startNetwork(t, ['alice', 'bob'], { coreOptions: { announceMillis: 2_000, seedRetryMillis: 500 } });
  const { engine, root } = network;
  await befriend(network, 'alice', 'bob');
  await engine.stopSeedServer();
  const path = join(root, 'server_data', 'seed.db');
  t.true(existsSync(path));
  truncateSync(path, 2_000);
  await engine.startSeedServer();
  t.true(existsSync(`${path}.damaged-1`));
  const seen = await engine.until(async () => {
    const state = await engine.seedServerState();
    return state?.users.length === 2 && state.vaults === 2 && state.facts === 2 ? null : JSON.stringify(state);
  }, 15_000);
  t.is(seen, null);
});
