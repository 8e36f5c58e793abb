import { CORE_OPTIONS } from '../core/options.ts';
import { boolean, optional, text } from '../core/shape.ts';
import type { CommandEntry } from './registry.ts';

const id = text(1, 200);
const path = text(1, 4_096);
const when = 'logged-in';

/** The commands of files. A path may hold blanks: it stands last, or in quotes. */
export const FILE_REGISTRY = [
  {
    name: 'file-send',
    slash: ['/send-file', '/file-send'],
    summary: 'Send a file of up to 16 MiB to a friend, or into a room (#name); behind -- stands what is said with it',
    args: { to: optional(text(1, 256)), room: optional(text(1, 256)), path, text: optional(text(0, CORE_OPTIONS.textBytesMax)) },
    positional: ['to', 'path'],
    rest: true,
    complete: { to: 'friend', path: 'path' },
    when,
    example: '/send-file bob ~/holiday.jpg -- the lake',
  },
  {
    name: 'files',
    slash: ['/files'],
    summary: 'Files that were sent and offered, and how far they are',
    args: { with: optional(text(1, 256)) },
    positional: ['with'],
    rest: true,
    complete: { with: 'friend' },
    when,
    example: '/files bob',
    menu: { order: 8.7, label: 'Files' },
  },
  {
    name: 'file-accept',
    slash: ['/file-accept', '/fetch'],
    summary: 'Fetch a file that was offered',
    args: { id },
    positional: ['id'],
    rest: true,
    complete: { id: 'file' },
    when,
    example: '/fetch 1f2e3d4c',
  },
  {
    name: 'file-decline',
    slash: ['/file-decline'],
    summary: 'Turn a file down, or delete the copy that is here',
    args: { id },
    positional: ['id'],
    rest: true,
    complete: { id: 'file' },
    when,
    example: '/file-decline 1f2e3d4c',
  },
  {
    name: 'file-save',
    slash: ['/save', '/file-save'],
    summary: 'Write a file that was fetched to a path of yours',
    args: { id, path, overwrite: optional(boolean) },
    positional: ['id', 'path'],
    rest: true,
    complete: { id: 'file', path: 'path' },
    when,
    example: '/save 1f2e3d4c ~/Downloads/',
  },
  {
    name: 'file-paths',
    slash: [],
    summary: 'Paths that begin so, for completion',
    args: { path },
    positional: ['path'],
    rest: true,
    complete: { path: 'path' },
    when,
    example: '',
  },
] as const satisfies readonly CommandEntry[];
