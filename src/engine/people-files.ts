import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MemoryFiles } from '../sim/memory-files.ts';
import { AFTERMATH } from './aftermath.ts';

/** Files of the people who sit at nodes: what steps let them send, and what they saved. They lie outside the data root. */
export interface PeopleFiles {
  /** Puts a file somewhere; resolves with its path. */
  put(name: string, bytes: Uint8Array): Promise<string>;
  /** A path at which a node of this name may save something. */
  placeFor(node: string, name: string): Promise<string>;
  /** Null: nothing is there. */
  get(path: string): Promise<Uint8Array | null>;
  /** Removes all of them. */
  end(): Promise<void>;
}

export class SimulatedPeopleFiles implements PeopleFiles {
  readonly #files: MemoryFiles;

  constructor(files: MemoryFiles) {
    this.#files = files;
  }

  async put(name: string, bytes: Uint8Array): Promise<string> {
    const path = `/people/sent/${name}`;
    this.#files.put(path, bytes);
    return path;
  }

  async placeFor(node: string, name: string): Promise<string> {
    return `/people/${node}/${name}`;
  }

  async get(path: string): Promise<Uint8Array | null> {
    return this.#files.get(path) ?? null;
  }

  async end(): Promise<void> {
    // They go with the world.
  }
}

/** In a folder among the temporary files, which goes also when this process is killed. */
export class LocalPeopleFiles implements PeopleFiles {
  #folder: Promise<string> | null = null;

  #root(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), `confab-run-${process.pid}-`)).then((folder) => {
      AFTERMATH.remove(folder);
      return folder;
    });
    return this.#folder;
  }

  async put(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(await this.#root(), 'sent', name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, bytes, { mode: 0o600 });
    return path;
  }

  async placeFor(node: string, name: string): Promise<string> {
    const path = join(await this.#root(), node, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return path;
  }

  async get(path: string): Promise<Uint8Array | null> {
    return await readFile(path).catch(() => null);
  }

  async end(): Promise<void> {
    if (this.#folder !== null) await rm(await this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}
