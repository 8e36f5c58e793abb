import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import type { SeedCalls, SeedOperation } from '../../core/directory/seed-api.ts';
import { SEED_PROOF_HEADERS } from '../../core/directory/seed-proof.ts';
import type { ServiceResult } from '../../core/env.ts';
import { isErrorCode } from '../../core/errors.ts';
import type { SeedClient } from '../../ports/ports.ts';
import { expiry } from '../system/expiry.ts';
import { type KnownKeys, type SeedProofOptions, SeedProofs } from './seed-proofs.ts';
import { readAnswer, requestOf, type SeedRequest } from './seed-routes.ts';

const TIMEOUT_MILLIS = 2_000;
/** An answer larger than this is not read to its end. The largest honest one is a page of users. */
const ANSWER_BYTES_MAX = 8_388_608;

export interface HttpSeedClientOptions {
  /** `http://127.0.0.1:5555`, or with the key of the server behind it: `http://127.0.0.1:5555#KEY`. */
  readonly url: string;
  readonly crypto: SeedProofOptions['crypto'];
  /** Default: none is known, and what is met is forgotten with the client. */
  readonly known?: KnownKeys;
  readonly onImpostor?: (reason: string) => void;
  readonly timeoutMillis?: number;
}

/** As it is sent; its body is empty for none. */
type Question = Pick<SeedRequest, 'method'> & { readonly question: Uint8Array };

const UNAVAILABLE: ServiceResult = { ok: false, code: 'unavailable' };

/**
 * The seed server's HTTP API. Never rejects: what cannot be reached, is too slow, does not answer as the seed server
 * would, or does not prove to be the one that is known is `unavailable`; a refusal is the code that the server gave. What the answers hold is still unverified.
 */
export class HttpSeedClient implements SeedClient {
  readonly #proofs: SeedProofs;
  readonly #timeoutMillis: number;

  constructor(options: HttpSeedClientOptions) {
    const { url, crypto, known = new Forgotten(), onImpostor = () => {} } = options;
    this.#proofs = new SeedProofs({ url, crypto, known, onImpostor });
    this.#timeoutMillis = options.timeoutMillis ?? TIMEOUT_MILLIS;
  }

  async call<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body']): Promise<ServiceResult> {
    const patience = expiry(this.#timeoutMillis);
    try {
      const { method, path, json } = requestOf(operation, body);
      const nonce = this.#proofs.nonce();
      const url = new URL(this.#proofs.url + path);
      const question = json === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(json));
      const response = await this.#send(url, { method, question }, nonce, patience.signal);
      const bytes = await readBody(response);
      if (!this.#proofs.isGenuine(response, { nonce, method, path: url.pathname + url.search, question }, bytes)) return UNAVAILABLE;
      const answer = parsed(bytes);
      if (response.statusCode === undefined || response.statusCode < 200 || response.statusCode > 299) return refusal(response, answer);
      const value = readAnswer(operation, answer);
      return value === null ? UNAVAILABLE : { ok: true, value };
    } catch {
      return UNAVAILABLE;
    } finally {
      patience.end();
    }
  }

  /** Redirects are not followed: that would hand signed requests to whoever the server names. */
  async #send(url: URL, { method, question }: Question, nonce: string, signal: AbortSignal): Promise<IncomingMessage> {
    const about = question.length === 0 ? {} : { 'content-type': 'application/json', 'content-length': question.length };
    const options = { method, headers: { accept: 'application/json', [SEED_PROOF_HEADERS.nonce]: nonce, ...about }, signal };
    const start = await requesterOf(url);
    return await new Promise((resolve, reject) => {
      const request = start(url, options);
      request.once('response', resolve);
      // Stays for good: what breaks after the answer has begun is told by its stream.
      request.on('error', reject);
      request.end(question.length === 0 ? undefined : question);
    });
  }
}

/** Keys that were met, as long as the client lives. */
class Forgotten implements KnownKeys {
  readonly #keys = new Map<string, string>();

  keyOf(url: string): string | null {
    return this.#keys.get(url) ?? null;
  }

  know(url: string, key: string): void {
    this.#keys.set(url, key);
  }
}

/** The global `fetch` would cost each node some 5 MB of memory. TLS is loaded only where it is spoken. */
async function requesterOf(url: URL): Promise<(url: URL, options: RequestOptions) => ReturnType<typeof requestHttp>> {
  return url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
}

/** Throws when it is too large or breaks off. */
async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the stream, which closes the connection.
    if (length > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Undefined when it is no JSON. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function refusal(response: IncomingMessage, answer: unknown): ServiceResult {
  const code = typeof answer === 'object' && answer !== null ? (answer as { code?: unknown }).code : undefined;
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  const details = Number.isFinite(seconds) ? { details: { seconds } } : {};
  if (typeof code === 'string' && isErrorCode(code)) return { ok: false, code, ...details };
  if (response.statusCode === 429) return { ok: false, code: 'rate-limited', ...details };
  return UNAVAILABLE;
}
