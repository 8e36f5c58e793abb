import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import type { SeedCalls, SeedOperation } from '../../core/directory/seed-api.ts';
import type { ServiceResult } from '../../core/env.ts';
import { isErrorCode } from '../../core/errors.ts';
import type { SeedClient } from '../../ports/ports.ts';
import { expiry } from '../system/expiry.ts';
import { readAnswer, requestOf } from './seed-routes.ts';

const TIMEOUT_MILLIS = 2_000;
/** An answer larger than this is not read to its end. The largest honest one is a page of users. */
const ANSWER_BYTES_MAX = 8_388_608;

export interface HttpSeedClientOptions {
  /** `http://127.0.0.1:5555` */
  readonly url: string;
  readonly timeoutMillis?: number;
}

const UNAVAILABLE: ServiceResult = { ok: false, code: 'unavailable' };

/**
 * The seed server's HTTP API. Never rejects: what cannot be reached, is too slow, or does not answer as the seed server
 * would is `unavailable`; a refusal is the code that the server gave. What the answers hold is still unverified.
 */
export class HttpSeedClient implements SeedClient {
  readonly #base: string;
  readonly #timeoutMillis: number;

  constructor(options: HttpSeedClientOptions) {
    this.#base = options.url.replace(/\/+$/, '');
    this.#timeoutMillis = options.timeoutMillis ?? TIMEOUT_MILLIS;
  }

  async call<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body']): Promise<ServiceResult> {
    const patience = expiry(this.#timeoutMillis);
    try {
      const { method, path, json } = requestOf(operation, body);
      const response = await this.#send(method, path, json, patience.signal);
      const answer = await readJson(response);
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
  async #send(method: string, path: string, json: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    const body = json === undefined ? null : Buffer.from(JSON.stringify(json));
    const about = body === null ? {} : { 'content-type': 'application/json', 'content-length': body.length };
    const options = { method, headers: { accept: 'application/json', ...about }, signal };
    const url = new URL(this.#base + path);
    const start = await requesterOf(url);
    return await new Promise((resolve, reject) => {
      const request = start(url, options);
      request.once('response', resolve);
      // Stays for good: what breaks after the answer has begun is told by its stream.
      request.on('error', reject);
      request.end(body ?? undefined);
    });
  }
}

/** The global `fetch` would cost each node some 5 MB of memory. TLS is loaded only where it is spoken. */
async function requesterOf(url: URL): Promise<(url: URL, options: RequestOptions) => ReturnType<typeof requestHttp>> {
  return url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
}

/** The parsed body; undefined when it is no JSON. Throws when it is too large or breaks off. */
async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the stream, which closes the connection.
    if (length > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
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
