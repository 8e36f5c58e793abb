import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';

export interface SeedFolder {
  readonly folder: string;
  readonly database: string;
  readonly log: string;
}

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
  return new ConfabError('folder-unwritable', { folder, reason: folderReason(error) });
}
