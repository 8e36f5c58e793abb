import { type ChildProcess, spawn } from 'node:child_process';
import { AFTERMATH } from './aftermath.ts';

/**
 * How Node.js is started for a chat node: its collector needs no threads of its own, which would be woken for nothing. The nursery may
 * grow, which it does only in use: with 256 messages under way one of 16 MiB gives a fifth more of them a second than one of 2 MiB, and
 * an idle node takes the same.
 */
export const NODE_EXEC_ARGS = ['--max-semi-space-size=16', '--single-threaded-gc'];

/**
 * What keeps the memory of a process small, where its caller has not said otherwise. The C library (`man mallopt`) otherwise keeps memory
 * of its own for every thread that ever asked for some, 1 to 2 MB in a node, and gives the less back the larger the blocks were that it
 * has seen. The password hash brings an allocator of its own (mimalloc), which asks for a huge page and then uses a few KiB of its 2 MiB.
 */
export const MEMORY_ENVIRONMENT = Object.freeze({
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MIMALLOC_ALLOW_THP: '0',
});

/** How a process ended. */
export interface ProcessExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Arguments of this program's own command line: `['node', 'alice', ...]`. `--lifeline --json` must be among them. */
  readonly args: readonly string[];
  /** Path of the command line's main module. */
  readonly mainPath: string;
  /** For messages: `the node of alice`. */
  readonly what: string;
  /** How long until the ready line must have come, ms. */
  readonly readyMillis: number;
  /** Options of Node.js itself. */
  readonly execArgs?: readonly string[];
  /** Variables of its environment besides those of this process, which count more. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A process group of its own: Ctrl-C in the terminal that this process has does not reach it. */
  readonly ownGroup?: boolean;
  /** Hears each line that it writes to stderr. */
  readonly onLine?: (line: string) => void;
}

/** What runs a node: a process of its own, or a place in one. */
export interface NodeProcess {
  readonly pid: number;
  readonly running: boolean;
  /** `socket` and `endpoint`, among others. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly exited: Promise<ProcessExit>;
  lastLines(): readonly string[];
  signal(signal: NodeJS.Signals): boolean;
  end(graceMillis: number): Promise<ProcessExit>;
}

const LAST_LINES_MAX = 12;
const LINE_CHARACTERS_MAX = 4_096;

/**
 * A child process that holds one end of a pipe as its stdin: when this process ends, however it ends, the pipe closes
 * and the child ends by itself; where it does not, the aftermath ends it. So nothing outlives its network, kill -9 of the parent included.
 */
export class LifelineProcess implements NodeProcess {
  readonly what: string;
  readonly pid: number;
  /** The object of the ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #lines: readonly string[];

  constructor(parts: { what: string; child: ChildProcess; ready: Readonly<Record<string, unknown>>; exited: Promise<ProcessExit>; lines: readonly string[] }) {
    this.what = parts.what;
    this.pid = parts.child.pid ?? 0;
    this.ready = parts.ready;
    this.exited = parts.exited;
    this.#child = parts.child;
    this.#lines = parts.lines;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last lines that it wrote to stderr. */
  lastLines(): readonly string[] {
    return this.#lines;
  }

  /** False when it is gone already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && this.#child.kill(signal);
  }

  /** Lets go of the lifeline: the child ends in order. */
  release(): void {
    this.#child.stdin?.end();
  }

  /** Ends it: the lifeline first, SIGTERM after `graceMillis`, SIGKILL after as long again. Resolves when it is gone. */
  async end(graceMillis: number): Promise<ProcessExit> {
    this.release();
    const term = setTimeout(() => this.signal('SIGTERM'), graceMillis);
    const kill = setTimeout(() => this.signal('SIGKILL'), graceMillis * 2);
    const exit = await this.exited;
    clearTimeout(term);
    clearTimeout(kill);
    return exit;
  }
}

/** Starts a process and waits for its ready line; rejects with an Error whose message is a sentence. */
export function spawnReady(options: SpawnOptions): Promise<LifelineProcess> {
  const child = AFTERMATH.start(() =>
    spawn(process.execPath, [...(options.execArgs ?? []), options.mainPath, ...options.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: options.ownGroup === true,
      env: { ...MEMORY_ENVIRONMENT, ...options.environment, ...process.env },
    }),
  );
  const lines: string[] = [];
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
    child.once('error', () => resolve({ status: null, signal: null }));
  });
  // A child that ends while its lifeline is written to is no failure of ours.
  child.stdin?.on('error', () => {});
  onLines(child.stderr, (line) => {
    lines.push(line);
    options.onLine?.(line);
    if (lines.length > LAST_LINES_MAX) lines.shift();
  });
  return new Promise((resolve, reject) => {
    let settled = false;
    const fail = (reason: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${options.what} did not start: ${reason}`));
    };
    const timer = setTimeout(() => fail(`it was not ready after ${options.readyMillis} ms`), options.readyMillis);
    child.once('error', (error) => fail(error.message));
    void exited.then((exit) => setImmediate(() => fail(reasonOf(exit, lines))));
    onLines(child.stdout, (line) => {
      const ready = settled ? null : readyLine(line);
      if (ready === null) return;
      settled = true;
      clearTimeout(timer);
      // A child that is killed leaves its socket.
      if (typeof ready['socket'] === 'string') AFTERMATH.remove(ready['socket']);
      resolve(new LifelineProcess({ what: options.what, child, ready, exited, lines }));
    });
  });
}

/** `exit status 3`, `signal SIGKILL`. */
export function sayExit(exit: ProcessExit): string {
  return exit.signal === null ? `exit status ${exit.status ?? 'unknown'}` : `signal ${exit.signal}`;
}

const ABORTS: ReadonlySet<string> = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE']);

/** It ended by a failure of its own: nobody asks a process to end like this, also while it is ending. */
export function wasAborted({ signal }: ProcessExit): boolean {
  return signal !== null && ABORTS.has(signal);
}

function reasonOf(exit: ProcessExit, lines: readonly string[]): string {
  for (const line of lines) {
    const message = errorMessage(line);
    if (message !== null) return message;
  }
  return [`it ended with ${sayExit(exit)}`, ...lines.slice(-3)].join('; ');
}

/** The sentence of an error that the command line printed as JSON. */
function errorMessage(line: string): string | null {
  try {
    const { error } = JSON.parse(line) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : null;
  } catch {
    return null;
  }
}

function readyLine(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value['ready'] === true ? value : null;
  } catch {
    return null;
  }
}

function onLines(stream: NodeJS.ReadableStream | null, line: (text: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = (parts.pop() ?? '').slice(-LINE_CHARACTERS_MAX);
    for (const part of parts) line(part.slice(0, LINE_CHARACTERS_MAX));
  });
}
