import { type DecodeOptions, decode, Tokenizer } from 'cborg';
import type { Codec } from '../../core/capabilities.ts';
import { CborEncoder } from './cbor-encoder.ts';

/** Arrays and maps inside each other; the protocol needs eight. More would let a peer exhaust the stack. */
export const NESTING_MAX = 32;
/** One item, encoded; larger ones are neither written nor read. */
export const ITEM_BYTES_MAX = 4_194_304;

const STRING_MAJOR = 3;
const ARRAY_MAJOR = 4;
const MAP_MAJOR = 5;
const TAG_MAJOR = 6;

/** The library's decoder drops a leading byte order mark and mends broken UTF-8; a text must arrive as it was sent or not at all. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Token = ReturnType<Tokenizer['next']>;

/** Bytes of the head of an item (RFC 8949, section 3), by the low five bits of its first byte. */
function headBytes(minor: number): number {
  return minor < 24 ? 1 : 1 + 2 ** (minor - 24);
}

/** Bounds nesting, refuses tags and negative zero, and decodes texts without changing them. */
class StrictTokenizer extends Tokenizer {
  /** Items that are still missing in each open array or map. */
  readonly #missing: number[] = [];

  override next(): Token {
    const start = this.pos();
    const first = this.data[start] as number;
    const token: Token = super.next();
    const major = first >> 5;
    if (major === STRING_MAJOR) this.#mendText(token, start, first & 31);
    if (major === TAG_MAJOR) throw new Error('CBOR: tags are not used');
    if (Object.is(token.value, -0)) throw new Error('CBOR: negative zero is not used');
    this.#count(token, major);
    return token;
  }

  #mendText(token: Token, start: number, minor: number): void {
    const from = start + headBytes(minor);
    const suspicious = this.data[from] === 0xef || (token.value as string).includes('\ufffd');
    if (suspicious) token.value = strictUtf8.decode(this.data.subarray(from, this.pos()));
  }

  #count(token: Token, major: number): void {
    const open = this.#missing;
    const last = open.length - 1;
    if (last >= 0) open[last] = (open[last] as number) - 1;
    if (major === ARRAY_MAJOR || major === MAP_MAJOR) {
      const items = (token.value as number) * (major === MAP_MAJOR ? 2 : 1);
      // Every item has at least one byte, so a length that cannot be true is refused before anything is built.
      if (items > this.data.length - this.pos()) throw new Error('CBOR: shorter than it says');
      if (items > 0) open.push(items);
      if (open.length > NESTING_MAX) throw new Error(`CBOR: nested deeper than ${NESTING_MAX}`);
    }
    while (open.length > 0 && open[open.length - 1] === 0) open.pop();
  }
}

const decodeOptions: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
};

/**
 * Deterministic CBOR (RFC 8949, section 4.2.1: shortest heads, keys in bytewise order, definite lengths) of null,
 * booleans, finite numbers, texts, byte arrays, arrays and plain records. Fields that are undefined are left out;
 * undefined elsewhere, -0, NaN, infinities and BigInts throw, since they would not come back as they were.
 */
export class CborCodec implements Codec {
  readonly #encoder = new CborEncoder(ITEM_BYTES_MAX);

  encode(value: unknown): Uint8Array {
    return this.#encoder.encode(value);
  }

  decode(bytes: Uint8Array): unknown {
    if (bytes.length > ITEM_BYTES_MAX) throw new Error(`CBOR: ${bytes.length} bytes are more than ${ITEM_BYTES_MAX}`);
    // `slice` of a Buffer is a view of memory that belongs to a socket or a pool; that of a plain array is a copy.
    const plain = bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    return decode(plain, { ...decodeOptions, tokenizer: new StrictTokenizer(plain, decodeOptions) });
  }
}
