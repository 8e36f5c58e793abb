import { type FileHandle, link, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { ConfabError } from '../../core/errors.ts';
import type { UserFilePiece, UserFiles } from '../../ports/ports.ts';
import { FILE_MODE, reasonOf, syncFolder } from '../files.ts';

/** What is being written; the name that was asked for is given to it when it is whole. */
const PART_ENDING = '.confab-part';
const PATHS_MAX = 100;

/** Files of the person at this machine: read to be sent, written where that person says. */
export class SystemUserFiles implements UserFiles {
  async read(path: string, offset: number, length: number): Promise<{ readonly bytes: Uint8Array; readonly size: number; readonly modifiedMillis: number }> {
    const whole = wholePath(path);
    let handle: FileHandle | undefined;
    try {
      // Looked at before it is opened: to open a pipe would wait for whoever writes into it.
      const before = await stat(whole);
      if (!before.isFile()) throw new ConfabError('file-unreadable', { path, reason: before.isDirectory() ? 'it is a folder' : 'it is no ordinary file' });
      handle = await open(whole, 'r');
      const { size, mtimeMs } = await handle.stat();
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return { bytes: bytes.subarray(0, filled), size, modifiedMillis: mtimeMs };
    } catch (error) {
      throw error instanceof ConfabError ? error : new ConfabError('file-unreadable', { path, reason: reasonOf(error) });
    } finally {
      await handle?.close();
    }
  }

  async write(piece: UserFilePiece): Promise<{ readonly path: string }> {
    const target = await this.#target(wholePath(piece.path), piece);
    const part = target + PART_ENDING;
    try {
      if (piece.offset === 0) await rm(part, { force: true });
      const handle = await open(part, piece.offset === 0 ? 'wx' : 'r+', FILE_MODE);
      try {
        const { size } = await handle.stat();
        if (size !== piece.offset) throw new ConfabError('file-unwritable', { path: target, reason: 'something else is written there' });
        let written = 0;
        while (written < piece.bytes.length)
          written += (await handle.write(piece.bytes, written, piece.bytes.length - written, piece.offset + written)).bytesWritten;
        if (piece.last) await handle.sync();
      } finally {
        await handle.close();
      }
      if (piece.last) await this.#name(part, target, piece.overwrite);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw error instanceof ConfabError ? error : new ConfabError('file-unwritable', { path: target, reason: reasonOf(error) });
    }
    return { path: target };
  }

  /** Where it goes: into a folder under its own name. Rejects with `file-exists`. */
  async #target(path: string, { name, offset, overwrite }: UserFilePiece): Promise<string> {
    const found = await stat(path).catch(() => null);
    const target = found?.isDirectory() === true ? join(path, name) : path;
    const there = target === path ? found : await stat(target).catch(() => null);
    if (offset === 0 && there !== null && !overwrite) throw new ConfabError('file-exists', { path: target });
    if (there !== null && !there.isFile()) throw new ConfabError('file-unwritable', { path: target, reason: 'it is no ordinary file' });
    return target;
  }

  /** A link fails where the name is taken, which a renaming would not. */
  async #name(part: string, target: string, overwrite: boolean): Promise<void> {
    if (overwrite) await rename(part, target);
    else {
      try {
        await link(part, target);
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        if (code === 'EEXIST') throw new ConfabError('file-exists', { path: target });
        // Not every file system has links.
        if ((await stat(target).catch(() => null)) !== null) throw new ConfabError('file-exists', { path: target });
        await rename(part, target);
        return syncFolder(dirname(target));
      }
      await unlink(part);
    }
    syncFolder(dirname(target));
  }

  async paths(beginning: string): Promise<string[]> {
    const written = beginning.slice(0, beginning.lastIndexOf('/') + 1);
    const start = beginning.slice(written.length);
    const folder = expanded(written);
    if (!isAbsolute(folder)) return [];
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.name.startsWith(start) && (start.startsWith('.') || !entry.name.startsWith('.')))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, PATHS_MAX)
      .map((entry) => written + entry.name + (entry.isDirectory() ? '/' : ''));
  }
}

function expanded(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function wholePath(path: string): string {
  const whole = expanded(path);
  if (!isAbsolute(whole) || whole.includes('\0')) throw new ConfabError('file-path', { path });
  return whole;
}
