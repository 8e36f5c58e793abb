/**
 * Lines of one room whose key has not come, and those behind them that could be opened already: they wait for a while, so that
 * nobody reads an answer before what it answers. A key that does not come at all holds nothing up for longer than that.
 */
export class HeldLines {
  readonly #patienceMillis: number;
  readonly #blocked = new Map<string, number>();
  readonly #held = new Set<string>();
  #earliest: string | null = null;
  #firstHeld: string | null = null;

  constructor(patienceMillis: number) {
    this.#patienceMillis = patienceMillis;
  }

  get any(): boolean {
    return this.#blocked.size > 0 || this.#held.size > 0;
  }

  /** The key of the line at this place has not come. */
  block(order: string, nowMillis: number): void {
    if (!this.#blocked.has(order)) this.#blocked.set(order, nowMillis);
    if (this.#earliest === null || order < this.#earliest) this.#earliest = order;
  }

  /** The line at this place is readable, or gone. */
  free(order: string): void {
    if (this.#held.delete(order) && order === this.#firstHeld) this.#firstHeld = this.#leastHeld();
    if (!this.#blocked.delete(order) || order !== this.#earliest) return;
    this.#earliest = null;
    for (const each of this.#blocked.keys()) if (this.#earliest === null || each < this.#earliest) this.#earliest = each;
  }

  /** Whether the line at this place has to wait for one before it, without a key or waiting itself; it is remembered then. */
  holds(order: string, nowMillis: number): boolean {
    const waits = this.#isBlockedBefore(order, nowMillis) || (this.#firstHeld !== null && this.#firstHeld < order);
    if (waits) this.hold(order);
    return waits;
  }

  /** The line at this place is to be looked at again once nothing keeps it. */
  hold(order: string): void {
    this.#held.add(order);
    if (this.#firstHeld === null || order < this.#firstHeld) this.#firstHeld = order;
  }

  #leastHeld(): string | null {
    let least: string | null = null;
    for (const each of this.#held) if (least === null || each < least) least = each;
    return least;
  }

  #isBlockedBefore(order: string, nowMillis: number): boolean {
    if (this.#earliest === null || this.#earliest >= order) return false;
    for (const [each, sinceMillis] of this.#blocked) if (each < order && nowMillis - sinceMillis < this.#patienceMillis) return true;
    return false;
  }

  /** Nothing keeps the first of the waiting lines any more. */
  isReady(nowMillis: number): boolean {
    return this.#firstHeld !== null && !this.#isBlockedBefore(this.#firstHeld, nowMillis);
  }

  /** Lines that have waited, in order, to be looked at again: those that still must are to be given back by `holds`. */
  takeHeld(): string[] {
    const held = [...this.#held].sort();
    this.#held.clear();
    this.#firstHeld = null;
    return held;
  }

  /** Lines whose key has been missing for too long, in order. */
  overdue(nowMillis: number): string[] {
    return [...this.#blocked]
      .filter(([, sinceMillis]) => nowMillis - sinceMillis >= this.#patienceMillis)
      .map(([order]) => order)
      .sort();
  }
}
