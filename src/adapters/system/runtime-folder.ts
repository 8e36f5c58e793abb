import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfabError } from '../../core/errors.ts';
import { FOLDER_MODE, reasonOf } from '../files.ts';
import { makeFolders } from '../make-folders.ts';

/** The longest path of a Unix socket on Linux, without the closing NUL (macOS: 103). */
export const SOCKET_PATH_BYTES_MAX = 103;
/** Left for the name of a socket inside the folder. */
const SOCKET_NAME_BYTES = 24;

/**
 * The folder of this person's sockets: short, since Unix socket paths are, and closed to others, since whoever reaches a
 * control socket steers the node. `$XDG_RUNTIME_DIR/confab` where there is such a thing, else `confab-<uid>` among the
 * temporary files. Made when missing. Throws ConfabError `folder-unwritable`.
 */
export function runtimeFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = environment['XDG_RUNTIME_DIR'];
  const own = given !== undefined && given !== '' ? join(given, 'confab') : null;
  if (own !== null && fits(own) && makeOwn(own) === null) return own;
  const folder = join(fits(tmpdir()) ? tmpdir() : '/tmp', `confab-${process.getuid?.() ?? 'user'}`);
  const reason = makeOwn(folder);
  if (reason !== null) throw new ConfabError('folder-unwritable', { folder, reason });
  return folder;
}

/** A free, short path for a socket in the folder. */
export function socketPath(folder: string, kind: string): string {
  return join(folder, `${kind}-${randomBytes(6).toString('hex')}`);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder) + 2 * SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES_MAX;
}

/** Null when the folder is there, is ours alone and no link; else why not. */
function makeOwn(folder: string): string | null {
  try {
    makeFolders(folder, FOLDER_MODE);
    const status = lstatSync(folder);
    if (!status.isDirectory()) return 'it is not a folder';
    if (process.getuid !== undefined && status.uid !== process.getuid()) return 'it belongs to somebody else';
    return (status.mode & 0o077) === 0 ? null : 'others can read it';
  } catch (error) {
    return reasonOf(error);
  }
}
