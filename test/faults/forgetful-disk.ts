import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources lie beside this file before it was compiled. */
const SHIM = fileURLToPath(new URL('../../../test/faults/fixtures/power-cut.c', import.meta.url));

/** A folder whose files lose what was not synced, for the process that runs in `environment`. */
export interface ForgetfulDisk {
  readonly environment: Readonly<Record<string, string>>;
  /** After that process was killed: the folder as the disk comes back, the synced files under the synced names. */
  loseUnsynced(): void;
}

/** Why such a disk cannot be made here, or null. */
export function noForgetfulDisk(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no C compiler here';
  }
}

export function forgetfulDisk(root: string, folder: string): ForgetfulDisk {
  const library = join(root, 'power-cut.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SHIM, '-ldl', '-lpthread'], { stdio: 'ignore' });
  const shadow = join(root, 'shadow');
  const makeFolders = () => {
    for (const each of [folder, shadow, `${shadow}.inodes`]) mkdirSync(each, { recursive: true, mode: 0o700 });
  };
  makeFolders();
  return {
    environment: { LD_PRELOAD: library, POWER_CUT_FOLDER: folder, POWER_CUT_SHADOW: shadow },
    loseUnsynced() {
      rmSync(folder, { recursive: true });
      renameSync(shadow, folder);
      for (const name of readdirSync(folder)) if (name.endsWith('.copying')) rmSync(join(folder, name));
      rmSync(`${shadow}.inodes`, { recursive: true });
      // The new shadow begins with what is on the disk now.
      makeFolders();
      const kept = readdirSync(folder).map((name) => join(folder, name));
      if (kept.length > 0) execFileSync('cp', ['-p', ...kept, shadow]);
    },
  };
}
