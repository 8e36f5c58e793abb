import test from 'ava';
import fc from 'fast-check';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import {
  chunkCountOf,
  chunkLengthOf,
  describeFile,
  FILE_BYTES_MAX,
  fileNameOf,
  fileShape,
  openChunk,
  rootOf,
  sealChunk,
} from '../../src/core/files/descriptor.ts';
import { FetchWindow } from '../../src/core/files/fetch-window.ts';
import { allChunks, bitmapBytes, type FileRow, hasChunk, withChunk } from '../../src/core/files/file-row.ts';
import { misfit } from '../../src/core/shape.ts';

const crypto = new NodeCrypto();
const descriptor = (name: string, size = 10) => describeFile({ key: new Uint8Array(32), name, size, chunkBytes: 32_768 }, new Uint8Array(32));

test('whatever a file is called, the name that is sent is no path and fits what receivers take', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 300 })), (path) => {
      const name = fileNameOf(path);
      t.is(misfit(fileShape, descriptor(name)), null, JSON.stringify(name));
      t.notRegex(name, /[/\\]/u);
    }),
    { numRuns: 150 },
  );
  t.is(fileNameOf('/home/alice/my report.pdf'), 'my report.pdf');
  t.is(fileNameOf('C:\\files\\x.txt'), 'x.txt');
  t.is(fileNameOf('/'), 'file');
  t.is(fileNameOf('..'), '_');
  t.is(fileNameOf('/home/alice/.profile'), '_profile');
  t.is(fileNameOf('gpj.\u202eexe'), 'gpj._exe');
  t.true(fileNameOf(`${'ä'.repeat(300)}.tar`).endsWith('.tar'));
});

test('a descriptor that lies about its form is none', (t) => {
  t.is(misfit(fileShape, descriptor('x.txt')), null);
  for (const name of ['../x', 'a/b', 'a\\b', '..', '.', '.profile', '', 'x\ny', 'x\u202ey', 'x'.repeat(201)])
    t.not(misfit(fileShape, descriptor(name)), null, JSON.stringify(name));
  t.not(misfit(fileShape, descriptor('x', FILE_BYTES_MAX + 1)), null);
  t.not(misfit(fileShape, { ...descriptor('x'), chunkBytes: 1 }), null);
  t.not(misfit(fileShape, { ...descriptor('x'), more: 1 }), null);
});

test('chunks open where they were sealed and nowhere else; the root depends on every hash and on the sizes', (t) => {
  const key = crypto.sha256(new Uint8Array(3));
  const of = describeFile({ key, name: 'x', size: 70_000, chunkBytes: 32_768 }, new Uint8Array(32));
  t.is(chunkCountOf(of), 3);
  t.deepEqual(
    [0, 1, 2].map((index) => chunkLengthOf(of, index)),
    [32_768, 32_768, 4_464],
  );
  const plain = new Uint8Array(32_768).fill(7);
  const sealed = sealChunk(crypto, key, 1, plain);
  t.deepEqual(openChunk(crypto, of, 1, sealed), plain);
  t.is(openChunk(crypto, of, 0, sealed), null);
  t.is(openChunk(crypto, of, 2, sealed), null);
  t.is(openChunk(crypto, { ...of, key: new Uint8Array(32) }, 1, sealed), null);
  const hashes = new Uint8Array(96);
  const other = hashes.map((byte, index) => (index === 95 ? 1 : byte));
  t.notDeepEqual(rootOf(crypto, of, hashes), rootOf(crypto, of, other));
  t.notDeepEqual(rootOf(crypto, of, hashes), rootOf(crypto, { ...of, size: 70_001 }, hashes));
});

test('the bits of a row say which chunks are here', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(99), { maxLength: 50 }), (chunks, toggles) => {
      let row = { have: new Uint8Array(bitmapBytes(chunks)), haveCount: 0 } as unknown as FileRow;
      const model = new Set<number>();
      for (const toggle of toggles) {
        const index = toggle % chunks;
        if (model.has(index)) model.delete(index);
        else model.add(index);
        row = withChunk(row, index, model.has(index));
      }
      t.is(row.haveCount, model.size);
      for (let index = 0; index < chunks; index += 1) t.is(hasChunk(row, index), model.has(index));
      const all = { have: allChunks(chunks) } as unknown as FileRow;
      t.is(Array.from({ length: bitmapBytes(chunks) * 8 }, (_, index) => hasChunk(all, index)).filter(Boolean).length, chunks);
    }),
    { numRuns: 200 },
  );
});

test('what is under way grows while answers are quick, shrinks as they queue, and never goes under one', (t) => {
  const window = new FetchWindow({ targetMillis: 100, first: 4, max: 32 });
  for (let answer = 0; answer < 60; answer += 1) window.answered(5);
  t.is(window.size, 32);
  for (let answer = 0; answer < 2_000; answer += 1) window.answered(400);
  t.is(window.size, 1);
  window.lost();
  t.is(window.size, 1);
});
