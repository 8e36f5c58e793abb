import { execFileSync } from 'node:child_process';
import type { Figure } from './benchmark.ts';

/** Looks for a library as a program of its own would find it; prints `yes` where it is. */
const PROBES = [
  { name: 'zyre (C)', script: "import ctypes.util; print('yes' if ctypes.util.find_library('zyre') else 'no')" },
  { name: 'pyre (Python)', script: "import importlib.util as u; print('yes' if u.find_spec('pyre') and u.find_spec('zmq') else 'no')" },
] as const;

/** A row for each library whose whispers could stand beside our messages: that it is not here, or that it is and was not measured. */
export function peerLibraryRows(): Figure[] {
  return PROBES.map(({ name, script }) => ({
    row: `whispers of ${name}, the same in flight`,
    value: Number.NaN,
    unit: '/s' as const,
    note: isFound(script) ? 'found, and this bench has no driver for it' : 'not found on this machine',
  }));
}

function isFound(script: string): boolean {
  try {
    return execFileSync('python3', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() === 'yes';
  } catch {
    return false;
  }
}
