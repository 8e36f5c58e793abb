import { ENVELOPE_BYTES_MAX, letterId, mailboxKey, openMail } from '../../mail/mail-value.ts';
import type { RecordTools } from '../../records.ts';
import type { Inspected, ValueKind } from '../kinds.ts';
import { remembering } from './signed-value.ts';

export const MAIL_KIND = 'mail';

const DAY_MILLIS = 86_400_000;
/** Fourteen days, the day to which the end is rounded, and one for receipts, which outlive what they take the place of. */
const TIME_TO_LIVE_DAYS_MAX = 16;
const SIGNATURE_AND_FIELDS_BYTES = 400;

/**
 * Letters in mailboxes, and the receipts that take their places.
 *
 * Anybody may leave letters, within a quarter of the mailbox in number and in bytes; only the owner of the mailbox may replace one
 * by a receipt, for the key of the mailbox follows from the signer of the receipt. A receipt wins over every letter, and of two
 * copies of a letter the one that lives longer.
 */
export function mailKind(tools: RecordTools): ValueKind {
  const inspect = (bytes: Uint8Array): Inspected | string => {
    const mail = openMail(tools, bytes);
    if (typeof mail === 'string') return mail;
    const { expiresMillis } = mail;
    if (mail.what === 'receipt') {
      const key = mailboxKey(tools.crypto, mail.by);
      return { key, id: mail.letterId, sequence: Number.MAX_SAFE_INTEGER, deleted: true, expiresMillis, author: mail.by };
    }
    const sequence = Math.floor(expiresMillis / DAY_MILLIS);
    return { key: mailboxKey(tools.crypto, mail.to), id: letterId(tools.crypto, mail), sequence, deleted: false, expiresMillis, author: mail.from };
  };
  return {
    name: MAIL_KIND,
    bytesMax: ENVELOPE_BYTES_MAX + SIGNATURE_AND_FIELDS_BYTES,
    valuesPerKeyMax: 1_024,
    valuesPerAuthorMax: 256,
    bytesPerKeyMax: 8 * 1_048_576,
    bytesPerAuthorMax: 2 * 1_048_576,
    tombstonesPerKeyMax: 8_192,
    timeToLiveMillisMax: TIME_TO_LIVE_DAYS_MAX * DAY_MILLIS,
    inspect: remembering(tools, MAIL_KIND, inspect),
  };
}

/** When a letter or receipt that is written now may be forgotten: at the end of a day, so that writing it again gives the same bytes. */
export function mailExpiresMillis(wallMillis: number, keptMillis: number): number {
  return (Math.floor((wallMillis + keptMillis) / DAY_MILLIS) + 1) * DAY_MILLIS;
}
