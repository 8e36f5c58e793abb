import { bytes, choice, integer, list, type Shape } from '../shape.ts';
import { CHUNK_BYTES_MAX, CHUNKS_MAX, HASH_BYTES, TAG_BYTES } from './descriptor.ts';

/** What nodes tell each other about files. `file` is the root that a descriptor names; who does not know it gets nothing. */
export type FileMessage =
  /** Asks for chunks, or, with none named, for the hashes of all of them. `have`: chunks that are durable at the asker. */
  | { readonly type: 'file-ask'; readonly file: Uint8Array; readonly indexes: readonly number[]; readonly have: number }
  /** SHA-256 of each sealed chunk, in order. */
  | { readonly type: 'file-hashes'; readonly file: Uint8Array; readonly hashes: Uint8Array }
  | { readonly type: 'file-chunk'; readonly file: Uint8Array; readonly index: number; readonly sealed: Uint8Array }
  /**
   * missing: these chunks (none: anything of it) cannot be had here now. complete, declined: what became of it at the sender of this;
   * complete-heard, declined-heard: the author has stored that.
   */
  | {
      readonly type: 'file-note';
      readonly file: Uint8Array;
      readonly note: 'missing' | 'complete' | 'declined' | 'complete-heard' | 'declined-heard';
      readonly indexes: readonly number[];
    };

/** Chunks that one message asks for. */
export const ASK_CHUNKS_MAX = 64;

const file = bytes(HASH_BYTES);
const index = integer(0, CHUNKS_MAX - 1);
const indexes = list(index, ASK_CHUNKS_MAX);

type Entry = { readonly about: string; readonly shape: Readonly<Record<string, Shape>> };

/** Shapes of the messages above. */
export const FILE_MESSAGES: Readonly<Record<FileMessage['type'], Entry>> = {
  'file-ask': { about: 'Asks for chunks of a file; without indexes for the hashes of all.', shape: { file, indexes, have: integer(0, CHUNKS_MAX) } },
  'file-hashes': { about: 'The hashes of all sealed chunks of a file.', shape: { file, hashes: bytes(0, CHUNKS_MAX * HASH_BYTES) } },
  'file-chunk': { about: 'A sealed chunk of a file.', shape: { file, index, sealed: bytes(TAG_BYTES, CHUNK_BYTES_MAX + TAG_BYTES) } },
  'file-note': {
    about: 'Chunks that the asked node has not; or what became of a file at its receiver, and that its author has heard so.',
    shape: { file, note: choice('missing', 'complete', 'declined', 'complete-heard', 'declined-heard'), indexes },
  },
};

/** About how many bytes a message takes on the wire. */
export function approximateFileBytes(message: FileMessage): number {
  switch (message.type) {
    case 'file-ask':
    case 'file-note':
      return 128 + message.indexes.length * 3;
    case 'file-hashes':
      return 96 + message.hashes.length;
    case 'file-chunk':
      return 96 + message.sealed.length;
  }
}
