import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfabError } from '../../core/errors.ts';
import { ensureFolder, FILE_MODE, reasonOf } from '../files.ts';
import { Database } from './binding.ts';

export const LOCK_FILE = 'lock.db';
export const PID_FILE = 'pid';

/** A connection that is collected as garbage gives its lock away, so those that hold one are kept until they let go. */
const HELD = new Set<InstanceType<typeof Database>>();

export interface FolderLock {
  /** Idempotent. */
  release(): void;
}

/**
 * Makes sure that one process alone works in a folder.
 *
 * The lock is an exclusive SQLite lock on an empty file, which is a lock of the operating system: it ends with the process,
 * however that ends, so nothing stale is ever left and no process id has to be trusted (ids are used again, and a guess by
 * id and start time has a gap between look and write). The id in `pid` is for the sentence that the other process prints.
 * Throws ConfabError `folder-locked` or `folder-unwritable`.
 */
export function lockFolder(folder: string): FolderLock {
  ensureFolder(folder);
  const path = join(folder, LOCK_FILE);
  const pidPath = join(folder, PID_FILE);
  let database: InstanceType<typeof Database>;
  try {
    closeSync(openSync(path, 'a', FILE_MODE));
    database = new Database(path, { timeout: 0 });
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: reasonOf(error) });
  }
  try {
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith('SQLITE_BUSY')) throw new ConfabError('folder-locked', { folder, pid: readPid(pidPath) ?? 'unknown' });
    throw new ConfabError('folder-unwritable', { folder, reason: reasonOf(error) });
  }
  writeFileSync(pidPath, `${process.pid}\n`, { mode: FILE_MODE });
  HELD.add(database);
  return {
    release: () => {
      if (!HELD.delete(database)) return;
      // A folder that was deleted meanwhile must not bring up an error at the very end.
      rmSync(pidPath, { force: true });
      database.close();
    },
  };
}

/** The process that says it works in the folder, or null; it may have died since. */
export function pidOfFolder(folder: string): number | null {
  return readPid(join(folder, PID_FILE));
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
