import test from 'ava';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { toHex } from '../../src/core/bytes.ts';
import { chunkCountOf, describeFile, type FileDescriptor, rootOf } from '../../src/core/files/descriptor.ts';
import { FileInheritance } from '../../src/core/files/file-inheritance.ts';
import { FileRivals } from '../../src/core/files/file-rivals.ts';
import { bitmapBytes, type FileRow, withChunk } from '../../src/core/files/file-row.ts';
import { FileShelf } from '../../src/core/files/file-shelf.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { TurnWork } from '../../src/core/turn-work.ts';
import type { UserId } from '../../src/core/types.ts';

const crypto = new NodeCrypto();
const [ALICE, BOB, MALLORY] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as unknown as [UserId, UserId, UserId];

/** The files of bob at the node that takes over. */
function bobs(): { readonly shelf: FileShelf; readonly rivals: FileRivals; readonly inheritance: FileInheritance } {
  const rows = new Map<string, unknown>();
  const store = {
    get: (table: string, key: string) => rows.get(`${table} ${key}`),
    put: (table: string, key: string, value: unknown) => void rows.set(`${table} ${key}`, value),
    delete: (table: string, key: string) => void rows.delete(`${table} ${key}`),
  };
  const parts = {
    env: { store, wallMillis: 1_000 },
    options: CORE_OPTIONS,
    session: { userId: BOB },
    turnWork: new TurnWork(),
    files: {} as { rivals: FileRivals },
  };
  const shelf = new FileShelf(parts as unknown as Parts);
  const rivals = new FileRivals(parts as unknown as Parts);
  parts.files.rivals = rivals;
  return { shelf, rivals, inheritance: new FileInheritance(parts as unknown as Parts, shelf, () => {}) };
}

function rowOf(descriptor: FileDescriptor, author: UserId, more: Partial<FileRow> = {}): FileRow {
  return {
    descriptor,
    slot: author.slice(0, 8),
    author,
    from: 'somebody',
    places: [{ kind: 'direct', peer: author }],
    state: 'loading',
    have: new Uint8Array(bitmapBytes(chunkCountOf(descriptor))),
    haveCount: 0,
    offeredMillis: 1,
    changedMillis: 1,
    fetchedBy: [],
    declinedBy: [],
    told: true,
    ...more,
  };
}

const sizes = { size: 300_000, chunkBytes: 32_768, padded: true };
const right = describeFile({ ...sizes, key: new Uint8Array(32), name: 'roses.png' }, rootOf(crypto, sizes, new Uint8Array(32 * chunkCountOf(sizes))));
/** Says that one chunk is all of it. */
const wrong = { ...right, size: 10 };
const id = toHex(right.root);

for (const [what, here, there] of [
  ['at the node that takes over', 'wrong', 'right'],
  ['at the node before', 'right', 'wrong'],
] as const) {
  test(`a false offer ${what} does not make a file complete of which one chunk is here, and does not stand beside that chunk`, (t) => {
    const rows = { wrong: rowOf(wrong, MALLORY), right: withChunk(rowOf(right, ALICE), 0, true) };
    const { shelf, rivals, inheritance } = bobs();
    shelf.put(rows[here]);
    t.true(inheritance.take('files', id, rows[there]));
    const kept = shelf.get(id);
    t.deepEqual([kept?.state, kept?.author, kept?.haveCount, kept?.descriptor.size], ['loading', ALICE, 1, 300_000]);
    t.deepEqual(rivals.of(id), []);
  });
}

test('of two offers that nothing has proved both are kept, and of one that was disproved the other', (t) => {
  const open = bobs();
  open.shelf.put(rowOf(wrong, MALLORY));
  open.inheritance.take('files', id, rowOf(right, ALICE));
  t.is(open.shelf.get(id)?.author, MALLORY);
  t.deepEqual(
    open.rivals.of(id).map(({ descriptor, offer }) => [descriptor.size, offer.author]),
    [[300_000, ALICE]],
  );
  const settled = bobs();
  settled.shelf.put(rowOf(wrong, MALLORY, { state: 'unfit' }));
  settled.inheritance.take('files', id, rowOf(right, ALICE));
  t.deepEqual([settled.shelf.get(id)?.author, settled.shelf.get(id)?.state], [ALICE, 'loading']);
  t.deepEqual(settled.rivals.of(id), []);
});
