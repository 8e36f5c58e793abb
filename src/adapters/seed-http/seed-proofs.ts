import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Crypto } from '../../core/capabilities.ts';
import { fromBase64url } from '../../core/directory/seed-json.ts';
import { isSeedKey, SEED_PROOF_HEADERS, type SeedAnswer, seedAnswerBytes } from '../../core/directory/seed-proof.ts';

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
  /** Told once for each kind of reason: somebody answers there who does not have the server's key. */
  readonly onImpostor: (reason: string) => void;
}

/** Whether an answer is the seed server's own: it has signed it, for this question, by the key that was given with its URL or first met there. */
export class SeedProofs {
  readonly #options: SeedProofOptions;
  /** Without the key. */
  readonly url: string;
  /** Whoever gives a key wants nobody else believed, also when it is mistyped. */
  readonly #isMistyped: boolean;
  readonly #told = new Set<string>();

  constructor(options: SeedProofOptions) {
    this.#options = options;
    const [url = '', key] = options.url.split('#');
    this.url = url.replace(/\/+$/, '');
    this.#isMistyped = key !== undefined && !isSeedKey(key);
    if (key !== undefined && !this.#isMistyped) options.known.know(this.url, key);
  }

  nonce(): string {
    return randomBytes(NONCE_BYTES).toString('base64url');
  }

  isGenuine(response: IncomingMessage, asked: Pick<SeedAnswer, 'nonce' | 'method' | 'path' | 'question'>, body: Uint8Array): boolean {
    const { crypto, known } = this.#options;
    if (this.#isMistyped) return this.#not('what stands behind the # of its URL is no key');
    const key = response.headers[SEED_PROOF_HEADERS.key];
    const signature = fromBase64url(response.headers[SEED_PROOF_HEADERS.signature]);
    if (typeof key !== 'string' || !isSeedKey(key) || signature?.length !== SIGNATURE_BYTES) return this.#not('its answers are not signed');
    const expected = known.keyOf(this.url);
    if (expected !== null && expected !== key)
      return this.#not(`its key is ${key} and not ${expected}, by which it is known; to go on with it, give its URL with #${key}`, 'another key');
    const status = response.statusCode ?? 0;
    const answer: SeedAnswer = { ...asked, status, retryAfter: response.headers['retry-after'] ?? '', body };
    const isSigned = (each: SeedAnswer): boolean => crypto.verify(fromBase64url(key) as Uint8Array, seedAnswerBytes(crypto, each), signature);
    // Who asks too often or says too much is refused unread.
    if (!isSigned(answer) && (status < 400 || !isSigned({ ...answer, question: new Uint8Array() }))) return this.#not('the signature of an answer is wrong');
    if (expected === null) known.know(this.url, key);
    return true;
  }

  #not(reason: string, kind = reason): false {
    if (!this.#told.has(kind)) this.#options.onImpostor(`whoever answers at ${this.url} is not believed: ${reason}`);
    this.#told.add(kind);
    return false;
  }
}
