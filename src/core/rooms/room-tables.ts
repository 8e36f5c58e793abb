import type { StoreWriter } from '../capabilities.ts';
import type { FileDescriptor } from '../files/descriptor.ts';
import type { ChainPosition, SenderChain } from '../secure/sender-key.ts';
import type { UserId, WallMillis } from '../types.ts';
import type { RoomEventId, RoomId, RoomMessageView } from './room-commands.ts';
import type { SignedRoomEvent } from './room-event.ts';

/** What a node keeps of a room besides its events. */
export interface RoomRow {
  /** pending: a join that no member has taken yet. left: not a member any more; what was read stays. */
  readonly status: 'pending' | 'member' | 'left';
  readonly name: string;
  readonly topic: string;
  /** Events that nothing here points to. */
  readonly heads: readonly RoomEventId[];
  /** The same among the events that change who may do what. */
  readonly authority: readonly RoomEventId[];
  readonly events: number;
  readonly messages: number;
  readonly unread: number;
  readonly mentions: number;
  readonly muted: boolean;
  readonly archived: boolean;
  readonly lastText: string;
  readonly lastFrom: string;
  readonly lastMillis: WallMillis;
  /** Place of the last message; absent in rows of earlier versions. */
  readonly lastOrder?: string;
  /** Names of members through whom the room is reached before it is known. */
  readonly hosts: readonly string[];
  /** Of a pending join: what argon2id made of the password; empty without one. */
  readonly passwordMaster: Uint8Array;
  /** Join events of ours that members were shown. */
  readonly joins: readonly RoomEventId[];
  /** The room was known when the user began to join: only a new join counts. */
  readonly returning: boolean;
}

export interface PlacedEvent {
  readonly order: string;
  readonly signed: SignedRoomEvent;
}

/** Where an event stands, and the latest events before it that change who may do what. */
export interface EventPlace {
  readonly room: RoomId;
  readonly order: string;
  readonly authority: readonly RoomEventId[];
}

/** One line as a room shows it. `sealed`: its key has not come. */
export interface StoredLine {
  readonly id: RoomEventId;
  readonly kind: RoomMessageView['kind'] | 'sealed';
  readonly author: UserId;
  readonly from: string;
  readonly text: string;
  readonly sentMillis: WallMillis;
  readonly replyTo: RoomEventId | null;
  readonly mentions: readonly UserId[];
  /** Place of the latest edit; empty: none. */
  readonly edited: string;
  readonly deleted: boolean;
  /** Place of what deleted it; absent in rows of earlier versions. */
  readonly deletedAt?: string;
  readonly reactions: ReadonlyArray<{ readonly reaction: string; readonly by: UserId; readonly order: string; readonly on: boolean }>;
  readonly file?: FileDescriptor;
}

/** A sender's chain from the earliest position that this node was given. */
export interface StoredChain {
  readonly author: UserId;
  readonly position: ChainPosition;
  /** Who gave it. */
  readonly by: UserId;
}

export interface SendingRow {
  readonly chain: SenderChain;
  /** Of what made earlier chains useless; see room-keys.ts. */
  readonly audience: string;
}

const DEPTH_DIGITS = 8;
const STAMP_DIGITS = 16;

/**
 * Place of an event in its room: by depth, then by clock, then by hash. Depth is the longest way from the first event, so every
 * event stands behind all that it points to; and it is computed from the graph, so nobody can claim a place.
 */
export function orderOf(depth: number, stampMillis: number, id: RoomEventId): string {
  return `${depthText(depth)}-${String(stampMillis).padStart(STAMP_DIGITS, '0')}-${id}`;
}

export function depthText(depth: number): string {
  return String(depth).padStart(DEPTH_DIGITS, '0');
}

export function depthOf(order: string): number {
  return Number.parseInt(order.slice(0, DEPTH_DIGITS), 10);
}

export function stampOf(order: string): number {
  return Number.parseInt(order.slice(DEPTH_DIGITS + 1, DEPTH_DIGITS + 1 + STAMP_DIGITS), 10);
}

export function idOfOrder(order: string): RoomEventId {
  return order.slice(DEPTH_DIGITS + STAMP_DIGITS + 2);
}

