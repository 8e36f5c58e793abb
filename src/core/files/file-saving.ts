import { concat } from '../bytes.ts';
import type { ServiceResult } from '../env.ts';
import type { Parts } from '../parts.ts';
import { chunkCountOf, type FileId, openChunk } from './descriptor.ts';
import type { FileShelf } from './file-shelf.ts';

type Failure = { readonly code: string; readonly details?: Record<string, unknown> };

export type WriteRequest = {
  readonly service: 'file-write';
  readonly path: string;
  /** The file's name where the path is a folder. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly last: boolean;
  readonly overwrite: boolean;
};

interface Writing {
  readonly id: FileId;
  readonly overwrite: boolean;
  readonly session: object;
  readonly done: (saved: { readonly path: string; readonly bytes: number }) => void;
  readonly failed: (failure: Failure) => void;
  path: string;
  index: number;
  offset: number;
}

/** Opens the chunks of a complete file and hands them to the driver, piece by piece, to be written where the user says. */
export class FileSaving {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #lost: (id: FileId) => void;
  readonly #call: (what: WriteRequest, answered: (result: ServiceResult) => void) => void;

  /** `lost`: a piece is damaged here, and is fetched again where that can be. */
  constructor(parts: Parts, shelf: FileShelf, call: (what: WriteRequest, answered: (result: ServiceResult) => void) => void, lost: (id: FileId) => void) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#call = call;
    this.#lost = lost;
  }

  save(id: FileId, to: { readonly path: string; readonly overwrite: boolean }, done: Writing['done'], failed: Writing['failed']): void {
    const { session } = this.#parts;
    if (session.open === null) return failed({ code: 'not-logged-in' });
    this.#write({ id, ...to, session: session.open, done, failed, index: 0, offset: 0 });
  }

  #write(writing: Writing): void {
    const { env, options, session } = this.#parts;
    const row = this.#shelf.get(writing.id);
    if (session.open !== writing.session || row === undefined) return writing.failed({ code: 'not-logged-in' });
    const { descriptor } = row;
    const chunks = chunkCountOf(descriptor);
    const until = Math.min(chunks, writing.index + Math.max(1, Math.floor(options.filePieceBytes / descriptor.chunkBytes)));
    const pieces: Uint8Array[] = [];
    for (; writing.index < until; writing.index += 1) {
      const sealed = this.#shelf.chunk(row, writing.index);
      const opened = sealed === null ? null : openChunk(env.crypto, descriptor, writing.index, sealed);
      if (opened === null) {
        this.#shelf.lost(writing.id, writing.index);
        this.#lost(writing.id);
        return writing.failed({ code: 'file-incomplete', details: { name: descriptor.name, reason: 'a piece of it is damaged here' } });
      }
      pieces.push(opened);
    }
    const bytes = concat(...pieces);
    const last = writing.index >= chunks;
    const { path, offset, overwrite } = writing;
    this.#call({ service: 'file-write', path, name: descriptor.name, offset, bytes, last, overwrite }, (result) => {
      if (!result.ok) return writing.failed({ code: result.code, ...(result.details === undefined ? {} : { details: { ...result.details } }) });
      writing.path = (result.value as { readonly path: string }).path;
      writing.offset += bytes.length;
      if (last) writing.done({ path: writing.path, bytes: writing.offset });
      else this.#write(writing);
    });
  }
}
