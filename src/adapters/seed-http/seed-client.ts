import type { SeedCalls, SeedOperation } from '../../core/directory/seed-api.ts';
import type { ServiceResult } from '../../core/env.ts';
import { isErrorCode } from '../../core/errors.ts';
import type { SeedClient } from '../../ports/ports.ts';
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
    try {
      const { method, path, json } = requestOf(operation, body);
      const response = await fetch(this.#base + path, {
        method,
        // Following a redirect would hand signed requests to whoever the server names.
        redirect: 'error',
        signal: AbortSignal.timeout(this.#timeoutMillis),
        headers: json === undefined ? { accept: 'application/json' } : { accept: 'application/json', 'content-type': 'application/json' },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      const answer = await readJson(response);
      if (!response.ok) return refusal(response, answer);
      const value = readAnswer(operation, answer);
      return value === null ? UNAVAILABLE : { ok: true, value };
    } catch {
      return UNAVAILABLE;
    }
  }
}

/** The parsed body; undefined when it is no JSON. Throws when it is too large or breaks off. */
async function readJson(response: Response): Promise<unknown> {
  if (response.body === null) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
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

function refusal(response: Response, answer: unknown): ServiceResult {
  const code = typeof answer === 'object' && answer !== null ? (answer as { code?: unknown }).code : undefined;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const details = Number.isFinite(seconds) ? { details: { seconds } } : {};
  if (typeof code === 'string' && isErrorCode(code)) return { ok: false, code, ...details };
  if (response.status === 429) return { ok: false, code: 'rate-limited', ...details };
  return UNAVAILABLE;
}
