import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Crypto } from '../../core/capabilities.ts';
import { fromBase64url } from '../../core/directory/seed-json.ts';
import { SEED_PROOF_HEADERS, type SeedAnswer, seedAnswerBytes } from '../../core/directory/seed-proof.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const NONCE_BYTES = 16;

/** Where the keys of seed servers are kept that nobody has told in advance. */
export interface KnownKeys {
  keyOf(url: string): string | null;
  know(url: string, key: string): void;
}

export interface SeedProofOptions {
  readonly url: string;
  readonly crypto: Pick<Crypto, 'sha256' | 'verify'>;
  readonly known: KnownKeys;
  /** Told once: somebody answers there who does not have the server's key. */
  readonly onImpostor: (reason: string) => void;
}

/** Whether an answer is the seed server's own: it has signed it, for this question, by the key that was given with its URL or first met there. */
export class SeedProofs {
  readonly #options: SeedProofOptions;
  /** Without the key. */
  readonly url: string;
  #told = false;

  constructor(options: SeedProofOptions) {
    this.#options = options;
    const [url = '', key] = options.url.split('#');
    this.url = url.replace(/\/+$/, '');
    if (key !== undefined && fromBase64url(key)?.length === KEY_BYTES) options.known.know(this.url, key);
  }

  nonce(): string {
    return randomBytes(NONCE_BYTES).toString('base64url');
  }

  isGenuine(response: IncomingMessage, asked: Pick<SeedAnswer, 'nonce' | 'method' | 'path'>, body: Uint8Array): boolean {
    const { crypto, known } = this.#options;
    const key = response.headers[SEED_PROOF_HEADERS.key];
    const bytes = fromBase64url(key);
    const signature = fromBase64url(response.headers[SEED_PROOF_HEADERS.signature]);
    if (typeof key !== 'string' || bytes?.length !== KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return this.#not('its answers are not signed');
    const expected = known.keyOf(this.url);
    if (expected !== null && expected !== key)
      return this.#not(`its key is ${key} and not ${expected}, by which it is known; to go on with it, give its URL with #${key}`);
    const signed = seedAnswerBytes(crypto, { ...asked, status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? '', body });
    if (!crypto.verify(bytes, signed, signature)) return this.#not('the signature of an answer is wrong');
    if (expected === null) known.know(this.url, key);
    return true;
  }

  #not(reason: string): false {
    if (!this.#told) this.#options.onImpostor(`whoever answers at ${this.url} is not believed: ${reason}`);
    this.#told = true;
    return false;
  }
}
