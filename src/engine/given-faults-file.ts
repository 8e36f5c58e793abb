import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMachineSound, type MachineFaultSettings } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';

/** Writes down, mode 0600, what a node is to suffer from its first frame on, and says where; null when that is nothing. */
export async function writeGivenFaults(
  root: string,
  node: string,
  suffered: MachineFaultSettings & { readonly rules: readonly Rule[] },
): Promise<string | null> {
  if (suffered.rules.length === 0 && isMachineSound(suffered)) return null;
  const folder = join(root, 'faults');
  const file = join(folder, `${node}.json`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(suffered), { mode: 0o600 });
  return file;
}
