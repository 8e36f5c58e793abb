import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfabError } from '../../core/errors.ts';
import { reasonOf } from '../files.ts';

const NAME = /^confab-run-(\d+)-\w+$/;

/**
 * A fresh folder among the temporary files for one run of this process; the caller removes it. Those that processes left
 * which were killed are removed on the way, since nobody else will. Throws ConfabError `folder-unwritable`.
 */
export function makeScratchFolder(base: string = tmpdir()): string {
  sweepScratchFolders(base);
  try {
    return mkdtempSync(join(base, `confab-run-${process.pid}-`));
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: base, reason: reasonOf(error) });
  }
}

/** Removes the folders of processes that are gone, as far as they are ours; says how many. */
export function sweepScratchFolders(base: string): number {
  let swept = 0;
  for (const name of namesIn(base)) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(base, name);
    try {
      if (lstatSync(folder).uid !== (process.getuid?.() ?? lstatSync(folder).uid)) continue;
      rmSync(folder, { recursive: true, force: true });
      swept += 1;
    } catch {
      // Another run sweeps at the same moment, or it may not be removed: it does no harm where it is.
    }
  }
  return swept;
}

function namesIn(base: string): string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
