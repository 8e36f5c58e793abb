import type { StoreWriter } from '../capabilities.ts';
import type { MessageId, MessageState, UserId } from '../types.ts';
import type { Amending } from './amending.ts';
import { asAmendment } from './amendment.ts';
import type { Amendments } from './amendments.ts';
import { asDraft, type Drafts } from './drafts.ts';
import type { History, StoredMessage } from './history.ts';
import type { MessageSearch } from './message-search.ts';
import type { Outbox } from './outbox.ts';
import { messageKey, placeOf } from './places.ts';

const TEXTS = ['id', 'peer', 'text', 'state'] as const;
const NUMBERS = ['stamp', 'sentMillis'] as const;
const MESSAGE_ID_CHARACTERS = 21;

/** Neither has it arrived nor will it never. */
function isUnderWay(state: MessageState): boolean {
  return state === 'queued' || state === 'held';
}

/** Rows come sealed from another node of the same user; this keeps a damaged one from doing harm here. */
function asMessage(value: unknown): StoredMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const whole =
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    NUMBERS.every((name) => Number.isSafeInteger(fields[name])) &&
    typeof fields['fromMe'] === 'boolean' &&
    Array.isArray(fields['receipts']);
  return whole ? (value as StoredMessage) : null;
}

/**
 * Merges what an earlier session of the user left into this one's history, outbox, receipts and drafts. Each row may come any
 * number of times and from several nodes: an id is kept once, ticks go forward only, and what was confirmed does not wait again.
 */
export class Inherited {
  readonly #store: StoreWriter;
  readonly #history: History;
  readonly #outbox: Outbox;
  readonly #drafts: Drafts;
  readonly #amendments: Amendments;
  readonly #amending: Amending;
  readonly #search: MessageSearch;
  readonly #recipients = new Set<UserId>();
  readonly #readers = new Set<UserId>();
  /** Somebody has something new waiting for them: messages, read receipts. */
  readonly #waiting: (recipients: Iterable<UserId>, readers: Iterable<UserId>) => void;

  constructor(parts: {
    readonly store: StoreWriter;
    readonly history: History;
    readonly outbox: Outbox;
    readonly drafts: Drafts;
    readonly amendments: Amendments;
    readonly amending: Amending;
    readonly search: MessageSearch;
    readonly waiting: (recipients: Iterable<UserId>, readers: Iterable<UserId>) => void;
  }) {
    this.#store = parts.store;
    this.#history = parts.history;
    this.#outbox = parts.outbox;
    this.#drafts = parts.drafts;
    this.#amendments = parts.amendments;
    this.#amending = parts.amending;
    this.#search = parts.search;
    this.#waiting = parts.waiting;
  }

  /** Takes in one row of another node's table; true for a message that was not known here. */
  take(table: string, key: string, value: unknown): boolean {
    const peer = key.slice(0, Math.max(0, key.indexOf('/'))) as UserId;
    switch (table) {
      case 'messages': {
        const message = asMessage(value);
        return message !== null && this.#message(message);
      }
      case 'amendments': {
        const amendment = asAmendment(value);
        if (amendment !== null) this.#amending.inherit(amendment);
        return false;
      }
      case 'outbox':
        if (this.#isUnderWay(key.slice(-MESSAGE_ID_CHARACTERS) as MessageId, peer) && this.#outbox.inherit(peer, key, value)) this.#recipients.add(peer);
        return false;
      case 'receipts':
        this.#store.put('receipts', key, 1);
        this.#readers.add(peer);
        return false;
      case 'drafts': {
        const draft = asDraft(value);
        if (draft !== null) this.#drafts.merge(key as UserId, draft);
        return false;
      }
      default:
        return false;
    }
  }

  /** A message or a change of ours to this friend, that has neither arrived nor failed. */
  #isUnderWay(id: MessageId, peer: UserId): boolean {
    const message = this.#history.byId(id)?.[1];
    if (message !== undefined) return message.fromMe && message.peer === peer && isUnderWay(message.state);
    const amendment = this.#amendments.byId(id);
    return amendment?.fromMe === true && amendment.peer === peer;
  }

  #message(message: StoredMessage): boolean {
    const known = this.#history.has(message.id);
    const outcome = this.#history.merge(known ? message : this.#amending.awaited(message));
    if (outcome !== 'known') this.#search.touched(message.peer, placeOf(messageKey(message.peer, message.stamp, message.id)));
    if (message.fromMe && !isUnderWay(message.state)) this.#outbox.settle(message.peer, message.stamp, message.id);
    return outcome === 'added';
  }

  /** End of a page: what waits for somebody who is here goes to them. */
  endPage(): void {
    if (this.#recipients.size > 0 || this.#readers.size > 0) this.#waiting(this.#recipients, this.#readers);
    this.#recipients.clear();
    this.#readers.clear();
  }
}
