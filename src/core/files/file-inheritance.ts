import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import { CHUNK_BYTES_MAX, CHUNKS_MAX, type FileId, HASH_BYTES, TAG_BYTES } from './descriptor.ts';
import { asFileRow, type FileRow, PLACES_MAX, samePlace } from './file-row.ts';
import type { FileShelf } from './file-shelf.ts';

const SLOT = /^([A-Za-z0-9_-]{1,32})\/(\d{4}|hashes)$/;

/**
 * Takes in files as an earlier session of the user left them at another node, chunks included: that node is locked afterwards,
 * and of what the user has sent nobody else might have a copy. Chunks come before the rows that count them, so that nothing counts
 * before it is here. Each may come any number of times.
 */
export class FileInheritance {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #changed: (id: FileId) => void;

  constructor(parts: Parts, shelf: FileShelf, changed: (id: FileId) => void) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#changed = changed;
  }

  /** True for a table of files. */
  take(table: string, key: string, value: unknown): boolean {
    switch (table) {
      case 'fileChunks':
        this.#chunk(key, value);
        return true;
      case 'files':
        this.#row(value);
        return true;
      default:
        return false;
    }
  }

  #chunk(key: string, value: unknown): void {
    const what = SLOT.exec(key)?.[2];
    if (what === undefined || !(value instanceof Uint8Array)) return;
    const bytesMax = what === 'hashes' ? CHUNKS_MAX * HASH_BYTES : CHUNK_BYTES_MAX + TAG_BYTES;
    if (value.length <= bytesMax) this.#parts.env.store.put('fileChunks', key, value);
  }

  #row(value: unknown): void {
    const row = asFileRow(value);
    if (row === null) return;
    const id = toHex(row.descriptor.root);
    const known = this.#shelf.get(id);
    if (known === undefined && this.#shelf.size >= this.#parts.options.filesMax) {
      this.#shelf.dropChunksOf(row);
      return this.#parts.count('filesNotKept');
    }
    if (known !== undefined && known.haveCount >= row.haveCount) {
      if (known.slot !== row.slot) this.#shelf.dropChunksOf(row);
    } else {
      if (known !== undefined) this.#shelf.dropChunksOf(known);
      this.#shelf.put(row);
    }
    if (known !== undefined) this.#merge(id, known, row);
    this.#changed(id);
  }

  #merge(id: FileId, known: FileRow, row: FileRow): void {
    const places = [...known.places, ...row.places.filter((place) => !known.places.some((each) => samePlace(each, place)))];
    const fetchedBy = [...new Set([...known.fetchedBy, ...row.fetchedBy])];
    const declinedBy = [...new Set([...known.declinedBy, ...row.declinedBy])].filter((user) => !fetchedBy.includes(user));
    this.#shelf.change(id, { places: places.slice(0, PLACES_MAX), fetchedBy, declinedBy });
  }
}
