import type { FastifyInstance } from 'fastify';
import type { Crypto, KeyPair } from '../core/capabilities.ts';
import { toBase64url } from '../core/directory/seed-json.ts';
import { SEED_NONCE_PATTERN, SEED_PROOF_HEADERS, seedAnswerBytes } from '../core/directory/seed-proof.ts';

/** Signs each answer, refusals too, for whoever asks for that with a nonce. People with a browser do not. */
export function signAnswers(app: FastifyInstance, crypto: Pick<Crypto, 'sha256' | 'sign'>, pair: KeyPair): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const nonce = request.headers[SEED_PROOF_HEADERS.nonce];
    if (typeof nonce !== 'string' || !SEED_NONCE_PATTERN.test(nonce)) return payload;
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const retryAfter = String(reply.getHeader('retry-after') ?? '');
    const bytes = seedAnswerBytes(crypto, {
      nonce,
      method: request.method,
      path: request.raw.url ?? '',
      status: reply.statusCode,
      retryAfter,
      body: new Uint8Array(Buffer.from(payload as string)),
    });
    void reply.header(SEED_PROOF_HEADERS.key, toBase64url(pair.publicKey));
    void reply.header(SEED_PROOF_HEADERS.signature, toBase64url(crypto.sign(pair.secretKey, bytes)));
    return payload;
  });
}
