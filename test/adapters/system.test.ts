import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { SystemRandom } from '../../src/adapters/crypto/random.ts';
import { ensureFolder, makeDurable, replaceFile, setAside, writeFileAtomically } from '../../src/adapters/files.ts';
import { lockFolder, pidOfFolder } from '../../src/adapters/sqlite/folder-lock.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { loadNodeKey, NODE_KEY_FILE, settleNodeKey } from '../../src/adapters/system/node-key.ts';
import { runtimeFolder, SOCKET_PATH_BYTES_MAX, socketPath } from '../../src/adapters/system/runtime-folder.ts';
import { TraceFile } from '../../src/adapters/system/trace-file.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { until } from '../helpers/until.ts';

const random = new SystemRandom();

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'confab-system-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof ConfabError ? error.code : `not a ConfabError: ${String(error)}`;
  }
  return 'nothing was thrown';
};

test('a file is written whole, for the owner only, and leaves no scrap', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  writeFileAtomically(path, Buffer.from('first'));
  writeFileAtomically(path, Buffer.from('second'));
  t.is(readFileSync(path, 'utf8'), 'second');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder), ['file']);
});

test('a file that is replaced is whole for whoever looks, and can be made durable with its folder', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  replaceFile(path, Buffer.from('first'));
  replaceFile(path, Buffer.from('second'));
  t.is(readFileSync(path, 'utf8'), 'second');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder), ['file']);
  await makeDurable([path, folder]);
  await t.throwsAsync(makeDurable([join(folder, 'nothing')]), { code: 'ENOENT' });
  t.throws(() => replaceFile(join(folder, 'none', 'file'), Buffer.from('x')), { code: 'ENOENT' });
});

test('what is set aside never overwrites anything', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  for (const content of ['one', 'two']) {
    writeFileSync(path, content);
    setAside(path);
  }
  t.is(readFileSync(`${path}.damaged-1`, 'utf8'), 'one');
  t.is(readFileSync(`${path}.damaged-2`, 'utf8'), 'two');
});

test('a folder under a file is refused in words', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  t.is(
    codeOf(() => ensureFolder(join(folder, 'file', 'below'))),
    'folder-unwritable',
  );
});

test('the node key is made once, kept, closed to others, and set aside when damaged', async (t) => {
  const folder = temporaryFolder(t);
  const aside: string[] = [];
  const load = () => loadNodeKey(folder, random, (file) => aside.push(file));
  const first = load();
  t.true(first.created);
  const path = join(folder, NODE_KEY_FILE);
  t.is(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o644);
  const second = load();
  t.false(second.created);
  t.deepEqual(second.keys, first.keys);
  t.is(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, readFileSync(path).subarray(0, 60));
  const third = load();
  t.true(third.created);
  t.notDeepEqual(third.keys, first.keys);
  t.deepEqual(aside, [`${path}.damaged-1`]);
  t.is(
    codeOf(() => loadNodeKey(join(folder, 'nothing-here'), random, () => {})),
    'folder-unwritable',
  );
  await settleNodeKey(folder);
  await t.throwsAsync(settleNodeKey(join(folder, 'nothing-here')), { code: 'folder-unwritable' });
});

test('the runtime folder is short, ours alone, and falls back when the given one cannot be used', (t) => {
  const folder = temporaryFolder(t);
  const own = runtimeFolder({ XDG_RUNTIME_DIR: folder });
  t.is(own, join(folder, 'confab'));
  t.is(statSync(own).mode & 0o777, 0o700);
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: folder }), own);
  const fallback = runtimeFolder({});
  t.is(statSync(fallback).mode & 0o777, 0o700);
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: join(folder, 'x'.repeat(100)) }), fallback);
  const open = join(folder, 'open');
  mkdirSync(join(open, 'confab'), { recursive: true });
  chmodSync(join(open, 'confab'), 0o755);
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: open }), fallback);
  const linked = join(folder, 'linked');
  mkdirSync(linked);
  symlinkSync(own, join(linked, 'confab'));
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: linked }), fallback);
  t.true(Buffer.byteLength(socketPath(own, 'control')) <= SOCKET_PATH_BYTES_MAX);
});

const event = (number: number): TraceEvent => ({
  id: `alice/1/${number}`,
  node: 'alice',
  logical: number,
  monotonicMillis: number / 2,
  wallMillis: 1_000 + number,
  detail: { type: 'note', text: `line ${number}\n"quoted" 👋` },
});

test('a trace is one JSON object a line, soon on the disk, complete after close', async (t) => {
  const path = join(temporaryFolder(t), 'trace.ndjson');
  const lines = () => readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const trace = new TraceFile(path);
  trace.write(event(1));
  await until('the first line', () => lines().length === 1);
  for (let number = 2; number <= 3_000; number += 1) trace.write(event(number));
  trace.close();
  trace.close();
  trace.write(event(9));
  t.is(trace.lost, 1);
  t.deepEqual(
    lines().map((line) => JSON.parse(line) as TraceEvent),
    Array.from({ length: 3_000 }, (_, index) => event(index + 1)),
  );
  const appended = new TraceFile(path);
  appended.write(event(3_001));
  appended.close();
  t.is(lines().length, 3_001);
});

test('clocks: one never goes back, the other tells the time of day', (t) => {
  let last = systemClock.monotonicMillis();
  for (let round = 0; round < 1_000; round += 1) {
    const now = systemClock.monotonicMillis();
    t.true(now >= last);
    last = now;
  }
  t.true(Math.abs(systemClock.wallMillis() - Date.now()) < 1_000);
});

test('the lock of a folder ends with the process that held it, also by kill -9', async (t) => {
  const folder = temporaryFolder(t);
  const program = fileURLToPath(new URL('./fixtures/lock-holder.js', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const error = t.throws(() => lockFolder(folder), { instanceOf: ConfabError });
  t.is(error?.code, 'folder-locked');
  t.is(error?.details['pid'], child.pid);
  t.is(pidOfFolder(folder), child.pid ?? null);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = lockFolder(folder);
  t.is(pidOfFolder(folder), process.pid);
  lock.release();
  t.is(pidOfFolder(folder), null);
});
