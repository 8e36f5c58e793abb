import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ConfabError } from '../../src/core/errors.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import { until } from '../helpers/until.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'confab-local-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function confab(...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const outcome = new Promise<Outcome>((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
  return { child, outcome };
}

/** Processes whose command line names a data root of this test. */
function processesOf(root: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`CONFAB_TEST_MARK=${root}`);
      } catch {
        return false;
      }
    });
}

/** Runs it (the node of alice, the seed server), or is about to. */
function runs(pid: number, what: 'alice' | 'seed'): boolean {
  try {
    return new RegExp(`\\b${what}\\b`).test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

test.serial('an engine starts, asks, kills, restarts and stops nodes, and leaves no process', async (t) => {
  const root = mkdtempSync(join(folder, 'engine-'));
  process.env['CONFAB_TEST_MARK'] = root;
  const engine = new LocalEngine({ root, network: 'engine-test' });
  const crashes: string[] = [];
  const events: string[] = [];
  engine.onCrash((reason) => crashes.push(reason));
  engine.onEvent((node, event) => events.push(`${node} ${(event as { type: string }).type}`));
  await engine.start();
  t.teardown(() => engine.stop());
  t.is(await engine.seedServerState(), null);
  await Promise.all([engine.startSeedServer(), engine.startNode('alice')]);
  t.true(engine.isRunning('alice'));
  await t.throwsAsync(engine.startNode('alice'), { instanceOf: ConfabError });
  await engine.command('alice', 'register', { password: 'alice in the lab' });
  const seen = await engine.until(async () => ((await engine.seedServerState())?.users.includes('alice') ? null : 'not there'), 5_000);
  t.is(seen, null);
  t.is(await engine.until(async () => (events.includes('alice logged-in') ? null : 'no event'), 2_000), null);
  t.regex(await engine.endpointOf('alice'), /^tcp:\/\/127\.0\.0\.1:\d+#/);
  await t.throwsAsync(engine.command('alice', 'login', { password: 'x' }), { instanceOf: ConfabError, message: /logged in already/ });

  await engine.killNode('alice');
  t.false(engine.isRunning('alice'));
  await t.throwsAsync(engine.command('alice', 'info', {}), { instanceOf: ConfabError });
  await engine.startNode('alice');
  t.true(((await engine.command('alice', 'info', {})) as { registered: boolean }).registered);
  await engine.setRules([{ id: 'r', kind: 'cut', from: ['alice'], to: ['*'], oneWay: false }]);
  await engine.stopNode('alice');
  await engine.startNode('alice', { emptyDisk: true });
  t.false(((await engine.command('alice', 'info', {})) as { registered: boolean }).registered);
  t.deepEqual(crashes, []);

  await engine.crashNode('alice');
  await until('the crash is told', () => crashes.length > 0);
  const { socket = '' } = JSON.parse(readFileSync(join(root, 'nodes', 'alice', 'control.json'), 'utf8')) as { socket?: string };
  t.true(socket.length > 0 && !existsSync(socket), 'the control socket of a dead node is gone');
  t.regex(crashes[0] ?? '', /^the process of alice ended by itself \(signal SIGKILL\)/);
  engine.note('over');
  await engine.stop();
  await engine.stop();
  t.deepEqual(
    processesOf(root).filter((pid) => pid !== process.pid),
    [],
  );
  const trace = await engine.trace();
  t.true(trace.some((event) => event.node === 'alice' && event.detail.type === 'command'));
  t.true(trace.some((event) => event.node === 'runner'));
  t.is((await engine.traceSummary()).events, trace.length);
  await t.throwsAsync(engine.wait(1), { message: /over/ });
});

test.serial('a run that ends while its seed server starts leaves none behind', async (t) => {
  const root = mkdtempSync(join(folder, 'early-'));
  process.env['CONFAB_TEST_MARK'] = root;
  const engine = new LocalEngine({ root, network: 'early-end-test' });
  await engine.start();
  const starting = engine.startSeedServer();
  await engine.stop();
  await starting;
  await until('the seed server is gone', () => !processesOf(root).some((pid) => pid !== process.pid && runs(pid, 'seed')));
  t.is(await engine.seedServerState(), null);
  await t.throwsAsync(engine.startSeedServer(), { message: 'the run is over' });
  delete process.env['CONFAB_TEST_MARK'];
});

test.serial('the tour passes on real processes, with its trace and data kept when asked', async (t) => {
  const keep = join(folder, 'kept');
  const trace = join(folder, 'tour.ndjson');
  const { outcome } = confab('run', 'tour', '--json', '--keep', keep, '--trace', trace);
  const { status, stdout, stderr } = await outcome;
  t.is(status, 0, stdout + stderr);
  t.is(stdout.trim().split('\n').length, 1);
  const report = JSON.parse(stdout) as { verdict: string; engine: string; trace: { events: number } };
  t.is(report.verdict, 'pass');
  t.is(report.engine, 'local');
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
  t.is(lines.length, report.trace.events);
  t.false(lines.join('').includes('smell'), 'no text of a message in a trace');
  t.true(existsSync(join(keep, 'nodes', 'alice')) && existsSync(join(keep, 'server_data')));
  const again = await confab('run', 'tour', '--keep', keep).outcome;
  t.is(again.status, 2);
  t.regex(again.stderr, /holds the data of another run/);
});

test.serial('exit statuses: 1 for a failure, 3 for a crash, 2 for a file with a mistake', async (t) => {
  const [fail, crash, missing] = await Promise.all([
    confab('run', 'placebo/must-fail', '--json').outcome,
    confab('run', 'placebo/crash').outcome,
    confab('run', 'tuor').outcome,
  ]);
  t.is(fail.status, 1, fail.stderr);
  t.is((JSON.parse(fail.stdout) as { verdict: string }).verdict, 'fail');
  t.is(crash.status, 3, crash.stdout);
  t.regex(crash.stdout, /CRASHED {2}the process of alice dies by itself\n.*ended by itself \(signal SIGKILL\)/);
  t.is(missing.status, 2);
  t.regex(missing.stderr, /there is no scenario "tuor"\. Did you mean "tour"\?/);
});

test.serial('SIGKILL of the runner ends also a node that stands still and cannot notice it', async (t) => {
  const mark = mkdtempSync(join(folder, 'mark-'));
  const file = join(folder, 'standstill.yaml');
  writeFileSync(file, 'name: standstill\nsteps:\n  - start: alice\n  - pause: alice\n  - wait: 60s\n');
  process.env['CONFAB_TEST_MARK'] = mark;
  const { child, outcome } = confab('run', file);
  delete process.env['CONFAB_TEST_MARK'];
  const stateOf = (pid: number) => {
    try {
      return / ([A-Z]) \d/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''))?.[1];
    } catch {
      return undefined;
    }
  };
  await until('alice stands still', () => processesOf(mark).some((pid) => stateOf(pid) === 'T'));
  child.kill('SIGKILL');
  await outcome;
  await until('all are gone', () => processesOf(mark).length === 0);
  t.deepEqual(processesOf(mark), []);
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test.serial(`${signal} of the runner leaves no process behind`, async (t) => {
    const mark = mkdtempSync(join(folder, 'mark-'));
    process.env['CONFAB_TEST_MARK'] = mark;
    const { child, outcome } = confab('run', 'placebo/stall');
    delete process.env['CONFAB_TEST_MARK'];
    // A copy of the runner that is about to become its shell has the mark as well, but not yet the list.
    await until('runner and node run', () => processesOf(mark).some((pid) => runs(pid, 'alice')));
    child.kill(signal);
    await outcome;
    await until('all are gone', () => processesOf(mark).length === 0);
    const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith('confab-run-'));
    await until('its folders are gone', () => left().length === 0);
    t.deepEqual([processesOf(mark), left()], [[], []]);
  });
}
