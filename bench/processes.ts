import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { LocalEngine } from '../src/engine/local.ts';

/** Process ids of nodes, in the order of the users. */
export async function pidsOf(engine: LocalEngine, users: readonly string[]): Promise<number[]> {
  const pongs = await Promise.all(users.map((user) => engine.command(user, 'ping', {})));
  return pongs.map((pong) => (pong as { pid: number }).pid);
}

/** Of 10^6 bytes (reads /proc: Linux). */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024) / 1e6;
}

let ticksASecond: number | null = null;

/** User and system time of a process since its start, ms (reads /proc: Linux). */
export async function processorMillis(pid: number): Promise<number> {
  ticksASecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksASecond;
}

const MEASURED_CORES = 2;

/**
 * Keeps the measured processes on the first two cores and this one, which drives them, on the others. Returns how to say it, empty where
 * there are too few cores or no `taskset`: then nothing is pinned.
 */
export function pinToTwoCores(pids: readonly number[]): string {
  const count = cpus().length;
  if (count <= MEASURED_CORES) return '';
  try {
    for (const pid of pids) pin(pid, `0-${MEASURED_CORES - 1}`);
    pin(process.pid, `${MEASURED_CORES}-${count - 1}`);
    return ' on two cores';
  } catch {
    return '';
  }
}

/** Undoes it for this process. */
export function unpin(): void {
  try {
    pin(process.pid, `0-${cpus().length - 1}`);
  } catch {
    // Nothing was pinned.
  }
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
}
