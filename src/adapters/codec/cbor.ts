import type { Codec } from '../../core/capabilities.ts';
import { CborDecoder } from './cbor-decoder.ts';
import { CborEncoder } from './cbor-encoder.ts';

/** Arrays and maps inside each other; the protocol needs eight. More would let a peer exhaust the stack. */
export const NESTING_MAX = 32;
/** One item, encoded; larger ones are neither written nor read. */
export const ITEM_BYTES_MAX = 4_194_304;

/**
 * Deterministic CBOR (RFC 8949, section 4.2.1: shortest heads, keys in bytewise order, definite lengths) of null,
 * booleans, finite numbers, texts, byte arrays, arrays and plain records. Fields that are undefined are left out;
 * undefined elsewhere, -0, NaN, infinities and BigInts throw, since they would not come back as they were.
 */
export class CborCodec implements Codec {
  readonly #encoder = new CborEncoder(ITEM_BYTES_MAX);
  readonly #decoder = new CborDecoder({ nestingMax: NESTING_MAX });

  encode(value: unknown): Uint8Array {
    return this.#encoder.encode(value);
  }

  /** As `encode`; but what is returned is good until the next call only, and is copied by whoever keeps it. */
  encodeForNow(value: unknown): Uint8Array {
    return this.#encoder.encodeForNow(value);
  }

  decode(bytes: Uint8Array): unknown {
    if (bytes.length > ITEM_BYTES_MAX) throw new Error(`CBOR: ${bytes.length} bytes are more than ${ITEM_BYTES_MAX}`);
    return this.#decoder.decode(bytes);
  }
}
