import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolders } from '../../src/adapters/make-folders.ts';
import { parseArgs } from '../../src/cli/commands/call.ts';
import { describeFailure } from '../../src/cli/fail.ts';
import { cellText } from '../../src/cli/show.ts';
import { bytesText, cellWidth, durationText, printable, renderTable } from '../../src/cli/table.ts';
import { requireCommand } from '../../src/control/validate.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { folderReason } from '../../src/core/system-reasons.ts';
import { temporaryRoot } from './run-cli.ts';

test('columns line up, also with wide letters, and nothing trails', (t) => {
  const lines = renderTable({
    columns: [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'TEXT' }],
    rows: [
      ['日本', 5, 'x'],
      ['bob', 1234, ''],
    ],
  });
  t.deepEqual(lines, ['NAME     N  TEXT', '日本     5  x', 'bob   1234']);
});

test('a line is cut at the width of the terminal, never inside a letter', (t) => {
  const [, line = ''] = renderTable({ columns: [{ title: 'A' }], rows: [['日本語日本語']] }, 6);
  t.is(line, '日本…');
  t.is(cellWidth(line), 5);
});

test('a text cannot steer the terminal', (t) => {
  t.is(printable('a\u001b[2J\u202eb\nc\u0007'), 'a\ufffd[2J\ufffdb⏎c\ufffd');
});

const says = test.macro((t, seen: string, expected: string) => {
  t.is(seen, expected);
});
test('bytes', says, `${bytesText(17)}, ${bytesText(1_536)}, ${bytesText(78_643_200)}`, '17 B, 1.5 KiB, 75 MiB');
test('durations', says, [0, 900, 61_000, 93_784_000, 3_600_000].map(durationText).join(', '), '0 s, 1 s, 1 min 1 s, 1 d 2 h, 1 h');
test(
  'values',
  says,
  [null, true, 3, 2.25, [], ['a', 'b'], { x: 1, y: null }, new Uint8Array(3)].map((value) => cellText(value)).join(' | '),
  '- | yes | 3 | 2.3 | - | a, b | x 1, y - | 3 bytes',
);

const parses = test.macro((t, command: string, words: readonly string[], expected: Record<string, unknown>) => {
  t.deepEqual(parseArgs(requireCommand(command), words), expected);
});
test('places in order, the last takes the rest', parses, 'send', ['bob', 'see', 'you', 'at=noon'], { to: 'bob', text: 'see you at=noon' });
test('a key that was given already is text', parses, 'send', ['bob', 'to=carol'], { to: 'bob', text: 'to=carol' });
test('keys after a text', parses, 'room-create', ['The', 'garden', 'policy=invite'], { name: 'The garden', policy: 'invite' });
test('keys of other commands are text', parses, 'room-create', ['a=b', 'limit=3'], { name: 'a=b limit=3' });
test('keys', parses, 'send', ['text=a=b', 'to=bob'], { text: 'a=b', to: 'bob' });
test('numbers and booleans', parses, 'history', ['bob', '20'], { with: 'bob', limit: 20 });
test('a boolean', parses, 'settings', ['bell=no'], { bell: false });
test('what does not fit is left to validation', parses, 'history', ['with=bob', 'limit=ten'], { with: 'bob', limit: 'ten' });

test('one word too many, and a secret on the command line', (t) => {
  t.throws(() => parseArgs(requireCommand('friend-add'), ['bob', 'carol']), { message: /one word too many; it takes user/ });
  t.throws(() => parseArgs(requireCommand('login'), ['password=x']), { message: /never taken from the command line/ });
  t.throws(() => parseArgs(requireCommand('room-create'), ['garden', 'password=x']), { message: /never taken from the command line/ });
});

test('a folder that cannot be made is told in words, also where Node.js has another code than the system', async (t) => {
  // What is missing is made; ENOENT then means that nothing can be.
  t.is(folderReason(Object.assign(new Error('x'), { code: 'ENOENT' })), 'the file system takes no folders there, or a link on the way leads nowhere');
  const error = await t.throwsAsync(mkdir('/dev/null/x', { recursive: true }));
  t.is(folderReason(error), 'a part of the path is a file');
  t.is(folderReason(new Error('of another kind')), 'of another kind');
});

test('folders are made with their parents, or it is told at once why not', async (t) => {
  const root = await temporaryRoot(t);
  makeFolders(join(root, 'a/b/c'), 0o700);
  t.is(statSync(join(root, 'a/b')).mode & 0o777, 0o700);
  t.notThrows(() => makeFolders(join(root, 'a/b')));
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere/at/all'), join(root, 'link'));
  t.throws(() => makeFolders(join(root, 'file')), { code: 'EEXIST' });
  t.throws(() => makeFolders(join(root, 'file/x')), { code: 'ENOTDIR' });
  t.throws(() => makeFolders(join(root, 'link')), { code: 'ENOENT' });
  t.throws(() => makeFolders(join(root, 'link/x')), { code: 'ENOENT' });
  // Under /proc, mkdir with `recursive` never returns.
  if (process.platform === 'linux') t.throws(() => makeFolders('/proc/x/y'), { code: 'ENOENT' });
});

test('any failure has a sentence and a status', (t) => {
  t.like(describeFailure(new ConfabError('folder-locked', { folder: 'x', pid: 1 })), { code: 'folder-locked', exitStatus: 2 });
  t.like(describeFailure(Object.assign(new Error('x'), { code: 'ENOSPC', path: '/p' })), {
    code: 'folder-unwritable',
    message: '/p cannot be written: the disk is full.',
  });
  t.like(describeFailure(new TypeError('oops')), { code: 'internal', exitStatus: 3 });
  t.like(describeFailure('nothing'), { code: 'internal', exitStatus: 3 });
});
