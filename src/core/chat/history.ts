import type { StoreWriter } from '../capabilities.ts';
import type { MessageView } from '../commands.ts';
import type { FileDescriptor } from '../files/descriptor.ts';
import type { MessageId, MessageState, UserId, WallMillis } from '../types.ts';
import { joined, type StoredReaction } from './amendment.ts';
import { messageKey } from './places.ts';

/** A message as it is stored. */
export interface StoredMessage {
  readonly id: MessageId;
  readonly peer: UserId;
  readonly fromMe: boolean;
  readonly text: string;
  readonly stamp: number;
  readonly sentMillis: WallMillis;
  readonly receivedMillis: WallMillis | null;
  readonly state: MessageState;
  readonly receipts: MessageView['receipts'];
  readonly reason?: string;
  /** Who had a copy of it for the recipient when that was last told, and when it first was. */
  readonly heldBy?: readonly string[];
  readonly heldMillis?: WallMillis;
  /** Of a message that came out of the mailbox: the node that had it. */
  readonly via?: string;
  readonly file?: FileDescriptor;
  /** The message that it answers. */
  readonly replyTo?: MessageId;
  /** Place of the latest edit. */
  readonly edited?: string;
  readonly deleted?: true;
  readonly reactions?: readonly StoredReaction[];
}

export interface Conversation {
  /** Messages of theirs that were not read here. */
  readonly unread: number;
  /** How many of them name the user. */
  readonly mentions?: number;
  /** Greatest stamp in it, of messages and of changes to them. */
  readonly stamp: number;
  /** Greatest stamp of a message. */
  readonly lastStamp?: number;
  readonly lastText: string;
  readonly lastMillis: WallMillis;
  readonly lastFromMe: boolean;
}

const NO_CONVERSATION: Conversation = { unread: 0, stamp: 0, lastText: '', lastMillis: 0, lastFromMe: false };
const PREVIEW_CHARACTERS = 120;
/** Messages that are looked through when a part of a conversation was read. */
const PART_READ_MAX = 1_024;
/** Messages that are looked through for the last one of ours. */
const PREVIOUS_MAX = 64;
/** Messages of ours that are kept at hand until they have arrived: as many as may be under way to one person. */
const FRESH_MAX = 256;
const RANK: Readonly<Record<MessageState, number>> = { queued: 0, held: 1, failed: 2, delivered: 3, read: 4 };

/**
 * Direct messages of the logged-in user: in order of their stamps, each id once.
 * Conversations' summaries are kept in memory during a turn and written once at its end.
 */
export class History {
  readonly #store: StoreWriter;
  readonly #changed: () => void;
  readonly #dirty = new Map<UserId, Conversation>();
  /** What was written here and waits for its receipt, as it is stored, oldest first: the receipt then needs no reading. */
  readonly #fresh = new Map<MessageId, readonly [key: string, message: StoredMessage]>();

  /** `changed`: something waits for `endTurn`. */
  constructor(store: StoreWriter, changed: () => void = () => {}) {
    this.#store = store;
    this.#changed = changed;
  }

  conversation(peer: UserId): Conversation {
    return this.#dirty.get(peer) ?? this.#store.get<Conversation>('conversations', peer) ?? NO_CONVERSATION;
  }

  conversations(): Array<readonly [UserId, Conversation]> {
    this.endTurn();
    return this.#store.scan<Conversation>('conversations').map(([peer, conversation]) => [peer as UserId, conversation] as const);
  }

  has(id: MessageId): boolean {
    return this.#store.get('messageKeys', id) !== undefined;
  }

  byId(id: MessageId): readonly [key: string, StoredMessage] | null {
    const fresh = this.#fresh.get(id);
    if (fresh !== undefined) return fresh;
    const key = this.#store.get<string>('messageKeys', id);
    const message = key === undefined ? undefined : this.#store.get<StoredMessage>('messages', key);
    return key === undefined || message === undefined ? null : [key, message];
  }

  /** The one id that begins so; null for none and for several. */
  idOf(beginning: string): MessageId | null {
    const [first, second] = this.#store.scan('messageKeys', { prefix: beginning, limit: 2 });
    return first !== undefined && (second === undefined || first[0] === beginning) ? (first[0] as MessageId) : null;
  }

