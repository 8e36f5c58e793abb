import { toHex, utf8 } from '../../bytes.ts';
import type { Crypto } from '../../capabilities.ts';
import type { RecordTools, VerifiedRecord } from '../../records.ts';
import type { ValueKind } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';
import { recordOfValue, remembering, valueOfRecord } from './signed-value.ts';

export const PREKEYS_KIND = 'prekeys';
const BYTES_MAX = 4_096;

/** Where a user's prekeys lie: hex SHA-256 of `confab/ring/prekeys/1` NUL user id. */
export function keyOfPrekeys(crypto: Pick<Crypto, 'sha256'>, userId: string): string {
  return toHex(crypto.sha256(utf8(`confab/ring/prekeys/1\0${userId}`)));
}

export function prekeysValue(record: VerifiedRecord<'prekeys'>): Stored {
  return valueOfRecord(PREKEYS_KIND, record.signed);
}

/**
 * Keys with which a session with somebody who is away can be begun, until their owner has deleted the secret halves. Only the user can
 * write under the user's key. A holder may hand out an old batch: what that costs is said in secure/x3dh.ts.
 */
export function prekeysKind(tools: RecordTools, timeToLiveMillis: number): ValueKind {
  return {
    name: PREKEYS_KIND,
    bytesMax: BYTES_MAX,
    valuesPerKeyMax: 1,
    bytesPerKeyMax: BYTES_MAX,
    valuesPerAuthorMax: 1,
    inspect: remembering(tools, `${PREKEYS_KIND} ${timeToLiveMillis}`, (bytes) => {
      const record = recordOfValue(tools, bytes, 'prekeys');
      if (typeof record === 'string') return record;
      const { authorId, sequence, wallMillis, body } = record;
      const precedence = `${digits(body.epoch)}/${digits(body.claimedMillis)}/${body.node}/${digits(sequence)}`;
      const key = keyOfPrekeys(tools.crypto, authorId);
      return { key, id: '', sequence, precedence, deleted: false, expiresMillis: wallMillis + timeToLiveMillis, author: authorId };
    }),
    // As session/claim.ts orders claims, then as records are: the session that has taken over hands out its own keys.
    compare: (a, b) => ((a.precedence ?? '') < (b.precedence ?? '') ? -1 : (a.precedence ?? '') > (b.precedence ?? '') ? 1 : 0),
  };
}

/** A whole number so that texts sort as numbers do. */
function digits(value: number): string {
  return value.toString(16).padStart(14, '0');
}
