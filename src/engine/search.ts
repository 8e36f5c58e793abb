import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Codec } from '../core/capabilities.ts';

/** What a search for readable texts found and how far it looked. */
export interface SearchResult {
  /** Where a text can be read: a file, a frame of a node, a table. Empty: nowhere. */
  readonly found: readonly string[];
  /** Frames, files and tables that were looked through. */
  readonly places: number;
  readonly bytes: number;
}

/** Frames that the simulator keeps for a search at the end. */
const FRAMES_MAX = 200_000;
const FOUND_MAX = 10;

/** Looks through bytes for texts, which are long enough not to be there by chance. */
export class Search {
  readonly #texts: readonly Buffer[];
  readonly found: string[] = [];
  places = 0;
  bytes = 0;

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => Buffer.from(text));
  }

  look(place: string, bytes: Uint8Array): void {
    this.places += 1;
    this.bytes += bytes.length;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.found.length < FOUND_MAX && this.#texts.some((text) => buffer.includes(text))) this.found.push(place);
  }
}

/** Every file under a folder, sub-folders included; what vanishes meanwhile is passed over. */
export async function searchFolder(root: string, texts: readonly string[]): Promise<SearchResult> {
  const search = new Search(texts);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null) search.look(relative(root, path), bytes);
  }
  return search;
}

/** What was sent in a simulated network, kept by reference and encoded only when it is searched. */
export class FrameLog {
  readonly #frames: Array<{ readonly node: string; readonly frame: unknown }> = [];

  add(node: string, frame: unknown): void {
    if (this.#frames.length < FRAMES_MAX) this.#frames.push({ node, frame });
  }

  searchWith(search: Search, codec: Codec): void {
    for (const { node, frame } of this.#frames) search.look(`a frame of ${node}`, codec.encode(frame));
  }
}
