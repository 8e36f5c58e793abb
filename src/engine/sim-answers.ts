import { parseEndpoint } from '../core/endpoint.ts';
import type { CommandResult } from '../core/env.ts';
import { ConfabError, isErrorCode } from '../core/errors.ts';
import type { Endpoint } from '../core/types.ts';

export function requireEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint === null) throw new ConfabError('bad-endpoint', { endpoint: text });
  return endpoint;
}

/** The value of a result, or its error thrown. */
export function valueOrError(result: CommandResult): unknown {
  if (result.ok) return result.value;
  throw isErrorCode(result.code) ? new ConfabError(result.code, result.details) : new ConfabError('internal', { reason: result.code });
}