  /** Returns the message's key; `mentions`: it names the user. */
  add(message: StoredMessage, mentions = false): string {
    const key = messageKey(message.peer, message.stamp, message.id);
    if (message.fromMe && message.state === 'queued') this.#keepAtHand(key, message);
    this.#write(key, message);
    this.#store.put('messageKeys', message.id, key);
    const before = this.conversation(message.peer);
    const lastStamp = before.lastStamp ?? before.stamp;
    const latest = message.stamp >= lastStamp;
    const unread = message.fromMe || message.state === 'read' ? 0 : 1;
    this.#summarise(message.peer, {
      unread: before.unread + unread,
      mentions: (before.mentions ?? 0) + (mentions ? unread : 0),
      stamp: Math.max(before.stamp, message.stamp),
      lastStamp: Math.max(lastStamp, message.stamp),
      lastText: latest ? message.text.slice(0, PREVIEW_CHARACTERS) : before.lastText,
      lastMillis: latest ? message.sentMillis : before.lastMillis,
      lastFromMe: latest ? message.fromMe : before.lastFromMe,
    });
    return key;
  }

  /** The message is another now; where it is the last one, the summary says so. */
  replace(key: string, message: StoredMessage): void {
    this.#write(key, message);
    const before = this.conversation(message.peer);
    if (message.stamp !== (before.lastStamp ?? before.stamp)) return;
    this.#summarise(message.peer, { ...before, lastText: message.text.slice(0, PREVIEW_CHARACTERS) });
  }

  #keepAtHand(key: string, message: StoredMessage): void {
    this.#fresh.set(message.id, [key, message]);
    if (this.#fresh.size <= FRESH_MAX) return;
    for (const oldest of this.#fresh.keys()) {
      this.#fresh.delete(oldest);
      return;
    }
  }

  /** Every change of a message goes this way. */
  #write(key: string, message: StoredMessage): void {
    this.#store.put('messages', key, message);
    if (!this.#fresh.has(message.id)) return;
    if (message.state === 'queued') this.#fresh.set(message.id, [key, message]);
    else this.#fresh.delete(message.id);
  }

  /** For what is written now: behind all that is in the conversation. */
  nextStamp(peer: UserId, wallMillis: WallMillis): number {
    return Math.max(wallMillis, this.conversation(peer).stamp + 1);
  }

  /** What is written next stands behind a change with this stamp. */
  passStamp(peer: UserId, stamp: number): void {
    const before = this.conversation(peer);
    if (stamp > before.stamp) this.#summarise(peer, { ...before, lastStamp: before.lastStamp ?? before.stamp, stamp });
  }

  /** Moves the state of a message, as `byId` gave it, forward and never back; null when nothing changed. */
  advance(
    [key, message]: readonly [key: string, StoredMessage],
    state: MessageState,
    more: { readonly receipt?: MessageView['receipts'][number]; readonly reason?: string },
  ): StoredMessage | null {
    if (RANK[state] <= RANK[message.state]) return null;
    const receipts = more.receipt === undefined ? message.receipts : [...message.receipts, more.receipt];
    const changed: StoredMessage = { ...message, state, receipts, ...(more.reason === undefined ? {} : { reason: more.reason }) };
    this.#write(key, changed);
    return changed;
  }

  /** Others hold it for the recipient: notes who. Null when nothing changed, or it has arrived by now. */
  hold(id: MessageId, heldBy: readonly string[], wallMillis: WallMillis): StoredMessage | null {
    const found = this.byId(id);
    if (found === null) return null;
    const [key, message] = found;
    if (RANK[message.state] > RANK.held) return null;
    if (message.state === 'held' && message.heldBy?.join(' ') === heldBy.join(' ')) return null;
    const changed: StoredMessage = { ...message, state: 'held', heldBy, heldMillis: message.heldMillis ?? wallMillis };
    this.#write(key, changed);
    return changed;
  }

  /** The message of ours before the one with this key; empty for none, and where only theirs come before for long. */
  previousOwn(peer: UserId, key: string): string {
    const before = this.#store.scan<StoredMessage>('messages', { prefix: `${peer}/`, to: key, reverse: true, limit: PREVIOUS_MAX });
    return before.find(([, message]) => message.fromMe && message.state !== 'failed')?.[1].id ?? '';
  }

  /** Takes in a message as another store of the same user has it: added once, its state and receipts going forward only. */
  merge(message: StoredMessage): 'added' | 'advanced' | 'known' {
    const found = this.byId(message.id);
    if (found === null) {
      this.add(message);
      return 'added';
    }
    const [key, before] = found;
    const known = joined(before, message);
    if (known !== before) this.replace(key, known);
    const news = message.receipts.filter((receipt) => !known.receipts.some((each) => each.state === receipt.state && each.by === receipt.by));
    const forward = RANK[message.state] > RANK[known.state];
    if (!forward && news.length === 0) return known === before ? 'known' : 'advanced';
    const reason = message.reason === undefined ? {} : { reason: message.reason };
    const receipts = [...known.receipts, ...news];
    const since = message.heldMillis === undefined ? {} : { heldMillis: message.heldMillis };
    const held = message.heldBy === undefined ? {} : { heldBy: message.heldBy, ...since };
    this.#write(key, forward ? { ...known, ...held, ...reason, state: message.state, receipts } : { ...known, receipts });
    if (forward && !known.fromMe && message.state === 'read') {
      const conversation = this.conversation(known.peer);
      this.#summarise(known.peer, { ...conversation, unread: Math.max(0, conversation.unread - 1) });
    }
    return 'advanced';
  }

  /**
   * Marks theirs as read, all of them or those up to the key `last`; those that were not, newest first. Looks through at most `limit` messages,
   * and through few where only some are meant: what lies further back is marked when all are.
   */
  markRead(peer: UserId, limit: number, last?: string): StoredMessage[] {
    const conversation = this.conversation(peer);
    const found: StoredMessage[] = [];
    if (conversation.unread === 0) return found;
    const range = last === undefined ? { limit } : { limit: Math.min(limit, PART_READ_MAX), to: `${last}\0` };
    for (const [key, message] of this.#store.scan<StoredMessage>('messages', { prefix: `${peer}/`, reverse: true, ...range })) {
      if (message.fromMe || message.state === 'read') continue;
      this.#write(key, { ...message, state: 'read' });
      found.push(message);
      if (found.length >= conversation.unread) break;
    }
    const left = last === undefined ? 0 : conversation.unread - found.length;
    this.#summarise(peer, { ...conversation, unread: left, mentions: left === 0 ? 0 : (conversation.mentions ?? 0) });
    return found;
  }

  /** So many of those that were read named the user. */
  mentionsRead(peer: UserId, count: number): void {
    const before = this.conversation(peer);
    this.#summarise(peer, { ...before, mentions: Math.max(0, (before.mentions ?? 0) - count) });
  }

  /** Oldest first. */
  page(
    peer: UserId,
    range: { readonly limit: number; readonly before?: string },
  ): { readonly messages: ReadonlyArray<readonly [string, StoredMessage]>; readonly more: boolean } {
    const prefix = `${peer}/`;
    const scanned = this.#store.scan<StoredMessage>('messages', {
      prefix,
      reverse: true,
      limit: range.limit + 1,
      ...(range.before === undefined ? {} : { to: prefix + range.before }),
    });
    const more = scanned.length > range.limit;
    return { messages: scanned.slice(0, range.limit).reverse(), more };
  }

  /** From a place on, oldest first. */
  from(peer: UserId, place: string, limit: number): Array<readonly [string, StoredMessage]> {
    return this.#store.scan<StoredMessage>('messages', { prefix: `${peer}/`, from: `${peer}/${place}`, limit });
  }

  #summarise(peer: UserId, conversation: Conversation): void {
    this.#dirty.set(peer, conversation);
    this.#changed();
  }

  endTurn(): void {
    if (this.#dirty.size === 0) return;
    for (const [peer, conversation] of this.#dirty) this.#store.put('conversations', peer, conversation);
    this.#dirty.clear();
  }

  forget(): void {
    this.#dirty.clear();
    this.#fresh.clear();
  }
}
