import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { CHUNK_BYTES_MAX, CHUNKS_MAX, chunkCountOf, type FileId, HASH_BYTES, sameContent, TAG_BYTES } from './descriptor.ts';
import { asFileRow, type FilePlace, type FileRow, type FileState, hasChunk, PLACES_MAX, samePlace, withChunk } from './file-row.ts';
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
      case 'fileRivals':
        this.#parts.files.rivals.inherit(key, value);
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
    if (known === undefined) this.#shelf.put(row);
    else if (sameContent(known.descriptor, row.descriptor)) this.#merge(id, known, row);
    else this.#dispute(id, known, row);
    this.#changed(id);
  }

  /** One of two offers is false. Chunks that are here have opened under the other; while there are none, both are kept. */
  #dispute(id: FileId, known: FileRow, row: FileRow): void {
    const me = this.#parts.session.userId;
    const [right, wrong] = proofOf(row, me) > proofOf(known, me) ? [row, known] : [known, row];
    this.#shelf.dropChunksOf(wrong);
    this.#shelf.put({ ...right, places: placesOfBoth(right, wrong) });
    const { descriptor, author, from, offeredMillis, state } = wrong;
    const [place] = wrong.places;
    if (proofOf(right, me) > 0 || state === 'unfit' || place === undefined) return;
    this.#parts.files.rivals.keep(id, { descriptor, offer: { place, author, from, sentMillis: offeredMillis } });
  }

  /**
   * Of two copies of a file the one with more of it stays, or both together where one was handed over from the other before and so
   * has its chunks under the same name.
   */
  #merge(id: FileId, known: FileRow, row: FileRow): void {
    if (known.slot === row.slot) this.#shelf.change(id, together(known, row));
    else if (known.haveCount >= row.haveCount) this.#shelf.dropChunksOf(row);
    else {
      this.#shelf.dropChunksOf(known);
      this.#shelf.put(row);
    }
    const fetchedBy = [...new Set([...known.fetchedBy, ...row.fetchedBy])];
    const declinedBy = [...new Set([...known.declinedBy, ...row.declinedBy])].filter((user) => !fetchedBy.includes(user));
    const { haveCount } = this.#shelf.get(id) ?? known;
    const state = stateOf(known, row, haveCount === chunkCountOf(known.descriptor));
    if (state === 'declined' || state === 'expired' || state === 'unfit') this.#shelf.dropChunks(id);
    this.#shelf.change(id, { places: placesOfBoth(known, row), fetchedBy, declinedBy, state, told: isTold(state, known, row) });
  }
}

/** How much speaks for an offer: that it is the user's own, chunks that it opens, and that none has disproved it. */
function proofOf({ author, haveCount, state }: FileRow, me: UserId | null): number {
  if (author === me) return Number.POSITIVE_INFINITY;
  return state === 'unfit' ? -1 : haveCount;
}

function placesOfBoth(one: FileRow, other: FileRow): readonly FilePlace[] {
  return [...one.places, ...other.places.filter((place) => !one.places.some((each) => samePlace(each, place)))].slice(0, PLACES_MAX);
}

/** What a row says when all chunks of both are here. */
function together(known: FileRow, row: FileRow): Partial<FileRow> {
  const chunks = chunkCountOf(known.descriptor);
  let both = known;
  for (let index = 0; index < chunks; index += 1) if (hasChunk(row, index)) both = withChunk(both, index, true);
  const { have, haveCount } = both;
  return { have, haveCount };
}

/** What was accepted at one of the nodes is; of a refusal and anything else the later counts. */
function stateOf(known: FileRow, row: FileRow, isWhole: boolean): FileState {
  const later = row.changedMillis > known.changedMillis ? row : known;
  if (later.state === 'declined' || later.state === 'expired' || later.state === 'unfit') return later.state;
  const wanted = [known.state, row.state].some((state) => state === 'loading' || state === 'complete');
  if (isWhole && wanted) return 'complete';
  return wanted ? 'loading' : later.state;
}

/** Whether the author knows how it stands, from either node. */
function isTold(state: FileState, known: FileRow, row: FileRow): boolean {
  const isNews = state === 'complete' || state === 'declined';
  return !isNews || [known, row].some((each) => each.state === state && each.told);
}
