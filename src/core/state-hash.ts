import { concat, utf8 } from './bytes.ts';
import type { Codec, Crypto, StoreReader } from './capabilities.ts';
import { TABLES, type TableEntry } from './tables.ts';

/** SHA-256 over a chain of values, each under the one before: equal for equal values in equal order. */
export class Chain {
  readonly #crypto: Crypto;
  readonly #codec: Codec;
  #hash: Uint8Array = new Uint8Array(32);

  constructor(crypto: Crypto, codec: Codec) {
    this.#crypto = crypto;
    this.#codec = codec;
  }

  add(value: unknown): void {
    const bytes = value instanceof Uint8Array ? value : this.#codec.encode(value);
    this.#hash = this.#crypto.sha256(concat(this.#hash, bytes));
  }

  get hash(): Uint8Array {
    return this.#hash;
  }
}

type OpenStore = StoreReader & { readonly unlocked: boolean };

/** Hash over all that a node has stored: every table that is open, in order of tables and keys. */
export function stateHash(store: OpenStore, crypto: Crypto, codec: Codec): Uint8Array {
  return hashOf(store, new Chain(crypto, codec), ({ scope }) => scope !== 'user' || store.unlocked);
}

/** The same over the tables of one scope; the user's store must be open for its own. */
export function scopeHash(store: OpenStore, scope: TableEntry['scope'], crypto: Crypto, codec: Codec): Uint8Array {
  return hashOf(store, new Chain(crypto, codec), (entry) => entry.scope === scope);
}

function hashOf(store: StoreReader, chain: Chain, wanted: (entry: TableEntry) => boolean): Uint8Array {
  for (const [table, entry] of Object.entries(TABLES).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!wanted(entry)) continue;
    chain.add(utf8(table));
    for (const [key, value] of store.scan(table)) chain.add([key, value]);
  }
  return chain.hash;
}
