import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { ConfabError } from '../core/errors.ts';

const strict = { allErrors: false, removeAdditional: false as const, strict: true };

/**
 * Fastify's own validators coerce types and drop unknown keys without a word, and its serialisers do the same with answers.
 * Here a wrong request is refused and a wrong answer is an error; only query strings, which are all text, are coerced.
 */
export function validateStrictly(app: FastifyInstance): void {
  const exact = new Ajv({ ...strict, coerceTypes: false, useDefaults: false });
  const coercing = new Ajv({ ...strict, coerceTypes: true, useDefaults: true });
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'querystring' ? coercing : exact).compile(schema as object));
  app.setSerializerCompiler(({ schema }) => serializer(exact.compile(schema as object)));
}

function serializer(validate: ValidateFunction): (answer: unknown) => string {
  return (answer) => {
    if (!validate(answer)) throw new ConfabError('internal', { reason: `an answer does not fit its schema${firstMisfit(validate)}` });
    return JSON.stringify(answer);
  };
}

function firstMisfit(validate: ValidateFunction): string {
  const first = validate.errors?.[0];
  return first === undefined ? '' : ` (${first.instancePath} ${first.message ?? ''})`;
}
