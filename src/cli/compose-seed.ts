import { dirname } from 'node:path';
import { lockFolder } from '../adapters/sqlite/folder-lock.ts';
import { SeedStore } from '../adapters/sqlite/seed-store.ts';
import { loadSeedKey } from '../adapters/system/seed-key.ts';
import { SEED_TABLES } from '../core/directory/seed-rows.ts';
import type { SeedServerOptions } from '../seed/server.ts';
import { makeTools } from './compose-tools.ts';

/** What a seed server is made of beside its root and address. */
export function seedParts(onSetAside: (file: string, reason: string) => void): Omit<SeedServerOptions, 'root' | 'port' | 'host'> {
  const tools = makeTools();
  return {
    ...tools,
    lockFolder,
    loadKey: (folder, log) =>
      loadSeedKey(folder, tools.random, (file, reason) => {
        log(file, reason);
        onSetAside(file, reason);
      }),
    openStore: (file) => new SeedStore({ folder: dirname(file), tables: SEED_TABLES, codec: tools.codec, onSetAside }),
  };
}
