import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfabError } from '../core/errors.ts';
import { folderReason, systemReason } from '../core/system-reasons.ts';
import { makeFolders } from './make-folders.ts';

/** For the owner only: everything that Confab writes on its own. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** What went wrong, in the system's words, without a stack. */
export function reasonOf(error: unknown): string {
  return systemReason(error) ?? (error instanceof Error ? error.message : String(error));
}

/** Makes the folder and its parents, readable by the owner only. Throws ConfabError `folder-unwritable`. */
export function ensureFolder(folder: string): void {
  try {
    makeFolders(folder, FOLDER_MODE);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: folderReason(error) });
  }
}

/** Makes a rename or a removal in the folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Where the new content lies until it takes the file's name; a crash may leave it behind. */
export function temporaryPath(path: string): string {
  return `${path}.new`;
}

/**
 * Writes a file whole: whoever looks sees the old content or the new one, also after a power cut.
 * Throws the system's error; the old file is then untouched.
 */
export function writeFileAtomically(path: string, bytes: Uint8Array): void {
  const temporary = temporaryPath(path);
  const descriptor = openSync(temporary, 'w', FILE_MODE);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(descriptor);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/**
 * The same, but only `makeDurable` sees to it that a power cut leaves one of the two: for what nobody relies on yet, or ever.
 * Throws the system's error; the old file is then untouched.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, bytes, { mode: FILE_MODE });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** What lies at these paths, files or folders, is on the disk when it resolves; a thread of its own waits for it. Rejects with the system's error. */
export async function makeDurable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Moves a damaged file to the first free name `<path>.damaged-<n>` and returns that; nothing is ever overwritten. */
export function setAside(path: string): string {
  for (let number = 1; ; number += 1) {
    const target = `${path}.damaged-${number}`;
    if (existsSync(target)) continue;
    renameSync(path, target);
    return target;
  }
}
