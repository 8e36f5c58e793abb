import type { VerifiedRecord } from '../records.ts';

/** What people call a node: `alice` for her default node, `alice@desk` for another, `node-` and a few digits for one that is nobody's. */
export function nodeTitle(record: VerifiedRecord<'node'>): string {
  const { certificate, label } = record.body;
  if (certificate === null) return `node-${record.authorId.slice(0, 8)}`;
  return label === '' ? certificate.name : `${certificate.name}@${label}`;
}
