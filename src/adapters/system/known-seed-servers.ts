import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../files.ts';

const FILE = 'seed-servers';
const SERVERS_MAX = 64;

/** The keys by which seed servers were first met, by URL, in a file of the node's folder: as SSH knows its hosts. */
export class KnownSeedServers {
  readonly #path: string;
  readonly #keys: Map<string, string>;

  constructor(folder: string) {
    this.#path = join(folder, FILE);
    this.#keys = new Map(
      readLines(this.#path).flatMap((line): Array<[string, string]> => {
        const [url, key] = line.split(' ');
        return url === undefined || key === undefined ? [] : [[url, key]];
      }),
    );
  }

  keyOf(url: string): string | null {
    return this.#keys.get(url) ?? null;
  }

  /** What cannot be written is known until the process ends. */
  know(url: string, key: string): void {
    if (this.#keys.get(url) === key) return;
    this.#keys.delete(url);
    this.#keys.set(url, key);
    while (this.#keys.size > SERVERS_MAX) this.#keys.delete(this.#keys.keys().next().value as string);
    try {
      replaceFile(this.#path, Buffer.from([...this.#keys].map(([each, known]) => `${each} ${known}\n`).join('')));
    } catch {
      // See above.
    }
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
