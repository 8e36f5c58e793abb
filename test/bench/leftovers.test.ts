import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { until } from '../helpers/until.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** Those whose environment names the folder, which only this test knows. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${folder}\0`);
      } catch {
        return false;
      }
    });
}

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test.serial(`${signal} of a benchmark of real processes leaves no process and no folder`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'confab-left-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const child = spawn(process.execPath, [MAIN, 'presence', '--runs', '1', '--no-write'], { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
    const left = () => readdirSync(folder).filter((name) => name.startsWith('confab-bench-'));
    // The benchmark, a seed server and a node at least.
    await until('the network has come', () => left().length === 1 && processesIn(folder).length >= 4);
    child.kill(signal);
    const [status] = (await once(child, 'exit')) as [number | null];
    t.is(status, signal === 'SIGINT' ? 130 : null);
    await until('all are gone', () => processesIn(folder).length === 0);
    await until('its folder is gone', () => left().length === 0);
  });
}
