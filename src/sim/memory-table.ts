import type { ScanRange } from '../core/capabilities.ts';

/** After so many changes without a scan, and so many times its keys, a table forgets the order of its keys. */
const UNSCANNED_MIN = 64;
const UNSCANNED_SHARE = 1 / 4;

/**
 * One table in memory: a map, and its keys in code unit order from the first scan on.
 * An empty table costs one small object, so that ten thousand nodes have room.
 */
export class MemoryTable {
  readonly #values = new Map<string, unknown>();
  #sorted: string[] | null = null;
  /** Keys that came or went since the last scan. */
  #changes = 0;

  /** The same keys and values; values are shared. */
  copy(): MemoryTable {
    const copy = new MemoryTable();
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    return copy;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  put(key: string, value: unknown): void {
    if (this.#sorted !== null && !this.#values.has(key) && this.#staysSorted(this.#sorted)) {
      const last = this.#sorted.at(-1);
      if (last === undefined || last < key) this.#sorted.push(key);
      else this.#sorted.splice(lowerBound(this.#sorted, key), 0, key);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key) || this.#sorted === null || !this.#staysSorted(this.#sorted)) return;
    this.#sorted.splice(lowerBound(this.#sorted, key), 1);
  }

  /** The order of a table that is written to again and again and never scanned is not worth its upkeep. */
  #staysSorted(keys: readonly string[]): boolean {
    this.#changes += 1;
    if (this.#changes <= UNSCANNED_MIN + keys.length * UNSCANNED_SHARE) return true;
    this.#sorted = null;
    return false;
  }

  scan(range: ScanRange): Array<readonly [string, unknown]> {
    this.#changes = 0;
    this.#sorted ??= [...this.#values.keys()].sort(byCodeUnits);
    const keys = this.#sorted;
    const { prefix = '', reverse = false } = range;
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    const from = range.from !== undefined && range.from > prefix ? range.from : prefix;
    const start = from === '' ? 0 : lowerBound(keys, from);
    const end = Math.min(range.to === undefined ? keys.length : lowerBound(keys, range.to), prefix === '' ? keys.length : endOfPrefix(keys, prefix));
    const found: Array<readonly [string, unknown]> = [];
    if (reverse) for (let at = end - 1; at >= start && found.length < limit; at -= 1) this.#add(found, keys[at] as string);
    else for (let at = start; at < end && found.length < limit; at += 1) this.#add(found, keys[at] as string);
    return found;
  }

  #add(found: Array<readonly [string, unknown]>, key: string): void {
    found.push([key, this.#values.get(key)]);
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Index of the first key that is not smaller. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index after the last key that begins with the prefix. */
function endOfPrefix(keys: readonly string[], prefix: string): number {
  let low = lowerBound(keys, prefix);
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string).startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}
