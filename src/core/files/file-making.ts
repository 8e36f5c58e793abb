import { concat } from '../bytes.ts';
import type { CoreOptions } from '../options.ts';
import type { Parts } from '../parts.ts';
import { integer, misfit } from '../shape.ts';
import type { UserId } from '../types.ts';
import { chunkCountOf, chunkedBytesOf, describeFile, type FileDescriptor, type FileId, fileNameOf, rootOf, sealChunk } from './descriptor.ts';
import { allChunks } from './file-row.ts';
import type { FileShelf } from './file-shelf.ts';

type Failure = { readonly code: string; readonly details?: Record<string, unknown> };
interface Reading {
  readonly path: string;
  readonly slot: string;
  readonly key: Uint8Array;
  readonly session: object;
  readonly hashes: Uint8Array[];
  readonly failed: (failure: Failure) => void;
  readonly done: (descriptor: FileDescriptor) => boolean;
  size: number;
  modifiedMillis: number;
  offset: number;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly modifiedMillis: number;
}

/**
 * Reads a file of the user in, piece by piece, and seals it. Its chunks are durable before anybody hears of it; what a crash or an
 * error leaves half done is cleared away.
 */
export class FileMaking {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #call: (what: ReadRequest, answered: (result: ReadResult) => void) => void;
  readonly #changed: (id: FileId) => void;
  #open = 0;

  /** `changed`: a copy of something else went, to make room. */
  constructor(parts: Parts, shelf: FileShelf, call: (what: ReadRequest, answered: (result: ReadResult) => void) => void, changed: (id: FileId) => void) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#call = call;
    this.#changed = changed;
  }

  forget(): void {
    this.#open = 0;
  }

  /**
   * `done` puts the descriptor into a message, in the same turn; where it says false, nothing stays here.
   * `failed`: too-large, files-full, busy, or what reading said.
   */
  make(path: string, done: Reading['done'], failed: Reading['failed']): void {
    const { env, options, session } = this.#parts;
    if (session.open === null) return failed({ code: 'not-logged-in' });
    if (this.#open >= options.filePreparingMax) return failed({ code: 'busy', details: { what: 'other files' } });
    this.#open += 1;
    const reading = {
      path,
      slot: env.random.id(),
      key: env.random.bytes(32),
      session: session.open,
      hashes: [],
      failed,
      done,
      size: -1,
      modifiedMillis: 0,
      offset: 0,
    };
    this.#read(reading);
  }

  #read(reading: Reading): void {
    const { path, offset } = reading;
    this.#call({ service: 'file-read', path, offset, length: this.#pieceBytes() }, (result) => {
      // Whoever was logged in is not any more: their chunks are cleared away at their next login.
      if (this.#parts.session.open !== reading.session) return reading.failed({ code: 'not-logged-in' });
      const failure = result.ok
        ? this.#take(reading, result.value as Piece)
        : { code: result.code, ...(result.details === undefined ? {} : { details: { ...result.details } }) };
      if (failure !== null) this.#fail(reading, failure);
      else if (reading.offset < reading.size) this.#read(reading);
      else this.#finish(reading);
    });
  }

  /** Whole chunks, so that each piece can be sealed as it comes. */
  #pieceBytes(): number {
    const { fileChunkBytes, filePieceBytes } = this.#parts.options;
    return Math.max(1, Math.floor(filePieceBytes / fileChunkBytes)) * fileChunkBytes;
  }

  /** Seals and stores a piece; what is wrong with it, or null. */
  #take(reading: Reading, piece: Piece): Failure | null {
    const { env, options } = this.#parts;
    if (!(piece?.bytes instanceof Uint8Array) || misfit(integer(), piece.size) !== null)
      return { code: 'internal', details: { reason: 'a file was read in no known form' } };
    if (reading.offset === 0) {
      const wrong = this.#begin(reading, piece);
      if (wrong !== null) return wrong;
    }
    const expected = Math.min(this.#pieceBytes(), reading.size - reading.offset);
    if (piece.size !== reading.size || piece.modifiedMillis !== reading.modifiedMillis || piece.bytes.length !== expected) {
      return { code: 'file-unreadable', details: { path: reading.path, reason: 'it was changed while it was read' } };
    }
    const sizes = sizesOf(reading.size, options);
    const isLast = reading.offset + piece.bytes.length >= reading.size;
    const filled = isLast ? withFiller(piece.bytes, chunkedBytesOf(sizes) - reading.offset) : piece.bytes;
    for (let at = 0; at < filled.length; at += options.fileChunkBytes) {
      const index = reading.hashes.length;
      const sealed = sealChunk(env.crypto, reading.key, index, filled.subarray(at, at + options.fileChunkBytes));
      this.#shelf.putChunk(reading.slot, index, sealed);
      reading.hashes.push(env.crypto.sha256(sealed));
    }
    reading.offset += piece.bytes.length;
    return null;
  }

  #begin(reading: Reading, piece: Piece): Failure | null {
    const { options } = this.#parts;
    if (piece.size > options.fileBytesMax)
      return { code: 'too-large', details: { what: fileNameOf(reading.path), bytes: piece.size, max: options.fileBytesMax } };
    const sizes = sizesOf(piece.size, options);
    const bytes = chunkedBytesOf(sizes);
    for (const id of this.#shelf.evictFetched(bytes)) this.#changed(id);
    const full = this.#shelf.fullness(bytes);
    if (full !== null) return { code: 'files-full', details: full };
    reading.size = piece.size;
    reading.modifiedMillis = piece.modifiedMillis;
    this.#shelf.prepare(reading.slot, chunkCountOf(sizes));
    return null;
  }

  #fail(reading: Reading, failure: Failure): void {
    this.#open -= 1;
    this.#shelf.abandon(reading.slot, reading.hashes.length);
    reading.failed(failure);
  }

  #finish(reading: Reading): void {
    const { env, options } = this.#parts;
    this.#open -= 1;
    const sizes = sizesOf(reading.size, options);
    const hashes = concat(...reading.hashes);
    const descriptor = describeFile({ ...sizes, key: reading.key, name: fileNameOf(reading.path) }, rootOf(env.crypto, sizes, hashes));
    const { userId } = this.#parts.session;
    if (userId === null) return;
    const id = this.#keep(reading, descriptor, hashes, userId);
    if (!reading.done(descriptor)) this.#shelf.remove(id);
  }

  #keep(reading: Reading, descriptor: FileDescriptor, hashes: Uint8Array, author: UserId): FileId {
    const { env, settings } = this.#parts;
    const chunks = chunkCountOf(descriptor);
    const nowMillis = Math.trunc(env.wallMillis);
    this.#shelf.putHashes(reading.slot, hashes);
    this.#shelf.prepared(reading.slot);
    return this.#shelf.put({
      descriptor,
      slot: reading.slot,
      author,
      from: settings.user,
      places: [],
      state: 'complete',
      have: allChunks(chunks),
      haveCount: chunks,
      offeredMillis: nowMillis,
      changedMillis: nowMillis,
      fetchedBy: [],
      declinedBy: [],
      told: true,
    });
  }
}

function sizesOf(size: number, options: CoreOptions): { readonly size: number; readonly chunkBytes: number; readonly padded: true } {
  return { size, chunkBytes: options.fileChunkBytes, padded: true };
}

function withFiller(bytes: Uint8Array, length: number): Uint8Array {
  const filled = new Uint8Array(length);
  filled.set(bytes);
  return filled;
}

export type ReadRequest = { readonly service: 'file-read'; readonly path: string; readonly offset: number; readonly length: number };
type ReadResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly details?: Readonly<Record<string, unknown>> };
