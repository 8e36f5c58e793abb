import { concat } from '../../bytes.ts';
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

/** Checks each array of bytes once, since holders look at the same one several times. */
export function remembering(inspect: (bytes: Uint8Array) => Inspected | string): (bytes: Uint8Array) => Inspected | string {
  const known = new WeakMap<Uint8Array, Inspected | string>();
  return (bytes) => {
    let result = known.get(bytes);
    if (result === undefined) {
      result = inspect(bytes);
      known.set(bytes, result);
    }
    return result;
  };
}
