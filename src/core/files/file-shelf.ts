import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import { chunkedBytesOf, type FileId } from './descriptor.ts';
import { asFileRow, type FilePlace, type FileRow, hasChunk, samePlace, withChunk } from './file-row.ts';

/** Keys of rows that stand for a file which is being read in; it has no root yet. */
const PREPARING = 'preparing/';
const INDEX_DIGITS = 4;
const HASHES = 'hashes';

/**
 * Files of the logged-in user and their chunks, which lie in the user's store as they travel: sealed with the key of the file.
 * Rows are kept in memory and written once at the end of a turn, chunks at once; one commit makes both durable.
 */
export class FileShelf {
  readonly #parts: Parts;
  readonly #rows = new Map<FileId, FileRow>();
  readonly #dirty = new Set<FileId>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  open(): void {
    const { store } = this.#parts.env;
    for (const [key, value] of store.scan('files')) {
      const row = asFileRow(value);
      if (row !== null) this.#rows.set(key, row);
      // A node that ended while it read a file in leaves chunks that belong to nothing.
      else if (key.startsWith(PREPARING)) this.abandon(key.slice(PREPARING.length), Number(value));
    }
  }

  close(): void {
    this.flush();
    this.#rows.clear();
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const id of this.#dirty) {
      const row = this.#rows.get(id);
      if (row === undefined) this.#parts.env.store.delete('files', id);
      else this.#parts.env.store.put('files', id, row);
    }
    this.#dirty.clear();
  }

  #touch(id: FileId): void {
    this.#dirty.add(id);
    this.#parts.turnWork.add(WORK.files);
  }

  all(): IterableIterator<[FileId, FileRow]> {
    return this.#rows.entries();
  }

  get(id: FileId): FileRow | undefined {
    return this.#rows.get(id);
  }

  get size(): number {
    return this.#rows.size;
  }

  put(row: FileRow): FileId {
    const id = toHex(row.descriptor.root);
    this.#rows.set(id, row);
    this.#touch(id);
    return id;
  }

  /** Changes a row; what it is then. */
  change(id: FileId, change: Partial<FileRow>): FileRow | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    const changed = { ...row, ...change, changedMillis: Math.trunc(this.#parts.env.wallMillis) };
    this.#rows.set(id, changed);
    this.#touch(id);
    return changed;
  }

  remove(id: FileId): void {
    this.dropChunks(id);
    this.#rows.delete(id);
    this.#touch(id);
  }

  // --- chunks ---

  chunk(row: FileRow, index: number): Uint8Array | null {
    if (!hasChunk(row, index)) return null;
    const found = this.#parts.env.store.get('fileChunks', chunkKey(row.slot, index));
    return found instanceof Uint8Array ? found : null;
  }

  putChunk(slot: string, index: number, sealed: Uint8Array): void {
    this.#parts.env.store.put('fileChunks', chunkKey(slot, index), sealed);
  }

  hashes(row: FileRow): Uint8Array | null {
    const found = this.#parts.env.store.get('fileChunks', `${row.slot}/${HASHES}`);
    return found instanceof Uint8Array ? found : null;
  }

  putHashes(slot: string, hashes: Uint8Array): void {
    this.#parts.env.store.put('fileChunks', `${slot}/${HASHES}`, hashes);
  }

  /** A chunk that should be there is not, or is damaged: it has to be fetched again, where it came from. */
  lost(id: FileId, index: number): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    const isOwn = row.author === this.#parts.session.userId;
    this.change(id, { ...withChunk(row, index, false), state: isOwn || row.state !== 'complete' ? row.state : 'loading' });
  }

  dropChunks(id: FileId): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.dropChunksOf(row);
    this.change(id, { have: new Uint8Array(row.have.length), haveCount: 0 });
  }

  /** The chunks alone. */
  dropChunksOf(row: FileRow): void {
    const { store } = this.#parts.env;
    for (let index = 0; index < row.have.length * 8; index += 1) if (hasChunk(row, index)) store.delete('fileChunks', chunkKey(row.slot, index));
    store.delete('fileChunks', `${row.slot}/${HASHES}`);
  }

  // --- files that are being read in ---

  /** Remembers that chunks of this name belong to nothing yet, so that a crash leaves none behind. */
  prepare(slot: string, chunks: number): void {
    this.#parts.env.store.put('files', `${PREPARING}${slot}`, chunks);
  }

  prepared(slot: string): void {
    this.#parts.env.store.delete('files', `${PREPARING}${slot}`);
  }

  abandon(slot: string, chunks: number): void {
    for (let index = 0; index < chunks; index += 1) this.#parts.env.store.delete('fileChunks', chunkKey(slot, index));
    this.prepared(slot);
  }

  // --- bounds ---

  /** Bytes that are here or on their way here, filler among them, of all files or of those of one place that others offered. */
  bytes(place?: FilePlace): number {
    let sum = 0;
    for (const row of this.#rows.values()) {
      if (row.state !== 'loading' && row.state !== 'complete') continue;
      if (place !== undefined && (row.author === this.#parts.session.userId || !row.places.some((each) => samePlace(each, place)))) continue;
      sum += chunkedBytesOf(row.descriptor);
    }
    return sum;
  }

  /** Why a file of so many bytes, with its filler, has no room here; null when it has. */
  fullness(size: number, place?: FilePlace): { readonly bytes: number; readonly max: number; readonly where: string } | null {
    const { options } = this.#parts;
    const all = this.bytes();
    if (all + size > options.fileTotalBytesMax) return { bytes: all, max: options.fileTotalBytesMax, where: 'here' };
    if (place === undefined) return null;
    const max = place.kind === 'direct' ? options.filePeerBytesMax : options.fileRoomBytesMax;
    const bytes = this.bytes(place);
    return bytes + size > max ? { bytes, max, where: place.kind === 'direct' ? 'from this friend' : 'from this room' } : null;
  }

  /** Makes room for a new file of the user: own copies of what the friend has fetched go, the oldest first. Those that went. */
  evictFetched(size: number): FileId[] {
    const me = this.#parts.session.userId;
    const evicted: FileId[] = [];
    const fetched = [...this.#rows].filter(
      ([, row]) => row.author === me && row.state === 'complete' && row.places.every((place) => place.kind === 'direct' && row.fetchedBy.includes(place.peer)),
    );
    for (const [id] of fetched.sort(([, a], [, b]) => a.changedMillis - b.changedMillis)) {
      if (this.fullness(size) === null) break;
      this.dropChunks(id);
      this.change(id, { state: 'expired' });
      evicted.push(id);
    }
    return evicted;
  }

  /** What has been here for long enough goes; rows that only tell of it go after as long again. */
  expire(): FileId[] {
    const { env, options } = this.#parts;
    const expired: FileId[] = [];
    for (const [id, row] of Array.from(this.#rows)) {
      const age = env.wallMillis - row.changedMillis;
      if (age < options.fileKeptMillis) continue;
      if (row.state === 'declined' || row.state === 'expired' || row.state === 'unfit') {
        if (age >= options.fileKeptMillis * 2) this.remove(id);
        continue;
      }
      this.dropChunks(id);
      this.change(id, { state: 'expired' });
      expired.push(id);
    }
    return expired;
  }
}

function chunkKey(slot: string, index: number): string {
  return `${slot}/${String(index).padStart(INDEX_DIGITS, '0')}`;
}
