import { type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { BASE64URL_PATTERN } from '../core/directory/seed-json.ts';
import { SEED_OPTIONS } from '../core/directory/seed-options.ts';

/** The shapes of all requests and answers: what is enforced, and what /docs shows. */

const closed = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });

/** Length of the base64url spelling, without padding. */
const spelledLength = (bytes: number) => Math.ceil((bytes * 4) / 3);

const bytesText = (minBytes: number, maxBytes: number, description: string) =>
  Type.String({ pattern: BASE64URL_PATTERN, minLength: spelledLength(minBytes), maxLength: spelledLength(maxBytes), description });

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const signedRecord = closed(
  {
    bytes: bytesText(1, 8_192, 'deterministic CBOR of [type, version, author, sequence, wallMillis, body], base64url'),
    signature: bytesText(64, 64, 'Ed25519 over confab/record/1 NUL bytes, base64url'),
  },
  'A record as its author signed it',
);

const signedRecords = Type.Array(signedRecord);

export const userName = Type.String({ minLength: 1, maxLength: 32, pattern: '^[a-z0-9][a-z0-9._-]*$', description: "a user's name" });
const userId = Type.String({ pattern: '^[0-9a-f]{64}$', description: "hex SHA-256 of a user's identity key" });

export const failure = closed(
  { code: Type.String(), message: Type.String({ description: 'what happened' }), advice: Type.String({ description: 'what to do next' }) },
  'A refusal',
);

export const publishBody = closed({ records: Type.Array(signedRecord, { minItems: 1, maxItems: SEED_OPTIONS.publishRecordsMax }) });
export const publishAnswer = closed({
  results: Type.Array(
    closed({
      accepted: Type.Boolean({ description: 'this record, or the very same one before, is kept' }),
      code: Type.Optional(Type.String()),
      reason: Type.Optional(Type.String()),
    }),
    { description: 'one verdict for each record, in the order in which they came' },
  ),
});

export const nodesQuery = closed({ limit: Type.Integer({ minimum: 1, maximum: SEED_OPTIONS.nodesPageMax, default: 32 }) });
export const nodesAnswer = closed({ records: signedRecords, total: count('live nodes in all') });

export const namePath = closed({ name: userName });
export const recordsAnswer = closed({ records: signedRecords });

export const usersQuery = closed({
  after: Type.String({ maxLength: 32, default: '', description: '`next` of the page before' }),
  limit: Type.Integer({ minimum: 1, maximum: SEED_OPTIONS.usersPageMax, default: 100, description: 'users, each with presence and live nodes' }),
});
export const usersAnswer = closed({
  records: signedRecords,
  next: Type.Union([Type.String(), Type.Null()], { description: 'null on the last page' }),
  total: count('users that are not deleted'),
  online: count('users that are on line'),
});

export const userIdPath = closed({ userId });

export const challengeBody = Type.Union([closed({}), Type.Null()]);
export const challengeAnswer = closed({ nonce: bytesText(32, 32, 'good for one use within 30 seconds, base64url') });

export const vaultBody = closed({
  nonce: bytesText(32, 32, 'the nonce of a challenge, base64url'),
  signature: bytesText(64, 64, "the authentication key's Ed25519 over confab/vault/1 NUL name NUL nonce, base64url"),
});
export const vaultAnswer = closed({ vault: bytesText(1, 4_096, 'private keys, locked by the password, base64url') });

export const healthAnswer = closed({
  status: Type.Literal('ok'),
  version: Type.String({ description: 'version of this API' }),
  uptimeMillis: Type.Number({ minimum: 0 }),
  users: count('users that are not deleted'),
  online: count('users that are on line'),
  nodes: count('live nodes'),
  vaults: count('vaults kept'),
  facts: count('friend facts kept'),
});

const names = (description: string) => Type.Array(Type.String(), { description });

export const summaryAnswer = closed({
  users: names('users that are not deleted, by name'),
  online: names('those of them that are on line'),
  vaults: count('vaults kept'),
  facts: count('friend facts kept'),
  nodes: count('live nodes'),
});

/** What a route may answer: its own answer, or a refusal with one of the other statuses. */
export function answers(answer: TSchema): Record<string, TSchema> {
  return { 200: answer, '4xx': failure, '5xx': failure };
}
