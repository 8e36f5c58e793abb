import { readSeedPointer, seedAddress } from '../control/locate.ts';

const DEFAULT_SEED_URL = 'http://127.0.0.1:5555';

/** What was written on the command line; else the seed server that runs under this root; else the default port. Null: none wanted. */
export async function seedUrlOf(root: string, written: string | false | undefined): Promise<string | null> {
  if (written === false) return null;
  const pointer = written === undefined ? await readSeedPointer(root) : null;
  return written ?? (pointer === null ? DEFAULT_SEED_URL : seedAddress(pointer));
}
