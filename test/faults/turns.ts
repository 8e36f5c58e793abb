import { mkdirSync } from 'node:fs';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { SqliteNodeStore } from '../../src/adapters/sqlite/node-store.ts';

/** Turns of a node's store, as writes (table, key): `replicas` must last, `records` is learned anew. */
export const TURNS: ReadonlyArray<ReadonlyArray<readonly [table: string, key: string]>> = [
  [['replicas', 'first']],
  [['records', 'lost, maybe']],
  [
    ['records', 'before what lasts'],
    ['replicas', 'after what may be lost'],
  ],
  [
    ['replicas', 'before what may be lost'],
    ['records', 'after what lasts'],
  ],
  [['records', 'again']],
  [['replicas', 'last']],
];

export function openStore(folder: string): SqliteNodeStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return new SqliteNodeStore({
    folder,
    nodeKey: new Uint8Array(32).fill(3),
    codec: new CborCodec(),
    onSetAside: (file, reason) => console.error(file, reason),
  });
}
