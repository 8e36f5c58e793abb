import { toHex, utf8 } from '../../bytes.ts';
import type { Crypto } from '../../capabilities.ts';
import type { RecordTools, VerifiedRecord } from '../../records.ts';
import type { ValueKind } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';
import { recordOfValue, remembering, valueOfRecord } from './signed-value.ts';

export const PRESENCE_KIND = 'presence';

/** Where what a user says of being here lies: hex SHA-256 of `confab/ring/presence/1` NUL user id. */
export function keyOfPresence(crypto: Pick<Crypto, 'sha256'>, userId: string): string {
  return toHex(crypto.sha256(utf8(`confab/ring/presence/1\0${userId}`)));
}

export function presenceValue(record: VerifiedRecord<'presence'>): Stored {
  return valueOfRecord(PRESENCE_KIND, record.signed);
}

/** Where users are logged in and what they say of it, for as long as they say it again. Only the user can write under the user's key. */
export function presenceKind(tools: RecordTools, timeToLiveMillis: number): ValueKind {
  return {
    name: PRESENCE_KIND,
    bytesMax: 2_048,
    valuesPerKeyMax: 1,
    bytesPerKeyMax: 2_048,
    valuesPerAuthorMax: 1,
    inspect: remembering(tools, `${PRESENCE_KIND} ${timeToLiveMillis}`, (bytes) => {
      const record = recordOfValue(tools, bytes, 'presence');
      if (typeof record === 'string') return record;
      const { authorId, sequence, wallMillis, body } = record;
      const precedence = `${digits(body.epoch)}/${digits(body.claimedMillis)}/${body.node}`;
      const key = keyOfPresence(tools.crypto, authorId);
      return { key, id: '', sequence, precedence, deleted: false, expiresMillis: wallMillis + timeToLiveMillis, author: authorId };
    }),
    // As session/claim.ts orders claims: the session that has taken over speaks for the user, whatever the sequence numbers say.
    compare: (a, b) => ((a.precedence ?? '') < (b.precedence ?? '') ? -1 : (a.precedence ?? '') > (b.precedence ?? '') ? 1 : 0),
  };
}

/** A whole number so that texts sort as numbers do. */
function digits(value: number): string {
  return value.toString(16).padStart(14, '0');
}
