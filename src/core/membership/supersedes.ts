import type { AnyVerifiedRecord, VerifiedRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';

/** Whether a record takes the place of the known one of the same author and type. */
export function supersedes(record: AnyVerifiedRecord, known: AnyVerifiedRecord): boolean {
  const rank = isClaim(record) && isClaim(known) ? compareClaims(record.body, known.body) : 0;
  return rank === 0 ? record.sequence > known.sequence : rank > 0;
}

/**
 * Whether a node's record was written after another node's. At the same time the ids decide: if each gave way to the other, both would be
 * news to everybody again and again, and be passed on for ever.
 */
export function isYounger(record: VerifiedRecord<'node'> | undefined, other: VerifiedRecord<'node'> | undefined): boolean {
  const later = (record?.wallMillis ?? 0) - (other?.wallMillis ?? 0);
  return later === 0 ? (record?.authorId ?? '') > (other?.authorId ?? '') : later > 0;
}

function isClaim(record: AnyVerifiedRecord): record is VerifiedRecord<'presence'> | VerifiedRecord<'prekeys'> {
  return record.type === 'presence' || record.type === 'prekeys';
}
