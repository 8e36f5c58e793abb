import { concat, utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import { fromBase64url } from './seed-json.ts';

/** What the seed server signs with each answer, so that nobody else can answer in its place and no answer counts twice, or for another question. */
export interface SeedAnswer {
  /** Drawn by whoever asks, 16 bytes as base64url. */
  readonly nonce: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Body of the question as it was read; empty for none, and where it was refused before. */
  readonly question: Uint8Array;
  readonly status: number;
  /** Of the header `retry-after`; empty for none. */
  readonly retryAfter: string;
  readonly body: Uint8Array;
}

/** In lower case, as Node gives them. The nonce goes there; key and signature come back, both as base64url. */
export const SEED_PROOF_HEADERS = Object.freeze({ nonce: 'confab-nonce', key: 'confab-seed-key', signature: 'confab-seed-signature' });
export const SEED_NONCE_PATTERN = /^[A-Za-z0-9_-]{22}$/;
const KEY_BYTES = 32;

/** Whether a text is the key of a seed server, as it comes with answers and stands behind the # of its URL. */
export function isSeedKey(text: string): boolean {
  return fromBase64url(text)?.length === KEY_BYTES;
}

export function seedAnswerBytes(crypto: Pick<Crypto, 'sha256'>, { nonce, method, path, question, status, retryAfter, body }: SeedAnswer): Uint8Array {
  return concat(utf8(`confab/seed-answer/1\0${nonce}\0${method}\0${path}\0${status}\0${retryAfter}\0`), crypto.sha256(question), crypto.sha256(body));
}
