import test from 'ava';
import fc from 'fast-check';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import {
  chunkCountOf,
  chunkedBytesOf,
  describeFile,
  FILE_BYTES_MAX,
  fitsRoot,
  openChunk,
  rootOf,
  sameContent,
  sealChunk,
} from '../../src/core/files/descriptor.ts';
import { paddedBytesOf } from '../../src/core/files/file-padding.ts';
import { FilesWorld } from './files-world.ts';

const crypto = new NodeCrypto();

function chunksAt(world: FilesWorld, node: string): ReadonlyArray<readonly [key: string, value: Uint8Array]> {
  return (world.engine.hosted(node).disk.user?.tables.get('fileChunks')?.scan({}) as ReadonlyArray<readonly [string, Uint8Array]> | undefined) ?? [];
}

test('padded sizes are no smaller, little larger, few, and never beyond what a file may have', (t) => {
  t.deepEqual([0, 1, 4_096].map(paddedBytesOf), [4_096, 4_096, 4_096]);
  t.is(paddedBytesOf(FILE_BYTES_MAX), FILE_BYTES_MAX);
  t.is(paddedBytesOf(FILE_BYTES_MAX - 1), FILE_BYTES_MAX);
  fc.assert(
    fc.property(fc.integer({ min: 4_097, max: FILE_BYTES_MAX }), (bytes) => {
      const padded = paddedBytesOf(bytes);
      t.true(padded >= bytes && padded <= bytes * 1.0625, `${bytes} becomes ${padded}`);
      t.is(paddedBytesOf(padded), padded, 'a bucket is its own');
      t.true(paddedBytesOf(bytes + 1) >= padded);
    }),
    { numRuns: 300, seed: 1 },
  );
  const buckets = new Set<number>();
  for (let bytes = 0; bytes <= FILE_BYTES_MAX; bytes = paddedBytesOf(bytes) + 1) buckets.add(paddedBytesOf(bytes));
  t.true(buckets.size <= 321, `${buckets.size} sizes`);
});

test('whether a file is padded is part of what its root names, and files without filler open as before', (t) => {
  const key = crypto.sha256(new Uint8Array(1));
  const plain = { key, name: 'x', size: 40_000, chunkBytes: 32_768 };
  const hashes = new Uint8Array(64);
  const [old, padded] = [plain, { ...plain, padded: true }].map((sizes) => describeFile(sizes, rootOf(crypto, sizes, hashes)));
  t.notDeepEqual(old?.root, padded?.root);
  if (old === undefined || padded === undefined) return t.fail();
  t.true(fitsRoot(crypto, old, hashes) && fitsRoot(crypto, padded, hashes));
  t.false(fitsRoot(crypto, { ...old, padded: true }, hashes) || fitsRoot(crypto, { ...padded, padded: false }, hashes));
  t.false(sameContent(old, { ...old, padded: true }));
  t.deepEqual([chunkCountOf(old), chunkedBytesOf(old), chunkedBytesOf(padded)], [2, 40_000, 40_960]);
  t.is(openChunk(crypto, old, 1, sealChunk(crypto, key, 1, new Uint8Array(7_232)))?.length, 7_232);
  t.is(openChunk(crypto, padded, 1, sealChunk(crypto, key, 1, new Uint8Array(8_192)))?.length, 7_232, 'filler is cut off');
  t.is(openChunk(crypto, padded, 1, sealChunk(crypto, key, 1, new Uint8Array(7_232))), null);
});

test('files of the same bucket look alike on the way and on disk, and come out as they were; empty ones too', async (t) => {
  const world = new FilesWorld(71);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  const looks: string[] = [];
  for (const size of [0, 1, 4_000, 65_700, 66_000, 1_900_001]) {
    const before = new Set(chunksAt(world, 'bob').map(([key]) => key));
    const sent = await world.send('alice', 'bob', `of ${size}.bin`, size);
    await world.complete('bob', sent.file);
    t.true(await world.isWhole('bob', sent), `${size} bytes`);
    const chunks = chunksAt(world, 'bob').filter(([key]) => !before.has(key));
    looks.push(chunks.map(([, value]) => value.length).join());
  }
  t.is(looks[0], looks[1]);
  t.is(looks[0], looks[2]);
  t.is(looks[3], looks[4]);
  t.not(looks[0], looks[3]);
  await world.engine.stop();
});

test('chunks that are filler alone are fetched and left out of what is saved', async (t) => {
  const world = new FilesWorld(72);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  for (const size of [4_200_000, 8_388_609]) {
    t.true(paddedBytesOf(size) - size > 2 * 32_768);
    const sent = await world.send('alice', 'bob', `${size}.bin`, size);
    await world.soon('offered', async () => (await world.file('bob', sent.file))?.state === 'offered');
    await world.ask('bob', 'file-accept', { id: sent.file });
    await world.complete('bob', sent.file, 120_000);
    t.true(await world.isWhole('bob', sent), `${size} bytes`);
  }
  await world.engine.stop();
});
