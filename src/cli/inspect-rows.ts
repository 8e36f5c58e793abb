import { toHex } from '../core/bytes.ts';
import { type SignedRecord, signedRecordShape, verifyRecord } from '../core/records.ts';
import { asVault } from '../core/session/vault.ts';
import { misfit } from '../core/shape.ts';
import type { Tools } from './compose-tools.ts';

/** Longest text that a cell shows. */
const CELL_LENGTH_MAX = 60;
/** Names under which private keys, seeds and tokens are kept: their values are never printed, not even shortened. */
const SECRET_NAME = /seed|secret|private|storekey|password|token|unlock|ciphertext/i;

/** One row of a store in words: records are decoded and verified, keys become fingerprints, secrets a mark. */
export function readableRow(tools: Tools, key: string, value: unknown): Readonly<Record<string, unknown>> {
  return { key: shorten(key), ...flatten(explain(tools, value, '', 0)) };
}

function flatten(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return { value };
}

function explain(tools: Tools, value: unknown, name: string, depth: number): unknown {
  if (SECRET_NAME.test(name)) return '(secret)';
  if (value instanceof Uint8Array) return bytesText(tools, value);
  if (typeof value === 'string') return shorten(value);
  if (Array.isArray(value)) return value.length > 8 ? `${value.length} entries` : value.map((part) => explain(tools, part, name, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  if (asVault(value) !== null) {
    const vault = value as { readonly name: string; readonly derivation: { readonly name: string; readonly memoryKib: number; readonly passes: number } };
    return { name: vault.name, locked: `${vault.derivation.name}, ${vault.derivation.memoryKib} KiB, ${vault.derivation.passes} passes` };
  }
  if (misfit(signedRecordShape, value) === null) return recordText(tools, value as SignedRecord, depth);
  if (depth > 3) return '...';
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, explain(tools, part, key, depth + 1)]));
}

function recordText(tools: Tools, signed: SignedRecord, depth: number): unknown {
  const record = verifyRecord(tools, signed);
  if (typeof record === 'string') return { damaged: record };
  const body = explain(tools, record.body, '', depth + 1) as Record<string, unknown>;
  return { type: record.type, author: record.authorId.slice(0, 16), sequence: record.sequence, wallMillis: record.wallMillis, ...body };
}

/** Keys and hashes by fingerprint, anything longer by its size. */
function bytesText(tools: Tools, bytes: Uint8Array): string {
  if (bytes.length === 32) return `key ${toHex(tools.crypto.sha256(bytes)).slice(0, 16)}`;
  return bytes.length <= 8 ? toHex(bytes) : `${bytes.length} bytes`;
}

function shorten(text: string): string {
  return text.length <= CELL_LENGTH_MAX ? text : `${text.slice(0, CELL_LENGTH_MAX - 1)}…`;
}
