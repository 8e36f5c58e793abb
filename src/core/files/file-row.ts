import { boolean, bytes, choice, either, hexId, integer, list, misfit, record, text } from '../shape.ts';
import type { UserId, WallMillis } from '../types.ts';
import { CHUNKS_MAX, chunkCountOf, type FileDescriptor, fileShape } from './descriptor.ts';

/** Where a file was offered: whoever is there may ask for its chunks. */
export type FilePlace = { readonly kind: 'direct'; readonly peer: UserId } | { readonly kind: 'room'; readonly room: string };

/**
 * offered: its receiver has not been asked or has not answered. loading: chunks are fetched whenever somebody is there who has them.
 * complete: all of it is here. declined: not wanted, or deleted, here. expired: kept here for long enough. unfit: its content is not
 * what its author said.
 */
export type FileState = 'offered' | 'loading' | 'complete' | 'declined' | 'expired' | 'unfit';

/** A file as a node knows it. */
export interface FileRow {
  readonly descriptor: FileDescriptor;
  /** Under which name its chunks lie in the table of chunks; random, so that it exists before the root is known. */
  readonly slot: string;
  readonly author: UserId;
  /** The author's name when it was offered. */
  readonly from: string;
  readonly places: readonly FilePlace[];
  readonly state: FileState;
  /** One bit for each chunk, the first the lowest of the first byte: those that lie in the table. */
  readonly have: Uint8Array;
  readonly haveCount: number;
  readonly offeredMillis: WallMillis;
  readonly changedMillis: WallMillis;
  /** Of an own file: who has all of it, and who turned it down. */
  readonly fetchedBy: readonly UserId[];
  readonly declinedBy: readonly UserId[];
  /** The author has heard what became of it here. */
  readonly told: boolean;
}

export const PLACES_MAX = 8;
/** Of a file in a large room the sender remembers so many receivers. */
export const FETCHERS_MAX = 256;

export const filePlaceShape = either(record({ kind: choice('direct'), peer: hexId }), record({ kind: choice('room'), room: hexId }));

const rowShape = record({
  descriptor: fileShape,
  slot: text(1, 32, /^[A-Za-z0-9_-]+$/),
  author: hexId,
  from: text(1, 80),
  places: list(filePlaceShape, PLACES_MAX),
  state: choice('offered', 'loading', 'complete', 'declined', 'expired', 'unfit'),
  have: bytes(0, CHUNKS_MAX / 8),
  haveCount: integer(0, CHUNKS_MAX),
  offeredMillis: integer(),
  changedMillis: integer(),
  fetchedBy: list(hexId, FETCHERS_MAX),
  declinedBy: list(hexId, FETCHERS_MAX),
  told: boolean,
});

/** Rows come sealed from another node of the same user; this keeps a damaged one from doing harm here. */
export function asFileRow(value: unknown): FileRow | null {
  if (misfit(rowShape, value) !== null) return null;
  const row = value as FileRow;
  return row.have.length === bitmapBytes(chunkCountOf(row.descriptor)) ? row : null;
}

export function bitmapBytes(chunks: number): number {
  return Math.ceil(chunks / 8);
}

export function hasChunk(row: FileRow, index: number): boolean {
  return ((row.have[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/** The row with one chunk more, or one less. */
export function withChunk(row: FileRow, index: number, here: boolean): FileRow {
  if (hasChunk(row, index) === here) return row;
  const have = row.have.slice();
  have[index >> 3] = (have[index >> 3] ?? 0) ^ (1 << (index & 7));
  return { ...row, have, haveCount: row.haveCount + (here ? 1 : -1) };
}

export function allChunks(chunks: number): Uint8Array {
  const have = new Uint8Array(bitmapBytes(chunks)).fill(255);
  if ((chunks & 7) !== 0) have[have.length - 1] = (1 << (chunks & 7)) - 1;
  return have;
}

export function samePlace(one: FilePlace, other: FilePlace): boolean {
  return one.kind === 'direct' ? other.kind === 'direct' && one.peer === other.peer : other.kind === 'room' && one.room === other.room;
}
