import type { Link } from './link.ts';

const LINKS_AT_FIRST = 16;

/**
 * Before when nothing is due at each link. The times lie side by side in memory, because all of them are looked at several times a
 * second, and links lie far apart.
 *
 * Invariants
 * 1. Links stand in the order in which they were added.
 * 2. A time may be too early, never too late: whoever brings something forward says so.
 */
export class LinkAgenda {
  readonly #links: Link[] = [];
  #dueMillis = new Float64Array(LINKS_AT_FIRST);

  /** Due at once, until `set` tells better. */
  add(link: Link): void {
    const place = this.#links.length;
    if (place === this.#dueMillis.length) {
      const more = new Float64Array(place * 2);
      more.set(this.#dueMillis);
      this.#dueMillis = more;
    }
    link.place = place;
    this.#links.push(link);
    this.#dueMillis[place] = Number.NEGATIVE_INFINITY;
  }

  delete(link: Link): void {
    const { place } = link;
    if (this.#links[place] !== link) return;
    this.#links.splice(place, 1);
    this.#dueMillis.copyWithin(place, place + 1, this.#links.length + 1);
    for (let at = place; at < this.#links.length; at += 1) (this.#links[at] as Link).place = at;
    link.place = -1;
  }

  get all(): readonly Link[] {
    return this.#links;
  }

  has(link: Link): boolean {
    return this.#links[link.place] === link;
  }

  /** Nothing is due there before; minus infinity where that is not known. */
  set(link: Link, dueMillis: number): void {
    if (this.has(link)) this.#dueMillis[link.place] = dueMillis;
  }

  /** Something may be due then, or before as was known already. */
  bringForward(link: Link, dueMillis: number): void {
    if (this.has(link) && dueMillis < (this.#dueMillis[link.place] as number)) this.#dueMillis[link.place] = dueMillis;
  }

  /** It is not known any more when anything is due. */
  forgetAll(): void {
    this.#dueMillis.fill(Number.NEGATIVE_INFINITY, 0, this.#links.length);
  }

  /** Those where something may be due by now. */
  dueBy(nowMillis: number): Link[] {
    const due: Link[] = [];
    for (let place = 0; place < this.#links.length; place += 1) if ((this.#dueMillis[place] as number) <= nowMillis) due.push(this.#links[place] as Link);
    return due;
  }

  /**
   * By when the first thing has to be done anywhere, and from when it may be; infinite for never. `dueMillisOf` and `latestMillisOf` (no
   * earlier than that) are asked where what is known does not suffice.
   */
  next(
    dueMillisOf: (link: Link) => number,
    latestMillisOf: (link: Link) => number,
    mayChange: (link: Link) => boolean,
  ): { readonly dueMillis: number; readonly latestMillis: number } {
    let first = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#links.length; place += 1) {
      if ((this.#dueMillis[place] as number) >= next) continue;
      const link = this.#links[place] as Link;
      const dueMillis = dueMillisOf(link);
      this.#dueMillis[place] = mayChange(link) ? Number.NEGATIVE_INFINITY : dueMillis;
      const latestMillis = dueMillis < next ? latestMillisOf(link) : Number.POSITIVE_INFINITY;
      if (latestMillis >= next) continue;
      next = latestMillis;
      first = dueMillis;
    }
    return { dueMillis: first, latestMillis: next };
  }
}
