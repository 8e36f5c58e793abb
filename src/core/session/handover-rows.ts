import type { Env } from '../env.ts';
import type { CoreOptions } from '../options.ts';
import type { TableName } from '../tables.ts';
import { HANDOVER_END } from './handover-seal.ts';

/**
 * What a session leaves to the next one, in the order in which it is handed over: who is a friend before what they wrote,
 * and messages before what changes them, and before the copies of both that still wait to be sent.
 * What is due at holders comes before the events of rooms: none of them is said to be held for a while because its row is still to come. Ratchets and prekeys come last: they only open what was sealed
 * for the earlier session (secure/sessions.ts).
 */
export const HANDOVER_TABLES = [
  'facts',
  'blocks',
  'settings',
  'messages',
  'amendments',
  'outbox',
  'receipts',
  'drafts',
  'prekeys',
  'ratchets',
  'skippedKeys',
  'rooms',
  'roomChains',
  'roomHistoryKeys',
  'roomCopiesDue',
  'roomEvents',
  'roomReceipts',
  'roomMarks',
  'roomInvitations',
  'trust',
  'fileChunks',
  'files',
  'fileRivals',
] as const satisfies readonly TableName[];

/** Read from the store at once, so that rows with long texts do not pile up in memory. */
const SCAN_ROWS = 64;
/** The same for chunks of files, which are large. */
const SCAN_CHUNKS = 4;

type Row = readonly [table: string, key: string, value: unknown];

type PageOptions = Pick<CoreOptions, 'handoverRowsMax' | 'handoverBytesTarget'>;

/** The rows behind a cursor, as many as fit into a page. */
export function readRows(env: Pick<Env, 'store' | 'codec'>, options: PageOptions, cursor: string): { readonly rows: Row[]; readonly next: string } {
  const rows: Row[] = [];
  let bytes = 0;
  let [table, after] = splitCursor(cursor);
  while (table < HANDOVER_TABLES.length) {
    const name = HANDOVER_TABLES[table] as TableName;
    const limit = name === 'fileChunks' ? SCAN_CHUNKS : SCAN_ROWS;
    const found = env.store.scan(name, { limit, ...(after === '' ? {} : { from: `${after}\0` }) });
    for (const [key, value] of found) {
      rows.push([name, key, value]);
      after = key;
      bytes += env.codec.encode(value).length;
      if (bytes >= options.handoverBytesTarget || rows.length >= options.handoverRowsMax) return { rows, next: `${table}/${after}` };
    }
    if (found.length === limit) continue;
    table += 1;
    after = '';
  }
  return { rows, next: HANDOVER_END };
}

/** `<index of the table>/<key of the last row>`; anything else begins at the beginning. */
function splitCursor(cursor: string): [table: number, after: string] {
  const mark = cursor.indexOf('/');
  const table = Number.parseInt(cursor.slice(0, mark), 10);
  return mark < 1 || !(table >= 0 && table < HANDOVER_TABLES.length) ? [0, ''] : [table, cursor.slice(mark + 1)];
}
