import { type ChildProcess, spawn } from 'node:child_process';
import { NO_FAULTS, type NodeFaults } from '../core/faults.ts';

/** A process that can be signalled; false: it is gone. */
export interface Signalled {
  readonly pid: number;
  signal(name: 'SIGSTOP' | 'SIGCONT'): boolean;
}

/** A slow process runs and stands still in turns of this length, ms, at least; its share of running is one in `slowFactor`. */
const DUTY_MILLIS = 40;
const RUN_MILLIS_MIN = 2;

/**
 * Pauses and slowness of one process, by SIGSTOP and SIGCONT.
 *
 * Invariants
 * 1. A process that is neither paused nor slow has been sent SIGCONT after the last SIGSTOP.
 * 2. A stopped process cannot notice that whoever started it is gone, so a guard knows of it and wakes it up then.
 */
export class Brake {
  readonly #process: Signalled;
  readonly #guard: StopGuard;
  #faults: NodeFaults = NO_FAULTS;
  #timer: NodeJS.Timeout | null = null;

  constructor(process: Signalled, guard: StopGuard) {
    this.#process = process;
    this.#guard = guard;
  }

  get paused(): boolean {
    return this.#faults.paused;
  }

  set(faults: NodeFaults): void {
    this.#faults = faults;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (faults.paused) this.#stop();
    else if (faults.slowFactor > 1) this.#run();
    else this.#process.signal('SIGCONT');
  }

  release(): void {
    this.set(NO_FAULTS);
  }

  #stop(): void {
    this.#guard.watch(this.#process.pid);
    this.#process.signal('SIGSTOP');
  }

  #run(): void {
    const { slowFactor } = this.#faults;
    const runMillis = Math.max(RUN_MILLIS_MIN, DUTY_MILLIS / slowFactor);
    if (!this.#process.signal('SIGCONT')) return;
    this.#timer = setTimeout(() => {
      this.#stop();
      this.#timer = setTimeout(() => this.#run(), runMillis * (slowFactor - 1));
    }, runMillis);
  }
}

/** Reads process ids until its stdin closes, then wakes all of them. */
const SCRIPT = 'pids=; while read -r pid; do pids="$pids $pid"; done; for pid in $pids; do kill -CONT "$pid" 2>/dev/null; done';

/**
 * A stopped process does not see its lifeline close. This tiny one beside it does: when this process ends, however it ends,
 * it lets every stopped one go on, which then sees that it is to end.
 */
export class StopGuard {
  readonly #watched = new Set<number>();
  #shell: ChildProcess | null = null;

  watch(pid: number): void {
    if (this.#watched.has(pid)) return;
    this.#watched.add(pid);
    if (this.#shell === null) {
      // In a group of its own: Ctrl-C must not end it before us.
      this.#shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
      this.#shell.on('error', () => {});
      this.#shell.stdin?.on('error', () => {});
      this.#shell.unref();
    }
    this.#shell.stdin?.write(`${pid}\n`);
  }

  /** Everybody has ended, or goes on. */
  async release(): Promise<void> {
    const shell = this.#shell;
    this.#shell = null;
    this.#watched.clear();
    if (shell === null || shell.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
    shell.ref();
    shell.stdin?.end();
    await ended;
  }
}
