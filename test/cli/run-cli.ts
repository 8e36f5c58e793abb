import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** The command line's main module, compiled. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Long, since all tests together keep a machine busy. */
const RUN_MILLIS = 45_000;

/** A network for each data root, so that nodes of other tests on this machine are not met by beacons. */
export function networkOf(args: readonly string[]): Record<string, string> {
  return { CONFAB_NETWORK: basename(args[args.indexOf('--root') + 1] ?? 'test').replace(/[^\w.-]/g, '') };
}

export interface RunCliOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It is ended after this, ms (default 45 s). */
  readonly limitMillis?: number;
  /** Where it runs (default: where the tests do). */
  readonly cwd?: string;
}

/** Runs one command to its end; `input` goes to stdin, which is then closed. */
export function runCli(args: readonly string[], options: RunCliOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: 'pipe',
    env: { ...process.env, ...networkOf(args), NO_COLOR: '', ...options.env },
    timeout: options.limitMillis ?? RUN_MILLIS,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

/** A data root of its own that goes with the test. */
export async function temporaryRoot(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'cf-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return root;
}

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ready: Readonly<Record<string, unknown>>;
  readonly exited: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts a node or seed server with a lifeline and waits for its ready line; whatever happens it ends with the test. */
export async function startCli(t: ExecutionContext, args: readonly string[], input = ''): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json', '--lifeline'], { stdio: 'pipe', env: { ...process.env, ...networkOf(args) } });
  const exited = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
  });
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  child.stdin.on('error', () => {});
  if (input !== '') child.stdin.write(input);
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      const line = out.split('\n')[0] ?? '';
      if (out.includes('\n')) resolve(JSON.parse(line) as Record<string, unknown>);
    });
    child.once('close', () => reject(new Error(`not ready: ${err}`)));
  });
  return { child, pid: child.pid ?? 0, ready, exited };
}