/** Rows of rooms in the user's store, by their keys. Nothing is decided here. */
export class RoomTables {
  readonly #store: StoreWriter;
  readonly #places = new Map<RoomEventId, EventPlace>();
  readonly #used = new Set<string>();
  /** The last event that was looked for and is not here: a new one is looked for several times before it is. */
  #absent: RoomEventId | null = null;

  constructor(store: StoreWriter) {
    this.#store = store;
  }

  rooms(): Array<readonly [RoomId, RoomRow]> {
    return this.#store.scan<RoomRow>('rooms').map(([id, row]) => [id as RoomId, row] as const);
  }

  room(room: RoomId): RoomRow | undefined {
    return this.#store.get<RoomRow>('rooms', room);
  }

  putRoom(room: RoomId, row: RoomRow): void {
    this.#store.put('rooms', room, row);
  }

  // --- events ---

  place(id: RoomEventId): EventPlace | undefined {
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    if (id === this.#absent) return undefined;
    const place = this.#store.get<EventPlace>('roomKeys', id);
    if (place === undefined) this.#absent = id;
    else this.#remember(id, place);
    return place;
  }

  #remember(id: RoomEventId, place: EventPlace): void {
    if (this.#places.size >= PLACES_MAX) this.#places.clear();
    this.#places.set(id, place);
  }

  /** Ids of this room that begin so; at most two, since more would not say which. */
  idsLike(room: RoomId, prefix: string): RoomEventId[] {
    return this.#store
      .scan<EventPlace>('roomKeys', { prefix, limit: 8 })
      .filter(([, place]) => place.room === room)
      .map(([id]) => id as RoomEventId)
      .slice(0, 2);
  }

  putEvent(room: RoomId, order: string, signed: SignedRoomEvent, authority: readonly RoomEventId[], changesAuthority: boolean): void {
    const id = idOfOrder(order);
    const place = { room, order, authority };
    this.#store.put('roomEvents', `${room}/${order}`, signed);
    this.#store.put('roomKeys', id, place);
    if (changesAuthority) this.#store.put('roomAuthority', `${room}/${order}`, authority);
    if (id === this.#absent) this.#absent = null;
    this.#remember(id, place);
  }

  event(room: RoomId, order: string): SignedRoomEvent | undefined {
    return this.#store.get<SignedRoomEvent>('roomEvents', `${room}/${order}`);
  }

  /** Events between two places, in order. */
  events(room: RoomId, range: { readonly from?: string; readonly to?: string; readonly reverse?: boolean; readonly limit?: number }): PlacedEvent[] {
    return this.#scan<SignedRoomEvent>('roomEvents', room, range).map(([order, signed]) => ({ order, signed }));
  }

  authority(room: RoomId): Array<readonly [order: string, before: readonly RoomEventId[]]> {
    return this.#scan<readonly RoomEventId[]>('roomAuthority', room, {});
  }

  // --- lines ---

  line(room: RoomId, order: string): StoredLine | undefined {
    return this.#store.get<StoredLine>('roomLines', `${room}/${order}`);
  }

  lineOf(room: RoomId, id: RoomEventId): readonly [order: string, StoredLine] | null {
    const place = this.place(id);
    const line = place?.room === room ? this.line(room, place.order) : undefined;
    return place === undefined || line === undefined ? null : [place.order, line];
  }

  putLine(room: RoomId, order: string, line: StoredLine): void {
    this.#store.put('roomLines', `${room}/${order}`, line);
  }

  dropLine(room: RoomId, order: string): void {
    this.#store.delete('roomLines', `${room}/${order}`);
  }

  lines(
    room: RoomId,
    range: { readonly from?: string; readonly to?: string; readonly reverse?: boolean; readonly limit?: number },
  ): Array<readonly [string, StoredLine]> {
    return this.#scan<StoredLine>('roomLines', room, range);
  }

  // --- keys ---

  chain(room: RoomId, chain: string): StoredChain | undefined {
    return this.#store.get<StoredChain>('roomChains', `${room}/${chain}`);
  }

  putChain(room: RoomId, chain: string, row: StoredChain): void {
    this.#store.put('roomChains', `${room}/${chain}`, row);
  }

  /** Remembers the first event that a chain sealed. */
  firstUse(room: RoomId, chain: string, id: RoomEventId): void {
    const key = `${room}/${chain}`;
    if (this.#used.has(key)) return;
    if (this.#used.size >= PLACES_MAX) this.#used.clear();
    this.#used.add(key);
    if (this.#store.get('roomChainUses', key) === undefined) this.#store.put('roomChainUses', key, id);
  }

  firstOfChain(room: RoomId, chain: string): RoomEventId | undefined {
    return this.#store.get<RoomEventId>('roomChainUses', `${room}/${chain}`);
  }

  /** The session has ended: nothing of it stays in memory. */
  forget(): void {
    this.#places.clear();
    this.#used.clear();
    this.#absent = null;
  }

  sending(room: RoomId): SendingRow | undefined {
    return this.#store.get<SendingRow>('roomSending', room);
  }

  putSending(room: RoomId, row: SendingRow): void {
    this.#store.put('roomSending', room, row);
  }

  /** Events that wait for a chain. */
  sealed(room: RoomId, chain?: string): string[] {
    const prefix = chain === undefined ? `${room}/` : `${room}/${chain}/`;
    return this.#store.scan('roomSealed', { prefix }).map(([key]) => key.slice(room.length + 1));
  }

  /** Whether anything in the room waits for a key, or for this one. */
  isSealed(room: RoomId, chain?: string): boolean {
    const prefix = chain === undefined ? `${room}/` : `${room}/${chain}/`;
    return this.#store.scan('roomSealed', { prefix, limit: 1 }).length > 0;
  }

  putSealed(room: RoomId, chain: string, order: string): void {
    this.#store.put('roomSealed', `${room}/${chain}/${order}`, 1);
  }

  dropSealed(room: RoomId, chain: string, order: string): void {
    this.#store.delete('roomSealed', `${room}/${chain}/${order}`);
  }

  // --- own messages ---

  /** Places of own messages, and changes to messages, that no other member has confirmed. */
  waiting(room: RoomId, limit: number): string[] {
    return this.#scan('roomWaiting', room, { limit }).map(([order]) => order);
  }

  isWaiting(room: RoomId, order: string): boolean {
    return this.#store.get('roomWaiting', `${room}/${order}`) !== undefined;
  }

  /** `changed`: the place of the line that it changes; none for a message. */
  putWaiting(room: RoomId, order: string, changed?: string): void {
    this.#store.put('roomWaiting', `${room}/${order}`, changed ?? 1);
  }

  /** The place of the line that a change concerns which nobody has confirmed; null: it is none. */
  waitingChange(room: RoomId, order: string): string | null {
    const changed = this.#store.get('roomWaiting', `${room}/${order}`);
    return typeof changed === 'string' ? changed : null;
  }

  receipts(room: RoomId, order: string): readonly UserId[] {
    return this.#store.get<readonly UserId[]>('roomReceipts', `${room}/${order}`) ?? [];
  }

  putReceipts(room: RoomId, order: string, by: readonly UserId[]): void {
    this.#store.put('roomReceipts', `${room}/${order}`, by);
    this.#store.delete('roomWaiting', `${room}/${order}`);
  }

  #scan<Value>(
    table: string,
    room: RoomId,
    range: { readonly from?: string; readonly to?: string; readonly reverse?: boolean; readonly limit?: number },
  ): Array<readonly [string, Value]> {
    const prefix = `${room}/`;
    return this.#store
      .scan<Value>(table, {
        prefix,
        ...(range.from === undefined ? {} : { from: prefix + range.from }),
        ...(range.to === undefined ? {} : { to: prefix + range.to }),
        ...(range.reverse === undefined ? {} : { reverse: range.reverse }),
        ...(range.limit === undefined ? {} : { limit: range.limit }),
      })
      .map(([key, value]) => [key.slice(prefix.length), value] as const);
  }
}

/** Places that are remembered, so that the parents of new events need no look into the store. */
const PLACES_MAX = 4_096;
