/** Forms of records that are remembered, counted in keys; further ones are put in order each time. */
const PLACES_MAX = 2_048;

/** What may follow on the keys so far, and the order of those so far once it was asked for. */
interface Place {
  next: Map<string, Place> | null;
  order: readonly string[] | null;
}

/**
 * The keys of records in the order in which deterministic CBOR writes them (RFC 8949, section 4.2.1). There are some hundred forms of
 * records, which come again and again with their fields in the same order: a walk along remembered keys finds the order of each
 * without making anything.
 */
export class KeyOrders {
  readonly #root: Place = { next: null, order: null };
  #places = 0;

  /** All keys, also those of fields that are undefined. */
  of(value: Readonly<Record<string, unknown>>): readonly string[] {
    let place: Place | undefined = this.#root;
    for (const key in value) {
      place = place.next?.get(key) ?? this.#grow(place, key);
      if (place === undefined) return ordered(value);
    }
    place.order ??= ordered(value);
    return place.order;
  }

  #grow(place: Place, key: string): Place | undefined {
    if (this.#places >= PLACES_MAX) return undefined;
    this.#places += 1;
    const grown: Place = { next: null, order: null };
    place.next ??= new Map();
    place.next.set(key, grown);
    return grown;
  }
}

function ordered(value: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(value).sort(compareEncoded);
}

/** Bytewise order of encoded keys: the shorter first, then by bytes. */
function compareEncoded(a: string, b: string): number {
  if (isPlain(a) && isPlain(b)) return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length ? first.compare(second) : first.length - second.length;
}

function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
