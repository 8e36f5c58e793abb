import type { StoreWriter } from '../capabilities.ts';
import type { MessageView } from '../commands.ts';
import type { Env } from '../env.ts';
import { addGrams, FILTER_BYTES, FILTER_LINES, type Query, queryOf } from '../gram-filter.ts';
import type { CoreOptions } from '../options.ts';
import type { UserId } from '../types.ts';
import type { ChatViews } from './chat-views.ts';
import type { StoredMessage } from './history.ts';
import { placeOf } from './places.ts';

type Row = readonly [key: string, message: StoredMessage];

/** A search that waits for the index. */
interface Job {
  readonly peer: UserId;
  readonly text: string;
  readonly limit: number;
  readonly answer: (messages: readonly MessageView[] | null) => void;
}

/** Blocks that are made in one turn, about 10 ms of work: others who want something of the node do not wait longer for a search. */
const BLOCKS_A_TURN = 8;
export const SEARCH_TIMER = 'message-search';

/**
 * Search in a direct chat: newest first.
 *
 * The index is a cache: blocks of messages, each under the place of its last one, with a filter of what occurs in them. It is made by
 * the first search that needs it, so writing and receiving cost nothing, and over several turns where there is much to be read; where
 * a message of a block changes, is deleted or comes late, the block's filter is thrown away and made anew by the next search.
 */
export class MessageSearch {
  readonly #env: Pick<Env, 'setTimer' | 'cancelTimer'>;
  readonly #store: StoreWriter;
  readonly #views: ChatViews;
  readonly #options: Pick<CoreOptions, 'searchesWaitingMax'>;
  readonly #jobs: Job[] = [];
  /** Place up to which a conversation is in blocks; empty for not at all. */
  readonly #indexedTo = new Map<UserId, string>();

  constructor(env: Pick<Env, 'store' | 'setTimer' | 'cancelTimer'>, views: ChatViews, options: Pick<CoreOptions, 'searchesWaitingMax'>) {
    this.#env = env;
    this.#store = env.store;
    this.#views = views;
    this.#options = options;
  }

  /** The session has ended: whoever waits gets null. */
  forget(): void {
    this.#indexedTo.clear();
    this.#env.cancelTimer(SEARCH_TIMER, '');
    for (const job of this.#jobs.splice(0)) job.answer(null);
  }

  /** A message at this place is new or other than before. */
  touched(peer: UserId, place: string): void {
    if (place > this.#indexed(peer)) return;
    const [found] = this.#store.scan<Uint8Array>('messageFilters', { prefix: `${peer}/`, from: `${peer}/${place}`, limit: 1 });
    if (found !== undefined) this.#store.put('messageFilters', found[0], new Uint8Array());
  }

  #indexed(peer: UserId): string {
    let place = this.#indexedTo.get(peer);
    if (place === undefined) {
      const [last] = this.#store.scan('messageFilters', { prefix: `${peer}/`, reverse: true, limit: 1 });
      place = last === undefined ? '' : placeOf(last[0]);
      this.#indexedTo.set(peer, place);
    }
    return place;
  }

  /** Answers at once where the index is there, else when it is made; with null when the session has ended before. False: too many wait. */
  find(peer: UserId, text: string, limit: number, answer: Job['answer']): boolean {
    const job = { peer, text, limit, answer };
    if (this.#jobs.length === 0) this.#go(job);
    else if (this.#jobs.length < this.#options.searchesWaitingMax) this.#jobs.push(job);
    else return false;
    return true;
  }

  /** Timer: another few blocks. */
  timer(): void {
    const next = this.#jobs.shift();
    if (next !== undefined) this.#go(next);
  }

  #go(job: Job): void {
    const rest = this.#index(job.peer);
    if (rest === null) this.#jobs.unshift(job);
    else job.answer(this.#found(job, rest));
    if (this.#jobs.length > 0) this.#env.setTimer(SEARCH_TIMER, '', 0);
  }

  #found({ peer, text, limit }: Job, rest: readonly Row[]): MessageView[] {
    const query = queryOf(text);
    const found = hits(rest, query, limit);
    const blocks = this.#store.scan<Uint8Array>('messageFilters', { prefix: `${peer}/` });
    for (let at = blocks.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const [key, filter] = blocks[at] as readonly [string, Uint8Array];
      if (filter.length > 0 && !query.mayHold(filter)) continue;
      const rows = this.#block(peer, blocks[at - 1]?.[0], key);
      if (filter.length === 0) this.#store.put('messageFilters', key, filterOf(rows));
      found.push(...hits(rows, query, limit - found.length));
    }
    return found.map(([key, message]) => this.#views.view(key, message));
  }

  /** Makes blocks of what is in none yet; what is left and too few for one is returned, or null: there is more to do than fits into a turn. */
  #index(peer: UserId): readonly Row[] | null {
    for (let made = 0; made < BLOCKS_A_TURN; made += 1) {
      const indexed = this.#indexed(peer);
      const from = indexed === '' ? {} : { from: `${peer}/${indexed}\0` };
      const rows = this.#store.scan<StoredMessage>('messages', { prefix: `${peer}/`, limit: FILTER_LINES, ...from });
      const last = rows.at(-1);
      if (rows.length < FILTER_LINES || last === undefined) return rows;
      this.#store.put('messageFilters', last[0], filterOf(rows));
      this.#indexedTo.set(peer, placeOf(last[0]));
    }
    return null;
  }

  #block(peer: UserId, before: string | undefined, last: string): readonly Row[] {
    return this.#store.scan<StoredMessage>('messages', { prefix: `${peer}/`, to: `${last}\0`, ...(before === undefined ? {} : { from: `${before}\0` }) });
  }
}

function filterOf(rows: readonly Row[]): Uint8Array {
  const filter = new Uint8Array(FILTER_BYTES);
  for (const [, message] of rows) addGrams(filter, message.text);
  return filter;
}

/** Newest first. */
function hits(rows: readonly Row[], query: Query, limit: number): Row[] {
  const found: Row[] = [];
  for (let at = rows.length - 1; at >= 0 && found.length < limit; at -= 1) {
    const row = rows[at] as Row;
    if (row[1].deleted !== true && query.isIn(row[1].text)) found.push(row);
  }
  return found;
}
