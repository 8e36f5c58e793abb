import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testUnless } from '../helpers/where-possible.ts';
import { forgetfulDisk, noForgetfulDisk } from './forgetful-disk.ts';
import { openStore } from './turns.ts';

const CHILD = fileURLToPath(new URL('./lagging-turns-main.js', import.meta.url));
/** The last one is far enough for the log to be written back meanwhile. */
const LIVES = [3, 40, 400];

const { run, named } = testUnless(noForgetfulDisk());

run(named('a power cut takes nothing of a turn that was said to be durable while the next ones were written'), (t) => {
  const root = mkdtempSync(join(tmpdir(), 'confab-lagging-'));
  try {
    const folder = join(root, 'store');
    const disk = forgetfulDisk(root, folder);
    let promisedOfAll = 0;
    for (const turns of LIVES) {
      const child = spawnSync(process.execPath, [CHILD, folder, String(turns)], { env: { ...process.env, ...disk.environment }, encoding: 'utf8' });
      t.is(child.signal, 'SIGKILL', child.stderr);
      const promised = Math.max(0, ...child.stdout.trim().split('\n').map(Number));
      promisedOfAll += promised;
      disk.loseUnsynced();
      const store = openStore(folder);
      store.unlock(new Uint8Array(32).fill(7));
      for (let turn = 1; turn <= promised; turn += 1) t.is(store.scan('messages', { prefix: `${turn}/` }).length, 8, `turn ${turn} of ${turns}`);
      store.close();
      rmSync(folder, { recursive: true });
    }
    t.true(promisedOfAll > 10, `only ${promisedOfAll} turns were durable before the end`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
