import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { SystemUserFiles } from '../../src/adapters/system/user-files.ts';
import { ConfabError } from '../../src/core/errors.ts';

const test = anyTest as TestFn<{ folder: string }>;
const files = new SystemUserFiles();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.beforeEach((t) => {
  t.context.folder = mkdtempSync(join(tmpdir(), 'confab-files-'));
});
test.afterEach.always((t) => rmSync(t.context.folder, { recursive: true, force: true }));

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return 'ok';
  } catch (error) {
    return error instanceof ConfabError ? error.code : `threw ${String(error)}`;
  }
}

test('a file is read piece by piece, and what cannot be read is said', async (t) => {
  const { folder } = t.context;
  const path = join(folder, 'a b.txt');
  writeFileSync(path, 'hello world');
  const first = await files.read(path, 0, 5);
  t.is(new TextDecoder().decode(first.bytes), 'hello');
  t.is(first.size, 11);
  const second = await files.read(path, 5, 100);
  t.is(new TextDecoder().decode(second.bytes), ' world');
  t.is(second.modifiedMillis, first.modifiedMillis);
  t.is((await files.read(path, 11, 5)).bytes.length, 0);
  t.is(await codeOf(files.read(folder, 0, 5)), 'file-unreadable');
  t.is(await codeOf(files.read('/dev/zero', 0, 5)), 'file-unreadable');
  t.is(await codeOf(files.read(join(folder, 'none'), 0, 5)), 'file-unreadable');
  t.is(await codeOf(files.read('a b.txt', 0, 5)), 'file-path');
});

test('a saved file appears whole or not at all, and takes the place of nothing unasked', async (t) => {
  const { folder } = t.context;
  const piece = { path: join(folder, 'x.txt'), name: 'n.txt', offset: 0, bytes: bytes('one '), last: false, overwrite: false };
  const { path } = await files.write(piece);
  t.false(existsSync(path), 'half a file bears no name');
  await files.write({ ...piece, path, offset: 4, bytes: bytes('two'), last: true });
  t.is(readFileSync(path, 'utf8'), 'one two');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder), ['x.txt']);
  t.is(await codeOf(files.write({ ...piece, last: true })), 'file-exists');
  t.is(readFileSync(path, 'utf8'), 'one two');
  await files.write({ ...piece, last: true, overwrite: true });
  t.is(readFileSync(path, 'utf8'), 'one ');
  t.deepEqual(readdirSync(folder), ['x.txt']);
});

test('into a folder it goes under its own name; a name that is taken meanwhile stays', async (t) => {
  const { folder } = t.context;
  const piece = { path: folder, name: 'n.txt', offset: 0, bytes: bytes('one'), last: false, overwrite: false };
  const { path } = await files.write(piece);
  t.is(path, join(folder, 'n.txt'));
  writeFileSync(path, 'another was quicker');
  t.is(await codeOf(files.write({ ...piece, path, offset: 3, bytes: bytes('two'), last: true })), 'file-exists');
  t.is(readFileSync(path, 'utf8'), 'another was quicker');
  t.deepEqual(readdirSync(folder), ['n.txt'], 'nothing is left half written');
  t.is(await codeOf(files.write({ ...piece, path: join(folder, 'no', 'such', 'folder') })), 'file-unwritable');
  mkdirSync(join(folder, 'n2.txt'));
  t.is(await codeOf(files.write({ ...piece, name: 'n2.txt' })), 'file-exists');
  t.is(await codeOf(files.write({ ...piece, name: 'n2.txt', overwrite: true })), 'file-unwritable', 'a folder is not overwritten');
});

test('paths are completed folder by folder', async (t) => {
  const { folder } = t.context;
  mkdirSync(join(folder, 'films'));
  writeFileSync(join(folder, 'file.txt'), '');
  writeFileSync(join(folder, '.hidden'), '');
  t.deepEqual(await files.paths(join(folder, 'fi')), [join(folder, 'file.txt'), `${join(folder, 'films')}/`]);
  t.deepEqual(await files.paths(`${folder}/`), [join(folder, 'file.txt'), `${join(folder, 'films')}/`]);
  t.deepEqual(await files.paths(`${folder}/.`), [join(folder, '.hidden')]);
  t.deepEqual(await files.paths('/no/such/folder/x'), []);
  t.deepEqual(await files.paths('fi'), []);
});
