import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { BRIDGES_MAX, type Bridge } from './history-key.ts';
import type { HistoryKeys, KnownKey } from './history-keys.ts';
import type { Confidence } from './pairwise.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { isSealedEvent, readRoomEvent } from './room-event.ts';
import type { RoomKeys } from './room-keys.ts';
import type { RoomTables, StoredChain } from './room-tables.ts';

/** A piece that holds nothing but secrets for single members, each sealed to one of them. */
export interface Crossing {
  /** Where it is put: the place that those members know. */
  readonly at: KnownKey;
  readonly bridges: readonly Bridge[];
  /** Holders have it. */
  readonly done: () => void;
}

/** Everybody in such a room is bridged; whoever comes behind them in a larger one needs a member. */
const BRIDGED_MAX = 1_024;
const CHAINS_TOLD_MAX = 4_096;

/**
 * What members who are away cannot find at a place by what they know, and is sealed to each of them by the pairwise ratchets:
 * - the next history key, at the place of the one before;
 * - in rooms whose history begins with joining, sender keys of messages that come to lie under a later history key than that of
 *   the members they were written for. Such a key goes to those of them who are members still, to nobody else.
 *
 * One piece at a time, of at most 64 members: each sealing turns a ratchet. What was begun before a restart is begun again.
 */
export class CopyBridges {
  readonly #parts: Parts;
  readonly #keys: HistoryKeys;
  readonly #roomKeys: RoomKeys;
  readonly #tables: RoomTables;
  /** Who has been bridged, by place and what they were told. */
  readonly #reached = new Map<string, ReadonlySet<UserId>>();
  /** Chains of which all were told, by place. */
  readonly #told = new Set<string>();

  constructor(parts: Parts, keys: HistoryKeys, roomKeys: RoomKeys, tables: RoomTables) {
    this.#parts = parts;
    this.#keys = keys;
    this.#roomKeys = roomKeys;
    this.#tables = tables;
  }

  forget(): void {
    this.#reached.clear();
    this.#told.clear();
  }

  /** What has to be at holders before these events may lie under this key; null: nothing, or nothing more. */
  next(room: Room, key: KnownKey, orders: readonly string[]): Crossing | null {
    return (key.bridged ? null : this.#toKey(room, key)) ?? this.#toChains(room, key, orders);
  }

  #toKey(room: Room, key: KnownKey): Crossing | null {
    const before = this.#keys.before(room, key);
    const confidence = { kind: 'history' as const, room: room.id, keys: [key.key] };
    const crossing = before === null ? null : this.#crossing(before, key.place, this.#others(room), confidence);
    if (crossing === null) this.#keys.change(room, key.place, { bridged: true });
    return crossing;
  }

  #toChains(room: Room, key: KnownKey, orders: readonly string[]): Crossing | null {
    if (room.state?.history !== 'joined') return null;
    for (const order of orders) {
      const id = this.#earlierChain(room, key, order);
      if (id === null || this.#told.has(`${key.place}/${id}`)) continue;
      const { author, position } = this.#tables.chain(room.id, id) as StoredChain;
      const readers = this.#others(room).filter((user) => this.#roomKeys.wasMember(room, user, id));
      const crossing = this.#crossing(key, id, readers, { kind: 'chains', room: room.id, chains: [{ author, position }] });
      if (crossing !== null) return crossing;
      if (this.#told.size >= CHAINS_TOLD_MAX) this.#told.clear();
      this.#told.add(`${key.place}/${id}`);
    }
    return null;
  }

  /** The sender key of an event that was not written for whom the history key is; null where it was. */
  #earlierChain(room: Room, key: KnownKey, order: string): string | null {
    const signed = this.#tables.event(room.id, order);
    const event = signed === undefined ? 'missing' : readRoomEvent(this.#parts.env, signed, true);
    if (typeof event === 'string' || !isSealedEvent(event)) return null;
    const id = toHex(event.body.chain);
    const chain = this.#tables.chain(room.id, id);
    return chain === undefined || chain.author !== event.author || chain.position.heads === key.audience ? null : id;
  }

  /** Members of now but the user; owner and admins first. */
  #others(room: Room): UserId[] {
    const others = [...(room.state?.members ?? [])].filter(([user]) => user !== this.#parts.session.userId);
    return others.sort(([, a], [, b]) => Number(a.role === 'member') - Number(b.role === 'member')).map(([user]) => user);
  }

  /** The next piece of it; null when all have been reached. */
  #crossing(at: KnownKey, what: string, readers: readonly UserId[], confidence: Confidence & { readonly room: RoomId }): Crossing | null {
    const name = `${at.place}/${what}`;
    const me = this.#parts.session.userId as UserId;
    const bridges: Bridge[] = [];
    // By their ids, since the order of members changes with their roles.
    const reached = new Set(this.#reached.get(name));
    for (const to of readers) {
      if (reached.size >= BRIDGED_MAX || bridges.length >= BRIDGES_MAX) break;
      if (reached.has(to)) continue;
      reached.add(to);
      const part = this.#parts.rooms.pairwise.seal(to, confidence);
      if (part !== null) bridges.push({ from: me, to, part });
    }
    if (bridges.length > 0) return { at, bridges, done: () => void this.#reached.set(name, reached) };
    this.#reached.delete(name);
    return null;
  }
}
