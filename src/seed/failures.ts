import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceResult } from '../core/env.ts';
import { ConfabError, ERRORS, type ErrorCode, isErrorCode } from '../core/errors.ts';

const URL_CHARACTERS_SHOWN = 100;

export interface FailureBody {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export function failureBody(error: ConfabError): FailureBody {
  return { code: error.code, message: error.message, advice: error.advice };
}

/** The value of a result; throws a ConfabError with its code otherwise. */
export function valueOfResult(result: ServiceResult): unknown {
  if (result.ok) return result.value;
  throw new ConfabError(isErrorCode(result.code) ? result.code : 'internal', result.details ?? { reason: result.code });
}

/** Every refusal leaves as `{code, message, advice}`, and no stack trace ever leaves. */
export function answerFailures(app: FastifyInstance, bodyBytesMax: number): void {
  app.setErrorHandler((error: FastifyError | ConfabError, request, reply) => {
    const told = toldError(error, request, bodyBytesMax);
    if (told.code === 'internal') request.log.error({ err: error }, 'a request failed');
    const seconds = told.details.seconds;
    if (typeof seconds === 'number') reply.header('retry-after', seconds);
    return send(reply, told, statusOf(error, told.code));
  });
  app.setNotFoundHandler((request, reply) => send(reply, notFound(request), ERRORS['not-found'].httpStatus));
}

/** Errors that Fastify meets before a request has a route. */
export function answerFrameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void send(reply, new ConfabError('bad-request', { reason: sentenceOf(error.message) }), 400);
}

function send(reply: FastifyReply, error: ConfabError, status: number): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(failureBody(error));
}

function statusOf(error: FastifyError | ConfabError, code: ErrorCode): number {
  if (error instanceof ConfabError || code === 'internal') return ERRORS[code].httpStatus;
  const status = error.statusCode ?? ERRORS[code].httpStatus;
  return status >= 400 ? status : ERRORS[code].httpStatus;
}

function toldError(error: FastifyError | ConfabError, request: FastifyRequest, bodyBytesMax: number): ConfabError {
  if (error instanceof ConfabError) return error;
  if (error.validation !== undefined) return toldMisfit(error, request);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ConfabError('too-large', { what: 'The request', bytes: request.headers['content-length'] ?? 'more', max: bodyBytesMax });
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new ConfabError('timeout', { what: 'The seed server', millis: request.routeOptions.handlerTimeout });
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new ConfabError('bad-request', { reason: sentenceOf(error.message) });
  return new ConfabError('internal', { reason: 'the seed server could not answer' });
}

function toldMisfit(error: FastifyError, request: FastifyRequest): ConfabError {
  const first = error.validation?.[0];
  if (error.validationContext === 'params' && first?.instancePath === '/name') {
    return new ConfabError('bad-name', { name: JSON.stringify((request.params as { name?: unknown }).name ?? '') });
  }
  const unknown = first?.params['additionalProperty'];
  const reason = typeof unknown === 'string' ? `unknown key ${unknown.slice(0, URL_CHARACTERS_SHOWN)}` : error.message;
  return new ConfabError('bad-request', { reason });
}

function notFound(request: FastifyRequest): ConfabError {
  return new ConfabError('not-found', { what: `${request.method} ${request.url.slice(0, URL_CHARACTERS_SHOWN)}` });
}

function sentenceOf(message: string): string {
  return message.replace(/\.$/, '');
}

/** Bytes that are no HTTP, and requests that come too slowly: there is no reply object, so it is written by hand. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, told } = clientFailure(error.code);
  const body = JSON.stringify(failureBody(told));
  const head = [`HTTP/1.1 ${status}`, 'Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function clientFailure(code: string | undefined): { status: string; told: ConfabError } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: '408 Request Timeout', told: new ConfabError('bad-request', { reason: 'it came too slowly' }) };
    case 'HPE_HEADER_OVERFLOW':
      return { status: '431 Request Header Fields Too Large', told: new ConfabError('bad-request', { reason: 'its head is too large' }) };
    default:
      return { status: '400 Bad Request', told: new ConfabError('bad-request', { reason: 'it is not HTTP/1.1' }) };
  }
}
