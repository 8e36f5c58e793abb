/** One timer of a node: lives as long as its (kind, key) is in use, so that setting it again allocates nothing. */
export interface Timer {
  readonly kind: string;
  readonly key: string;
  /** Slot in the event queue, or -1 when it is not set. */
  slot: number;
  /** It is due and waits for its node to be free. */
  waiting: boolean;
  /** It lies in a map, from which it is taken when it has fired. */
  mapped: boolean;
  next: Timer | null;
}

/** Beyond this many timers a node's list gives way to maps. */
const LIST_MAX = 8;

/**
 * The timers of one node by (kind, key). Programs have a handful that they set again and again: a list that is walked is
 * the fastest there and costs nothing while empty. Nodes with many keys (one a peer, one a message) get maps.
 */
export class TimerTable {
  #first: Timer | null = null;
  #count = 0;
  #maps: Maps | null = null;

  find(kind: string, key: string): Timer | undefined {
    if (this.#maps !== null) return key === '' ? this.#maps.plain.get(kind) : this.#maps.keyed.get(kind)?.get(key);
    for (let timer = this.#first; timer !== null; timer = timer.next) if (timer.kind === kind && timer.key === key) return timer;
    return undefined;
  }

  obtain(kind: string, key: string): Timer {
    const known = this.find(kind, key);
    if (known !== undefined) return known;
    const timer: Timer = { kind, key, slot: -1, waiting: false, mapped: false, next: null };
    if (this.#maps === null && this.#count >= LIST_MAX) this.#turnToMaps();
    if (this.#maps === null) {
      timer.next = this.#first;
      this.#first = timer;
      this.#count += 1;
    } else put(this.#maps, timer);
    return timer;
  }

  /** The timer is idle now; forgets it where idle ones could pile up: those without a key are as many as there are kinds. */
  rest(timer: Timer): void {
    if (timer.key === '' || !timer.mapped || this.#maps === null) return;
    const { keyed } = this.#maps;
    const keys = keyed.get(timer.kind);
    keys?.delete(timer.key);
    if (keys?.size === 0) keyed.delete(timer.kind);
  }

  /** Hands over every timer and forgets them all. */
  clear(each: (timer: Timer) => void): void {
    for (let timer = this.#first; timer !== null; timer = timer.next) each(timer);
    if (this.#maps !== null) {
      for (const timer of this.#maps.plain.values()) each(timer);
      for (const keys of this.#maps.keyed.values()) for (const timer of keys.values()) each(timer);
    }
    this.#first = null;
    this.#count = 0;
    this.#maps = null;
  }

  #turnToMaps(): void {
    const maps: Maps = { plain: new Map(), keyed: new Map() };
    for (let timer = this.#first; timer !== null; timer = timer.next) put(maps, timer);
    this.#first = null;
    this.#count = 0;
    this.#maps = maps;
  }
}

interface Maps {
  /** Those without a key, by kind. */
  readonly plain: Map<string, Timer>;
  readonly keyed: Map<string, Map<string, Timer>>;
}

function put({ plain, keyed }: Maps, timer: Timer): void {
  timer.mapped = true;
  if (timer.key === '') {
    plain.set(timer.kind, timer);
    return;
  }
  const keys = keyed.get(timer.kind);
  if (keys === undefined) keyed.set(timer.kind, new Map([[timer.key, timer]]));
  else keys.set(timer.key, timer);
}
