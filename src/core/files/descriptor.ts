import { concat, sameBytes, utf8, utf8Length, wellFormedText } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import { boolean, bytes, integer, optional, record, type Shape, text } from '../shape.ts';
import { paddedBytesOf } from './file-padding.ts';
import { extensionOf, mediaTypeOf } from './media-types.ts';

/**
 * What a message says of a file that belongs to it. It travels inside the sealed message, so only who may read that can ask
 * for the file (by its root) and open it (by its key).
 */
export interface FileDescriptor {
  /** SHA-256 over sizes and the hashes of all sealed chunks, 32 bytes: names the file, and nobody can exchange a chunk of it. */
  readonly root: Uint8Array;
  /** Random, 32 bytes, for this one file. */
  readonly key: Uint8Array;
  /** Without any path. */
  readonly name: string;
  /** As the name suggests; nothing is decided by it. */
  readonly mediaType: string;
  /** Bytes in clear. */
  readonly size: number;
  /** Bytes in clear of each chunk but the last. */
  readonly chunkBytes: number;
  /** Filler follows the content, so that who watches does not see its size (file-padding.ts); absent: none, as in files of earlier versions. */
  readonly padded?: boolean;
}

type Sizes = Pick<FileDescriptor, 'size' | 'chunkBytes' | 'padded'>;

/** Hex of the root (64 characters). */
export type FileId = string & { readonly __file?: 'id' };

export const FILE_BYTES_MAX = 16_777_216;
const CHUNK_BYTES_MIN = 4_096;
export const CHUNK_BYTES_MAX = 65_536;
export const CHUNKS_MAX = FILE_BYTES_MAX / CHUNK_BYTES_MIN;
export const HASH_BYTES = 32;
export const TAG_BYTES = 16;
const NAME_CHARACTERS_MAX = 200;

/**
 * No path, no control or format characters (among the latter are those that turn the direction of writing, which hides what a name
 * ends in), and nothing hidden: who saves into a folder must see what came, and get no `.profile`.
 */
const NAME = /^(?!\.)[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:]+$/u;
const NOT_IN_NAME = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:]/gu;

export const fileShape: Shape = record({
  root: bytes(HASH_BYTES),
  key: bytes(32),
  name: text(1, NAME_CHARACTERS_MAX, NAME),
  mediaType: text(3, 100, /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/),
  size: integer(0, FILE_BYTES_MAX),
  chunkBytes: integer(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX),
  padded: optional(boolean),
});

/** The last part of a path as a name that every receiver takes; its ending stays when it has to be shortened. */
export function fileNameOf(path: string): string {
  const last = path.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  const clean = wellFormedText(last).replace(NOT_IN_NAME, '_').trim().replace(/^\.+/, '_');
  if (clean === '') return 'file';
  const ending = extensionOf(clean);
  let stem = clean.slice(0, clean.length - ending.length);
  while (utf8Length(stem + ending) > NAME_CHARACTERS_MAX) stem = wellFormedText(stem.slice(0, -1)).replace('\ufffd', '');
  return stem + ending;
}

/** Bytes in all chunks, before they are sealed. */
export function chunkedBytesOf({ size, padded }: Pick<Sizes, 'size' | 'padded'>): number {
  return padded === true ? paddedBytesOf(size) : size;
}

export function chunkCountOf(sizes: Sizes): number {
  return Math.ceil(chunkedBytesOf(sizes) / sizes.chunkBytes);
}

/** Bytes of one chunk, before it is sealed. */
export function chunkLengthOf(sizes: Sizes, index: number): number {
  return Math.max(0, Math.min(sizes.chunkBytes, chunkedBytesOf(sizes) - index * sizes.chunkBytes));
}

export function describeFile(of: Pick<FileDescriptor, 'key' | 'name'> & Sizes, root: Uint8Array): FileDescriptor {
  return { ...of, root, mediaType: mediaTypeOf(of.name) };
}

/** Root of a file whose sealed chunks have these hashes (SHA-256 each, one after the other). */
export function rootOf(crypto: Crypto, { size, chunkBytes, padded }: Sizes, hashes: Uint8Array): Uint8Array {
  return crypto.sha256(concat(utf8(`confab/file/${padded === true ? 2 : 1}\0${size}\0${chunkBytes}\0`), hashes));
}

export function hashOfChunk(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** ChaCha20-Poly1305 (RFC 8439). The key is of this file alone and each place is sealed once, so the place can be the nonce. */
export function sealChunk(crypto: Crypto, key: Uint8Array, index: number, plaintext: Uint8Array): Uint8Array {
  return crypto.seal({ key, nonce: nonceOf(index), plaintext, associated: ASSOCIATED });
}

/** The content in a chunk, without filler; null when it is not what the descriptor promises, which its author alone can bring about. */
export function openChunk(crypto: Crypto, descriptor: FileDescriptor, index: number, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length !== chunkLengthOf(descriptor, index) + TAG_BYTES) return null;
  const opened = crypto.open({ key: descriptor.key, nonce: nonceOf(index), ciphertext: sealed, associated: ASSOCIATED });
  return opened?.subarray(0, Math.max(0, descriptor.size - index * descriptor.chunkBytes)) ?? null;
}

const ASSOCIATED = utf8('confab/file-chunk/1');

function nonceOf(index: number): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce[10] = index >> 8;
  nonce[11] = index & 255;
  return nonce;
}

function chunksAlike(one: Sizes, other: Sizes): boolean {
  return one.size === other.size && one.chunkBytes === other.chunkBytes && (one.padded === true) === (other.padded === true);
}

/** Whether both open the same chunks to the same bytes. */
export function sameContent(one: FileDescriptor, other: FileDescriptor): boolean {
  return chunksAlike(one, other) && sameBytes(one.key, other.key);
}

/** Whether these are the hashes that the root vouches for. */
export function fitsRoot(crypto: Crypto, descriptor: FileDescriptor, hashes: Uint8Array): boolean {
  return hashes.length === chunkCountOf(descriptor) * HASH_BYTES && sameBytes(rootOf(crypto, descriptor, hashes), descriptor.root);
}
