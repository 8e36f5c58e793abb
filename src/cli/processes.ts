import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isAlive } from '../control/locate.ts';

/** The title or command line of a process, or null when it is gone or not to be seen. */
export async function commandLineOf(pid: number): Promise<string | null> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    return await commandLineByPs(pid);
  }
}

/** Where there is no /proc (macOS). */
function commandLineByPs(pid: number): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'command=', '-p', String(pid)], { timeout: 2_000 }, (error, stdout) => resolve(error === null ? stdout.trim() : null));
  });
}

/** True when the process bears one of the titles that Confab gives: ids are given out again, so this is asked before a signal is sent. */
export async function isOurs(pid: number, title: string): Promise<boolean> {
  const line = await commandLineOf(pid);
  return line !== null && (line === title || line.startsWith(`${title} `));
}

/** Waits until a process is gone. False when it is still there after `millis`. */
export async function waitForExit(pid: number, millis: number): Promise<boolean> {
  const end = performance.now() + millis;
  while (isAlive(pid)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Signals a process; false when it is gone or not ours to signal. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
