import type { Parts } from '../parts.ts';
import { hexId, integer, misfit, record, text } from '../shape.ts';
import type { UserId, WallMillis } from '../types.ts';
import { type FileDescriptor, type FileId, fileShape } from './descriptor.ts';
import { type FilePlace, filePlaceShape } from './file-row.ts';

/** What a message offers. */
export interface Offer {
  readonly place: FilePlace;
  readonly author: UserId;
  /** The author's name. */
  readonly from: string;
  readonly sentMillis: WallMillis;
}

/** An offer that says something else of a known file: another key or size, or somebody else as the author. */
export interface Rival {
  readonly descriptor: FileDescriptor;
  readonly offer: Offer;
}

const offerShape = record({ place: filePlaceShape, author: hexId, from: text(1, 80), sentMillis: integer() });
const rivalShape = record({ descriptor: fileShape, offer: offerShape });

/**
 * Other offers of known files, one for each. None is believed for its time, but for the chunks that prove or disprove it: so they
 * are kept as long as the file is, on disk and over takeovers, whichever came first.
 */
export class FileRivals {
  readonly #parts: Parts;
  readonly #rivals = new Map<FileId, Rival>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `isKnown` says which files are still here. */
  open(isKnown: (id: FileId) => boolean): void {
    for (const [id, value] of this.#parts.env.store.scan('fileRivals')) {
      if (isKnown(id) && misfit(rivalShape, value) === null) this.#rivals.set(id, value as Rival);
      else this.#parts.env.store.delete('fileRivals', id);
    }
  }

  close(): void {
    this.#rivals.clear();
  }

  get(id: FileId): Rival | undefined {
    return this.#rivals.get(id);
  }

  /** The first one stays. */
  keep(id: FileId, rival: Rival): void {
    if (this.#rivals.has(id) || this.#rivals.size >= this.#parts.options.filesMax) return;
    this.#rivals.set(id, rival);
    this.#parts.env.store.put('fileRivals', id, rival);
  }

  delete(id: FileId): void {
    if (this.#rivals.delete(id)) this.#parts.env.store.delete('fileRivals', id);
  }

  /** As an earlier session of the user kept it. */
  inherit(id: string, value: unknown): void {
    if (misfit(hexId, id) === null && misfit(rivalShape, value) === null) this.keep(id, value as Rival);
  }
}
