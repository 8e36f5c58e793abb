import { concat } from '../../bytes.ts';
import type { Crypto } from '../../capabilities.ts';
import { type AnyVerifiedRecord, type RecordTools, type RecordType, type SignedRecord, type VerifiedRecord, verifyRecord } from '../../records.ts';
import type { Inspected } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';

const SIGNATURE_BYTES = 64;

/** A signed record as a value of the ring: its signature, then its bytes as they are. */
export function valueOfRecord(kind: string, { bytes, signature }: SignedRecord): Stored {
  return { kind, bytes: concat(signature, bytes) };
}

/** The record in a value, verified, or why it is none of that type. */
export function recordOfValue<Type extends RecordType>(tools: RecordTools, bytes: Uint8Array, type: Type): VerifiedRecord<Type> | string {
  if (bytes.length <= SIGNATURE_BYTES) return 'too short for a signed record';
  const record: AnyVerifiedRecord | string = verifyRecord(tools, { signature: bytes.slice(0, SIGNATURE_BYTES), bytes: bytes.slice(SIGNATURE_BYTES) });
  if (typeof record === 'string') return record;
  return record.type === type ? (record as VerifiedRecord<Type>) : `a record of type ${record.type}`;
}

type Inspect = (bytes: Uint8Array) => Inspected | string;

/** What was found in values, by the primitives that checked them and by what was asked of them. */
const found = new WeakMap<Crypto, Map<string, WeakMap<Uint8Array, Inspected | string>>>();

/**
 * Checks each array of bytes once, since holders look at the same one several times, and virtual nodes share it.
 * `rule` names the check: the same name with the same primitives must mean the same answer.
 */
export function remembering({ crypto }: RecordTools, rule: string, inspect: Inspect): Inspect {
  const byRule = found.get(crypto) ?? new Map<string, WeakMap<Uint8Array, Inspected | string>>();
  found.set(crypto, byRule);
  const known = byRule.get(rule) ?? new WeakMap<Uint8Array, Inspected | string>();
  byRule.set(rule, known);
  return (bytes) => {
    let result = known.get(bytes);
    if (result === undefined) {
      result = inspect(bytes);
      known.set(bytes, result);
    }
    return result;
  };
}
