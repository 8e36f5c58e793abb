import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { HttpSeedClient } from '../../src/adapters/seed-http/seed-client.ts';
import type { SeedCalls } from '../../src/core/directory/seed-api.ts';
import { tools } from '../core/tools.ts';
import { Person } from './fixtures.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

interface Running {
  readonly url: string;
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
}

/** A seed server as a process of its own, which ends with the test in any case. */
async function spawnSeed(t: ExecutionContext, root: string): Promise<Running> {
  const args = [MAIN, 'seed', '--root', root, '--port', '0', '--json', '--lifeline'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: (JSON.parse(line) as { url: string }).url, child };
}

test('whoever was told that they are registered still is after kill -9', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'confab-seed-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const first = await spawnSeed(t, root);
  const client = new HttpSeedClient({ crypto: tools.crypto, url: first.url });
  const people = Array.from({ length: 60 }, (_, index) => new Person(`user${index}`));
  const confirmed: string[] = [];
  await Promise.all(
    people.map(async (person) => {
      const result = await client.call('publish', { records: [person.user(), person.vault()] });
      if (!result.ok) return;
      const { results } = result.value as SeedCalls['publish']['result'];
      if (results.every(({ accepted }) => accepted)) confirmed.push(person.name);
      if (confirmed.length === 20) first.child.kill('SIGKILL');
    }),
  );
  if (first.child.exitCode === null && first.child.signalCode === null) await once(first.child, 'exit');
  t.true(confirmed.length >= 20);

  const second = await spawnSeed(t, root);
  const summary = (await (await fetch(`${second.url}/v1/summary`)).json()) as { users: string[]; vaults: number };
  t.deepEqual(
    confirmed.filter((name) => !summary.users.includes(name)),
    [],
  );
  t.is(summary.vaults, summary.users.length);
  second.child.stdin.end();
  const [status] = (await once(second.child, 'exit')) as [number | null];
  t.is(status, 0);
});
