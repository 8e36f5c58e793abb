import type { WallMillis } from '../types.ts';
import type { FileId } from './descriptor.ts';
import type { FileState } from './file-row.ts';

/**
 * What can be asked of a node about files, and what it tells by itself: part of the core's side of the control interface
 * (core/commands.ts takes these in). `id` is a file's id or at least its first 4 characters, or the name of a file (the newest of
 * that name).
 */
export interface FileCommands {
  /** Sends a file to a friend (`to`) or into a room (`room`, or `to` with `#` before it), with a text or its name. Answers when it was read in. */
  'file-send': {
    args: { to?: string; room?: string; path: string; text?: string };
    result: { id: string; file: FileId; name: string; size: number; state: 'queued' };
  };
  /** Fetches a file that was offered, or one that was turned down before. */
  'file-accept': { args: { id: string }; result: FileView };
  /** Turns a file down, or deletes the copy that is here. */
  'file-decline': { args: { id: string }; result: FileView };
  /** Newest first; `with` is a friend or a room (`#name`). `bytes` of `bytesMax` are taken by files here. */
  files: { args: { with?: string }; result: { files: readonly FileView[]; bytes: number; bytesMax: number } };
  /** Writes a file to a path of the machine on which the node runs; into a folder under its own name. */
  'file-save': { args: { id: string; path: string; overwrite?: boolean }; result: { file: FileId; path: string; bytes: number } };
  /** Paths that begin so, for completion; folders end in a slash. */
  'file-paths': { args: { path: string }; result: { paths: readonly string[] } };
}

export interface FileView {
  readonly id: FileId;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  /** Who offered it. */
  readonly from: string;
  readonly fromMe: boolean;
  /** The friend with whom, or the rooms in which. */
  readonly with: string | null;
  readonly rooms: readonly string[];
  readonly state: FileState;
  /** Bytes that are durable here. */
  readonly bytes: number;
  /** Of a file that cannot go on now: whom it waits for, in words; null when nothing is waited for. */
  readonly waitsFor: string | null;
  /** Of an own file: who has all of it, who turned it down, and who is fetching it now and has so many bytes. */
  readonly fetchedBy: readonly string[];
  readonly declinedBy: readonly string[];
  readonly fetching: ReadonlyArray<{ readonly by: string; readonly bytes: number }>;
  readonly offeredMillis: WallMillis;
}

export type FileNodeEvent =
  /** A file is other than before: offered, further, complete, declined. */
  { readonly type: 'file-changed'; readonly file: FileView };
