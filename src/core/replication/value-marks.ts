import { concat, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import type { Inspected } from './kinds.ts';
import { nameOf } from './replica-index.ts';
import type { Stored } from './replication-port.ts';

/** The first half of a hash tells versions apart. */
const VERSION_BYTES = 16;

interface Mark {
  readonly kind: string;
  readonly name: string;
  /** 32 bytes over name and value. */
  readonly hash: Uint8Array;
  readonly version: string;
}

/**
 * Hashes of values, each made once: a holder looks at the same array of bytes when it comes, when it is stored, when it is
 * compared and when it is passed on. Values are never changed, so what was found once holds as long as the array lives.
 */
export class ValueMarks {
  readonly #crypto: Pick<Crypto, 'sha256'>;
  readonly #marks = new WeakMap<Uint8Array, Mark>();
  readonly #hashes = new WeakMap<Uint8Array, { readonly kind: string; readonly hash: Uint8Array }>();

  constructor(crypto: Pick<Crypto, 'sha256'>) {
    this.#crypto = crypto;
  }

  /** `about`: what the value says of itself, which follows from its kind and bytes. */
  of({ kind, bytes }: Stored, about: Inspected): Mark {
    const known = this.#marks.get(bytes);
    if (known?.kind === kind) return known;
    const name = nameOf(about.key, kind, about.id);
    const hash = this.#crypto.sha256(concat(utf8(`${name}\0`), bytes));
    const mark = { kind, name, hash, version: toHex(hash.subarray(0, VERSION_BYTES)) };
    this.#marks.set(bytes, mark);
    return mark;
  }

  /** 32 bytes over kind and value, whether or not any holder would take it. */
  hashOf({ kind, bytes }: Stored): Uint8Array {
    const known = this.#hashes.get(bytes);
    if (known?.kind === kind) return known.hash;
    const hash = this.#crypto.sha256(concat(utf8(`${kind}\0`), bytes));
    this.#hashes.set(bytes, { kind, hash });
    return hash;
  }
}

const marks = new WeakMap<object, ValueMarks>();

/** Those that were made with the same primitives: one set a process, so that virtual nodes share them. */
export function marksBy(crypto: Pick<Crypto, 'sha256'>): ValueMarks {
  let known = marks.get(crypto);
  if (known === undefined) {
    known = new ValueMarks(crypto);
    marks.set(crypto, known);
  }
  return known;
}
