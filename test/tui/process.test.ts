import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { isAlive } from '../../src/control/locate.ts';
import { until } from '../helpers/until.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  text: string;
  readonly exited: Promise<number | null>;
}

async function folder(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'confab-tui-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return root;
}

function terminal(t: ExecutionContext, root: string, ...args: readonly string[]): Run {
  // A network of its own, so that nodes of other tests on this machine are not met by beacons.
  const env = { ...process.env, CONFAB_NETWORK: basename(root) };
  const child = spawn(process.execPath, [MAIN, '--root', root, 'tui', ...args, '--no-seed'], { stdio: ['pipe', 'pipe', 'pipe'], env });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const run: Run = { child, text: '', exited };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Uint8Array) => {
      run.text += new TextDecoder().decode(chunk);
    });
  }
  t.teardown(() => void child.kill('SIGKILL'));
  return run;
}

async function nodePid(root: string, user: string): Promise<number> {
  const pointer = JSON.parse(await readFile(join(root, 'nodes', user, 'control.json'), 'utf8')) as { readonly pid: number };
  return pointer.pid;
}

function logOf(root: string, user: string): Promise<string> {
  return readFile(join(root, 'nodes', user, 'node.log'), 'utf8');
}

test('a pipe registers, looks round and leaves; the node that was started for it ends with it', async (t) => {
  const root = await folder(t);
  const run = terminal(t, root, 'alice', '--no-beacon');
  run.child.stdin?.write('1\nQx7-pass-Qx7\nQx7-pass-Qx7\n/info\n');
  await until('info', () => /Logged in +alice/u.test(run.text));
  const pid = await nodePid(root, 'alice');
  t.true(isAlive(pid));
  t.notRegex(await logOf(root, 'alice'), /nearby/u);
  run.child.stdin?.end();
  t.is(await run.exited, 0);
  await until('the node has ended', () => !isAlive(pid));
  t.false(run.text.includes('Qx7-pass-Qx7'));
});

test('a second terminal shares the running node and leaves it alone; kill -9 of the first ends the node', async (t) => {
  const root = await folder(t);
  const first = terminal(t, root, 'alice');
  first.child.stdin?.write('1\nQx7-pass-Qx7\nQx7-pass-Qx7\n');
  await until('menu', () => first.text.includes('== Menu =='));
  const pid = await nodePid(root, 'alice');
  t.regex(await logOf(root, 'alice'), /nodes nearby are reached by/u);
  const second = terminal(t, root, 'alice');
  second.child.stdin?.end('/status busy writing\n');
  t.is(await second.exited, 0);
  t.regex(second.text, /Friends see you as busy: writing/u);
  t.true(isAlive(pid));
  first.child.kill('SIGKILL');
  await until('the node has ended', () => !isAlive(pid));
});

test('a name that is none is refused before a folder is made', async (t) => {
  const root = await folder(t);
  const run = terminal(t, root, '../../x');
  t.is(await run.exited, 2);
  t.regex(run.text, /cannot be used/u);
  await t.throwsAsync(readFile(join(root, 'nodes')), { code: 'ENOENT' });
});
