import type { Parts } from '../parts.ts';
import { hexId, integer, list, misfit, record, text } from '../shape.ts';
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

/** Offers of one file beside the known one, one an author: so many accounts it takes to keep another one out. */
const RIVALS_MAX = 8;
const offerShape = record({ place: filePlaceShape, author: hexId, from: text(1, 80), sentMillis: integer() });
const rivalsShape = list(record({ descriptor: fileShape, offer: offerShape }), RIVALS_MAX);

/**
 * Other offers of known files. None is believed for its time, but for the chunks that prove or disprove it: so they are kept until then,
 * and those that say something else only of the author as long as the file is, on disk and over takeovers, whichever came first.
 */
export class FileRivals {
  readonly #parts: Parts;
  readonly #rivals = new Map<FileId, readonly Rival[]>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `isKnown` says which files are still here. */
  open(isKnown: (id: FileId) => boolean): void {
    for (const [id, value] of this.#parts.env.store.scan('fileRivals')) {
      if (isKnown(id) && misfit(rivalsShape, value) === null) this.#rivals.set(id, value as readonly Rival[]);
      else this.#parts.env.store.delete('fileRivals', id);
    }
  }

  close(): void {
    this.#rivals.clear();
  }

  /** The first that came stands first. */
  of(id: FileId): readonly Rival[] {
    return this.#rivals.get(id) ?? [];
  }

  /** The first one of an author stays. */
  keep(id: FileId, rival: Rival): void {
    const known = this.of(id);
    if (known.length >= RIVALS_MAX || known.some(({ offer }) => offer.author === rival.offer.author)) return;
    if (known.length === 0 && this.#rivals.size >= this.#parts.options.filesMax) return;
    this.#put(id, [...known, rival]);
  }

  /** Those for which `stays` says so. */
  filter(id: FileId, stays: (rival: Rival) => boolean): void {
    const known = this.of(id);
    const left = known.filter(stays);
    if (left.length < known.length) this.#put(id, left);
  }

  /** The file is not here any more. */
  delete(id: FileId): void {
    this.#put(id, []);
  }

  /** Those of files that are not here any more go. */
  tidy(isKnown: (id: FileId) => boolean): void {
    for (const id of Array.from(this.#rivals.keys())) if (!isKnown(id)) this.delete(id);
  }

  #put(id: FileId, rivals: readonly Rival[]): void {
    const { store } = this.#parts.env;
    if (rivals.length > 0) {
      this.#rivals.set(id, rivals);
      store.put('fileRivals', id, rivals);
    } else if (this.#rivals.delete(id)) store.delete('fileRivals', id);
  }

  /** As an earlier session of the user kept them. */
  inherit(id: string, value: unknown): void {
    if (misfit(hexId, id) === null && misfit(rivalsShape, value) === null) for (const rival of value as readonly Rival[]) this.keep(id, rival);
  }
}
