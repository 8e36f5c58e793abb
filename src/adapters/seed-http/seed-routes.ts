import type { SeedCalls, SeedOperation } from '../../core/directory/seed-api.ts';
import { fromBase64url, recordFromJson, recordsToJson, toBase64url } from '../../core/directory/seed-json.ts';
import type { SignedRecord } from '../../core/records.ts';
import { boolean, integer, list, misfit, nullable, type Shape, text } from '../../core/shape.ts';

/** How each operation of seed-api.ts travels: its route, and what its answer must look like. */

export interface SeedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly json?: unknown;
}

interface Route<Operation extends SeedOperation> {
  request(body: SeedCalls[Operation]['body']): SeedRequest;
  /** Null when the answer is not of the agreed form. */
  answer(json: Readonly<Record<string, unknown>>): SeedCalls[Operation]['result'] | null;
}

const RECORDS_MAX = 10_000;
const VAULT_BYTES_MAX = 4_096;
const NONCE_BYTES = 32;

const count = integer();
const nextName = nullable(text(0, 64));
const verdicts: Shape = list({ kind: 'anything' }, RECORDS_MAX);

/** Records that are none are left out: one of them must not cost the rest, and all are verified later anyway. */
function readRecords(value: unknown): readonly SignedRecord[] | null {
  if (!Array.isArray(value) || value.length > RECORDS_MAX) return null;
  return value.flatMap((item) => recordFromJson(item) ?? []);
}

function readVerdicts(value: unknown): SeedCalls['publish']['result']['results'] | null {
  if (misfit(verdicts, value) !== null) return null;
  const results: Array<SeedCalls['publish']['result']['results'][number]> = [];
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null) return null;
    const { accepted, code, reason } = item as Record<string, unknown>;
    if (misfit(boolean, accepted) !== null) return null;
    results.push({
      accepted: accepted as boolean,
      ...(typeof code === 'string' ? { code: code.slice(0, 64) } : {}),
      ...(typeof reason === 'string' ? { reason: reason.slice(0, 500) } : {}),
    });
  }
  return results;
}

const routes: { readonly [Operation in SeedOperation]: Route<Operation> } = {
  publish: {
    request: ({ records }) => ({ method: 'POST', path: '/v1/records', json: { records: recordsToJson(records) } }),
    answer: (json) => {
      const results = readVerdicts(json['results']);
      return results === null ? null : { results };
    },
  },
  nodes: {
    request: ({ limit }) => ({ method: 'GET', path: `/v1/nodes?limit=${limit}` }),
    answer: (json) => {
      const records = readRecords(json['records']);
      return records === null || misfit(count, json['total']) !== null ? null : { records, total: json['total'] as number };
    },
  },
  user: {
    request: ({ name }) => ({ method: 'GET', path: `/v1/users/${encodeURIComponent(name)}` }),
    answer: (json) => {
      const records = readRecords(json['records']);
      return records === null ? null : { records };
    },
  },
  users: {
    request: ({ after, limit }) => ({ method: 'GET', path: `/v1/users?after=${encodeURIComponent(after)}&limit=${limit}` }),
    answer: (json) => {
      const records = readRecords(json['records']);
      const { next, total, online } = json;
      if (records === null || (misfit(nextName, next) ?? misfit(count, total) ?? misfit(count, online)) !== null) return null;
      return { records, next: next as string | null, total: total as number, online: online as number };
    },
  },
  state: {
    request: ({ userId }) => ({ method: 'GET', path: `/v1/state/${encodeURIComponent(userId)}` }),
    answer: (json) => {
      const records = readRecords(json['records']);
      return records === null ? null : { records };
    },
  },
  challenge: {
    request: ({ name }) => ({ method: 'POST', path: `/v1/users/${encodeURIComponent(name)}/challenge`, json: {} }),
    answer: (json) => {
      const nonce = fromBase64url(json['nonce']);
      return nonce?.length === NONCE_BYTES ? { nonce } : null;
    },
  },
  vault: {
    request: ({ name, nonce, signature }) => ({
      method: 'POST',
      path: `/v1/users/${encodeURIComponent(name)}/vault`,
      json: { nonce: toBase64url(nonce), signature: toBase64url(signature) },
    }),
    answer: (json) => {
      const vault = fromBase64url(json['vault']);
      return vault !== null && vault.length > 0 && vault.length <= VAULT_BYTES_MAX ? { vault } : null;
    },
  },
};

export function requestOf<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body']): SeedRequest {
  return routes[operation].request(body);
}

/** The result of the operation, or null when the answer is not of the agreed form. Unknown fields are not looked at. */
export function readAnswer<Operation extends SeedOperation>(operation: Operation, answer: unknown): SeedCalls[Operation]['result'] | null {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return null;
  return routes[operation].answer(answer as Readonly<Record<string, unknown>>);
}
