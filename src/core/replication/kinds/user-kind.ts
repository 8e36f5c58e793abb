import type { RecordTools, VerifiedRecord } from '../../records.ts';
import { keyOfName } from '../../ring/keys.ts';
import type { ValueKind } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';
import { recordOfValue, remembering, valueOfRecord } from './signed-value.ts';

export const USER_KIND = 'user';

export function userValue(record: VerifiedRecord<'user'>): Stored {
  return valueOfRecord(USER_KIND, record.signed);
}

/**
 * Public records of users, under the key of their name: whoever is first has it. A holder lets no writer in beside a living record of
 * somebody else, whatever time of registration the writer claims. Where two halves of a network each let somebody in, both records
 * meet under the key, and `holderOfName` says at every reader whose the name is.
 */
export function userKind(tools: RecordTools): ValueKind {
  return {
    name: USER_KIND,
    bytesMax: 4_096,
    valuesPerKeyMax: 16,
    bytesPerKeyMax: 16 * 4_096,
    valuesPerAuthorMax: 1,
    inspect: remembering(tools, USER_KIND, (bytes) => {
      const record = recordOfValue(tools, bytes, 'user');
      if (typeof record === 'string') return record;
      const { authorId, sequence, body } = record;
      return { key: keyOfName(tools.crypto, body.name), id: authorId, sequence, deleted: body.deleted, expiresMillis: null, author: authorId };
    }),
    admits: (candidate, present) =>
      candidate.deleted || present.every((other) => other.deleted || other.author === candidate.author) ? null : 'the name is taken',
  };
}

/** Whose a name is among all who registered it: the earliest, then the smaller id; those who are gone have no claim. The same rule everywhere. */
export function holderOfName(records: ReadonlyArray<VerifiedRecord<'user'>>): VerifiedRecord<'user'> | null {
  let holder: VerifiedRecord<'user'> | null = null;
  for (const record of records) if (!record.body.deleted && (holder === null || registeredBefore(record, holder))) holder = record;
  return holder;
}

/** Whether `a` has the better claim to a name. */
export function registeredBefore(a: VerifiedRecord<'user'>, b: VerifiedRecord<'user'>): boolean {
  return (a.body.createdMillis - b.body.createdMillis || (a.authorId < b.authorId ? -1 : 1)) < 0;
}
