import type { ChildProcess } from 'node:child_process';
import { AFTERMATH } from '../src/engine/aftermath.ts';

/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED_STATUS = 130;

/** A process of ours that measures: it ends with this one, however that ends. */
export function endsWithUs(child: ChildProcess): void {
  AFTERMATH.end(child);
}

/** A temporary folder: the same. */
export function goesWithUs(folder: string): void {
  AFTERMATH.remove(folder);
}

/** Ctrl-C and the like leave nothing behind: no process that is measured, no temporary folder. There is nothing in them to hand over. */
export function leaveNothingBehind(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      AFTERMATH.now();
      process.exit(INTERRUPTED_STATUS);
    });
  }
}
