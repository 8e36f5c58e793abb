import type { Random } from '../capabilities.ts';
import type { Listing } from '../replication/listings.ts';
import type { HistoryKeyRow } from './copy-tables.ts';
import type { KnownKey } from './history-keys.ts';

/** Places whose end is looked at again although all of them was read. */
const LATEST_PLACES = 2;
/** Places at which nothing was found that one look tries again: keys that lead nowhere make no look long. */
const EMPTY_PLACES = 8;

/** Which places a look begins with, oldest first: those that were not read yet, the latest ones, the present one, and some where nothing was. */
export function placesToRead(all: readonly KnownKey[], current: string | null, random: Pick<Random, 'fraction'>): string[] {
  const chosen = new Set(all.slice(-LATEST_PLACES).map((row) => row.place));
  const empty: string[] = [];
  for (const row of all) {
    if (row.place === current || (!row.read && row.empty !== true)) chosen.add(row.place);
    else if (row.empty === true && !chosen.has(row.place)) empty.push(row.place);
  }
  for (let count = 0; count < EMPTY_PLACES && empty.length > 0; count += 1) {
    // Nothing is drawn where all of them fit.
    const at = empty.length > EMPTY_PLACES - count ? Math.floor(random.fraction() * empty.length) : 0;
    chosen.add(empty.splice(at, 1)[0] as string);
  }
  return all.filter((row) => chosen.has(row.place)).map((row) => row.place);
}

/**
 * What one look may say of the places that it has read.
 *
 * That holders list nothing more proves little while members come and go: those who have it may not have been asked, and who is to have it
 * may not have been given it yet. So a place counts as read only where as many listed as hold each key, and something was found.
 */
export class PlacesRead {
  readonly #unsettled = new Set<string>();
  #isThin = false;
  #expects = false;

  /** A shelf was listed. What is to be noted of its place, if anything. */
  listed(row: KnownKey, shelf: number, { byAll, names, complete }: Listing): Partial<HistoryKeyRow> | null {
    const isEmpty = shelf === 0 && names.size === 0;
    if (!byAll) this.#isThin = true;
    if (!byAll || isEmpty) this.#unsettled.add(row.place);
    // Whoever tells of a key does so before it puts something there, so what is not there yet is about to come.
    if (isEmpty && row.order === '') this.#expects = true;
    if (shelf > 0 || !byAll || !complete || isEmpty === (row.empty === true)) return null;
    return { empty: isEmpty, read: false };
  }

  /** Fewer holders were heard of some place than should have what lies there. */
  get isThin(): boolean {
    return this.#isThin;
  }

  /** There is more than was found, as far as can be told. */
  get expectsMore(): boolean {
    return this.#isThin || this.#expects;
  }

  /** Whether all that lies there was listed. */
  isRead(place: string): boolean {
    return !this.#unsettled.has(place);
  }
}
