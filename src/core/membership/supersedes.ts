import type { AnyVerifiedRecord, VerifiedRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';

/** Whether a record takes the place of the known one of the same author and type. */
export function supersedes(record: AnyVerifiedRecord, known: AnyVerifiedRecord): boolean {
  const rank = isClaim(record) && isClaim(known) ? compareClaims(record.body, known.body) : 0;
  return rank === 0 ? record.sequence > known.sequence : rank > 0;
}

function isClaim(record: AnyVerifiedRecord): record is VerifiedRecord<'presence'> | VerifiedRecord<'prekeys'> {
  return record.type === 'presence' || record.type === 'prekeys';
}
