import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLog } from '../../src/node/log.ts';

async function place(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'node.log');
}

test('lines are JSON, the file is private, and it goes on where it was', async (t) => {
  const path = await place(t);
  for (const run of [1, 2]) {
    const log = openLog(path, 'alice');
    log.info({ run }, 'started');
    log.close();
    log.info({ run }, 'after the end: lost, and no error');
  }
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  t.deepEqual(
    lines.map((line) => (JSON.parse(line) as { run: number }).run),
    [1, 2],
  );
  t.like(JSON.parse(lines[0] ?? ''), { node: 'alice', msg: 'started' });
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('size is bounded by one older file', async (t) => {
  const path = await place(t);
  const log = openLog(path, 'alice', 1_000);
  for (let n = 0; n < 100; n += 1) log.info({ n }, 'a line');
  log.close();
  const sizes = await Promise.all([path, `${path}.old`].map(async (file) => (await stat(file)).size));
  for (const size of sizes) t.true(size > 0 && size < 1_300, String(sizes));
  const last = (await readFile(path, 'utf8')).trim().split('\n').at(-1) ?? '';
  t.is((JSON.parse(last) as { n: number }).n, 99);
});

test('passwords and texts do not get into it by mistake', async (t) => {
  const path = await place(t);
  const log = openLog(path, 'alice');
  log.info({ password: 'correct horse', args: { password: 'correct horse', text: 'dear bob' }, text: 'dear bob' }, 'oops');
  log.close();
  const written = await readFile(path, 'utf8');
  t.false(written.includes('horse') || written.includes('dear'));
});
