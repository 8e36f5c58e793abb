import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Crypto, KeyPair } from '../core/capabilities.ts';
import { toBase64url } from '../core/directory/seed-json.ts';
import { SEED_NONCE_PATTERN, SEED_PROOF_HEADERS, seedAnswerBytes } from '../core/directory/seed-proof.ts';

/** Signs each answer, refusals too, for whoever asks for that with a nonce. People with a browser do not. */
export function signAnswers(app: FastifyInstance, crypto: Pick<Crypto, 'sha256' | 'sign'>, pair: KeyPair): void {
  const questions = new WeakMap<FastifyRequest, Uint8Array>();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    questions.set(request, new Uint8Array(body));
    void parse(request, body.toString('utf8'), done);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const nonce = request.headers[SEED_PROOF_HEADERS.nonce];
    if (typeof nonce !== 'string' || !SEED_NONCE_PATTERN.test(nonce)) return payload;
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const retryAfter = String(reply.getHeader('retry-after') ?? '');
    const bytes = seedAnswerBytes(crypto, {
      nonce,
      method: request.method,
      path: request.raw.url ?? '',
      question: questions.get(request) ?? new Uint8Array(),
      status: reply.statusCode,
      retryAfter,
      body: new Uint8Array(Buffer.from(payload as string)),
    });
    void reply.header(SEED_PROOF_HEADERS.key, toBase64url(pair.publicKey));
    void reply.header(SEED_PROOF_HEADERS.signature, toBase64url(crypto.sign(pair.secretKey, bytes)));
    return payload;
  });
}
