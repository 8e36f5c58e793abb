import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalEngine } from '../../src/engine/local.ts';
import { testUnless } from '../helpers/where-possible.ts';
import { befriend, deliver, insist, type Network, passwordOf, requireState, requireTexts, temporaryFolder } from './network.ts';

/** Fills what is left, in steps that get smaller. */
function fill(path: string): void {
  const descriptor = openSync(path, 'a');
  for (let size = 262_144; size >= 1; size = Math.trunc(size / 2)) {
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size));
    } catch {
      // Full for this size.
    }
  }
  closeSync(descriptor);
}

function mount(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'confab-test', folder], { stdio: 'ignore' });
}

/** Whether a small file system can be mounted here: tried once. */
function missingHere(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'cf-mount-'));
  try {
    mount(folder);
    execFileSync('umount', [folder]);
    return null;
  } catch {
    return 'no small file system can be mounted here';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { run, named } = testUnless(missingHere());

run(named('a disk that is full: sending says so, nothing is acknowledged that is not kept, and with space all goes on by itself'), async (t) => {
  const root = temporaryFolder(t);
  const folder = join(root, 'nodes', 'alice');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mount(folder);
  t.teardown(() => execFileSync('umount', [folder]));
  const engine = new LocalEngine({ root, network: 'faults', traced: false });
  t.teardown(() => engine.stop());
  const network: Network = { engine, root, folderOf: (name) => join(root, 'nodes', name) };
  await engine.start();
  await engine.startSeedServer();
  await Promise.all(['alice', 'bob'].map((name) => engine.startNode(name)));
  await Promise.all(['alice', 'bob'].map((name) => engine.command(name, 'register', { password: passwordOf(name) })));
  await befriend(network, 'alice', 'bob');
  await deliver(network, 'alice', 'bob', 'with space');
  const { pid } = (await engine.command('alice', 'ping', {})) as { pid: number };

  fill(join(folder, 'filler'));
  const big = 'x'.repeat(60_000);
  // SQLite's log may have room for a little more.
  let refused = '';
  let kept = 0;
  for (; refused === '' && kept < 200; kept += 1)
    await engine.command('alice', 'send', { to: 'bob', text: big }).catch((error: unknown) => (refused = String(error)));
  t.regex(refused, /The store could not write: .*full/);
  const { id } = (await engine.command('bob', 'send', { to: 'alice', text: big })) as { id: string };
  await t.throwsAsync(
    insist(network, () => requireState(network, 'bob', id, ['delivered']), 1_500),
    undefined,
    'no tick for what could not be stored',
  );
  t.is(((await engine.command('alice', 'ping', {})) as { pid: number }).pid, pid);

  rmSync(join(folder, 'filler'));
  await insist(network, () => requireState(network, 'bob', id, ['delivered']));
  await insist(network, () => engine.command('alice', 'send', { to: 'bob', text: 'with space again' }));
  const before = Array.from({ length: kept - 1 }, () => big);
  await insist(
    network,
    async () => {
      const wanted = ['with space', ...before, big, 'with space again'];
      await requireTexts(network, 'alice', 'bob', wanted);
      await requireTexts(network, 'bob', 'alice', wanted);
    },
    20_000,
  );
});
