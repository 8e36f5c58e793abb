import { concat, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/capabilities.ts';

/** Seals single rows under the key of a user's store; `place` names table and row, so that none can be put in another's place. */
export interface RowSeal {
  seal(key: Uint8Array, place: string, bytes: Uint8Array): Uint8Array;
  /** Throws when it does not open: a mistake of the simulator. */
  open(key: Uint8Array, place: string, sealed: Uint8Array): Uint8Array;
}

const NONCE_BYTES = 12;

/**
 * What encrypted pages are to a real store: without the key a stolen disk shows names of tables, keys of rows and lengths.
 * A nonce is a count, never used twice under any key, so that runs stay reproducible without a draw.
 */
export function sealedRows(crypto: Pick<Crypto, 'seal' | 'open'>): RowSeal {
  let count = 0;
  return {
    seal(key, place, plaintext) {
      count += 1;
      const nonce = new Uint8Array(NONCE_BYTES);
      new DataView(nonce.buffer).setFloat64(0, count);
      return concat(nonce, crypto.seal({ key, nonce, plaintext, associated: utf8(place) }));
    },
    open(key, place, sealed) {
      const nonce = sealed.slice(0, NONCE_BYTES);
      const plaintext = crypto.open({ key, nonce, ciphertext: sealed.subarray(NONCE_BYTES), associated: utf8(place) });
      if (plaintext === null) throw new Error(`the row ${place} does not open`);
      return plaintext;
    },
  };
}
