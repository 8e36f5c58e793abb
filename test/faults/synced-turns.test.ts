import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testUnless } from '../helpers/where-possible.ts';
import { forgetfulDisk, noForgetfulDisk } from './forgetful-disk.ts';
import { openStore, TURNS } from './turns.ts';

const CHILD = fileURLToPath(new URL('./turns-main.js', import.meta.url));

const { run, named } = testUnless(noForgetfulDisk());

run(named('a power cut takes nothing of a turn that must last, whatever was written beside it and in which order'), (t) => {
  const root = mkdtempSync(join(tmpdir(), 'confab-turns-'));
  try {
    const folder = join(root, 'store');
    const disk = forgetfulDisk(root, folder);
    // Each child writes one turn more than the one before and is killed right after its last commit.
    for (let turns = 1; turns <= TURNS.length; turns += 1) {
      const child = spawnSync(process.execPath, [CHILD, folder, String(turns)], { env: { ...process.env, ...disk.environment }, encoding: 'utf8' });
      t.is(child.signal, 'SIGKILL', child.stderr);
      disk.loseUnsynced();
      const store = openStore(folder);
      for (const writes of TURNS.slice(0, turns).filter((each) => each.some(([table]) => table === 'replicas'))) {
        for (const [table, key] of writes) t.is(store.get(table, key), key, `after ${turns} turns: ${table} ${key}`);
      }
      store.close();
      rmSync(folder, { recursive: true });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
