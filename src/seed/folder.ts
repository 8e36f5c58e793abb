import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfabError } from '../core/errors.ts';

export interface SeedFolder {
  readonly folder: string;
  readonly database: string;
  readonly log: string;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
};

/** Makes `<root>/server_data` (mode 0700) if there is none and proves that it can be written; else `folder-unwritable`. */
export function prepareSeedFolder(root: string): SeedFolder {
  const folder = join(root, 'server_data');
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(probe, '', { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    throw unwritable(folder, error);
  }
  return { folder, database: join(folder, 'seed.db'), log: join(folder, 'seed.log') };
}

export function unwritable(folder: string, error: unknown): ConfabError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ConfabError('folder-unwritable', { folder, reason: REASONS[code ?? ''] ?? message });
}
