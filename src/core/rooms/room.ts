import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import type { RoomState } from './authority.ts';
import { AuthorityGraph } from './authority-graph.ts';
import { Buckets } from './buckets.ts';
import { Parked } from './parked.ts';
import type { RoomEventId, RoomId } from './room-commands.ts';
import {
  type AnyRoomEvent,
  isSealedEvent,
  PARENTS_MAX,
  type RoomEventBodies,
  type RoomEventKind,
  readRoomEvent,
  type SignedRoomEvent,
  signRoomEvent,
} from './room-event.ts';
import { depthOf, orderOf, type RoomRow, type RoomTables, stampOf } from './room-tables.ts';

export const NEW_ROW: RoomRow = {
  status: 'pending',
  name: '',
  topic: '',
  heads: [],
  authority: [],
  events: 0,
  messages: 0,
  unread: 0,
  mentions: 0,
  muted: false,
  archived: false,
  lastText: '',
  lastFrom: '',
  lastMillis: 0,
  hosts: [],
  passwordMaster: new Uint8Array(),
  joins: [],
  returning: false,
};

export interface RoomHooks {
  /** An event has found its place: everything that it points to was delivered before. */
  delivered(room: Room, event: AnyRoomEvent, order: string): void;
}

/**
 * One room of the logged-in user: the graph of its events, and what follows from it.
 *
 * Invariants
 * 1. An event is delivered once, and after all its parents; until then it is parked, where no author has much space.
 * 2. An event whose author might not do that, as its own past says, is not taken, by nobody, ever.
 * 3. Depth, order and state are functions of the set of events.
 */
export class Room {
  readonly id: RoomId;
  readonly graph: AuthorityGraph;
  readonly buckets: Buckets;
  readonly parked: Parked;
  readonly #parts: Parts;
  readonly #tables: RoomTables;
  readonly #hooks: RoomHooks;
  #row: RoomRow;
  #dirty = false;
  /** The state, and the heads that it was worked out for. */
  #state: RoomState | null = null;
  #stateAt: readonly RoomEventId[] | null = null;

  constructor(parts: Parts, tables: RoomTables, id: RoomId, hooks: RoomHooks) {
    this.#parts = parts;
    this.#tables = tables;
    this.#hooks = hooks;
    this.id = id;
    this.#row = tables.room(id) ?? NEW_ROW;
    this.graph = new AuthorityGraph(parts.env);
    this.buckets = new Buckets(parts.env.store, parts.env.crypto, id);
    this.parked = new Parked(parts.options);
    for (const [order, before] of tables.authority(id)) {
      const signed = tables.event(id, order);
      const event = signed === undefined ? 'missing' : readRoomEvent(parts.env, signed, true);
      if (typeof event !== 'string') this.graph.add(event, before, depthOf(order));
    }
  }

  get row(): RoomRow {
    return this.#row;
  }

  change(change: Partial<RoomRow>): void {
    this.#row = { ...this.#row, ...change };
    this.#dirty = true;
    this.#parts.turnWork.add(WORK.rooms);
  }

  flush(): void {
    if (this.#dirty) this.#tables.putRoom(this.id, this.#row);
    this.#dirty = false;
    this.buckets.flush();
  }

  /** Null before the first event is here. */
  get state(): RoomState | null {
    const { authority } = this.#row;
    if (this.#stateAt !== authority) {
      this.#state = authority.length === 0 ? null : this.graph.stateAt(authority);
      this.#stateAt = authority;
    }
    return this.#state;
  }

  /** Members now, whoever they are. */
  isMember(user: UserId): boolean {
    return this.state?.members.has(user) ?? false;
  }

  has(id: RoomEventId): boolean {
    return this.#tables.place(id)?.room === this.id;
  }

  /** The latest events that change who may do what, among these and before them. */
  authorityBefore(ids: readonly RoomEventId[]): RoomEventId[] {
    const found = new Set<RoomEventId>();
    for (const id of ids) {
      if (this.graph.has(id)) found.add(id);
      else for (const before of this.#tables.place(id)?.authority ?? []) found.add(before);
    }
    return found.size <= 1 ? [...found] : this.graph.latest(found);
  }

  /** The room as the author of this delivered event saw it; its own effect is not in it. */
  stateBefore(id: RoomEventId): RoomState | null {
    const before = this.#tables.place(id)?.authority ?? [];
    return before.length === 0 ? null : this.graph.stateAt(before);
  }

  // --- taking in ---

  /**
   * Takes in an event: `delivered` with all that waited for it, `known`, `parked` while something that it points to is missing,
   * or why it is refused.
   */
  take(event: AnyRoomEvent, parkUnder: string): 'delivered' | 'known' | 'parked' | { readonly refused: string } {
    if (event.room !== this.id) return { refused: 'of another room' };
    if (this.has(event.id)) return 'known';
    const missing = event.parents.filter((id) => !this.has(id));
    if (missing.length > 0) {
      return this.parked.add(event, missing, parkUnder, this.#parts.env.monotonicMillis) ? 'parked' : { refused: 'nothing more is parked for this author' };
    }
    const wrong = this.#deliver(event);
    if (wrong !== null) return { refused: wrong };
    const open = [event.id];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const next of this.parked.release(id)) if (this.#deliver(next) === null) open.push(next.id);
    }
    return 'delivered';
  }

  #deliver(event: AnyRoomEvent): string | null {
    if (this.has(event.id)) return null;
    const authority = this.authorityBefore(event.parents);
    const wrong = event.kind === 'create' && event.room !== this.id ? 'another first event' : this.graph.judge(event, authority);
    if (wrong !== null) {
      this.#parts.count('roomEventsRefused');
      const { env } = this.#parts;
      if (env.tracing) env.trace({ type: 'drop', peer: event.author.slice(0, 8), reason: `room: ${wrong}`, messages: [{ type: 'room-events', id: event.id }] });
      return wrong;
    }
    const depth = event.parents.reduce((most, id) => Math.max(most, depthOf(this.#tables.place(id)?.order ?? '0') + 1), 0);
    const order = orderOf(depth, event.stampMillis, event.id);
    const changesAuthority = !isSealedEvent(event);
    this.#tables.putEvent(this.id, order, event.signed, authority, changesAuthority);
    this.buckets.add(depth, event.id);
    this.#parts.turnWork.add(WORK.rooms);
    const heads = [...this.#row.heads.filter((id) => !event.parents.includes(id)), event.id];
    this.change({ heads, events: this.#row.events + 1 });
    if (changesAuthority) {
      this.graph.add(event, authority, depth);
      const superseded = new Set(authority);
      this.change({ authority: [...this.#row.authority.filter((id) => !superseded.has(id)), event.id].sort() });
      const state = this.state as RoomState;
      this.change({ name: state.name, topic: state.topic });
    }
    this.#hooks.delivered(this, event, order);
    return null;
  }

  // --- writing ---

  /** The next event of the user, behind the heads (the youngest of them, where there are many). Not delivered yet. */
  next<Kind extends RoomEventKind>(kind: Kind, body: RoomEventBodies[Kind], parents: readonly RoomEventId[] = this.parentsOfNext()): AnyRoomEvent {
    const { env, options, session } = this.#parts;
    if (session.open === null) throw new Error('a room is written to by whoever is logged in');
    const wall = Math.trunc(env.wallMillis);
    // A clock far ahead must not pull ours along (Kulkarni et al., "Logical Physical Clocks", 2014, with a bound).
    const after = parents.reduce((most, id) => Math.max(most, stampOf(this.#tables.place(id)?.order ?? '') + 1 || 0), 0);
    const stampMillis = Math.max(wall, Math.min(after, wall + options.clockAheadMillisMax));
    return signRoomEvent(env, session.open.identity, { room: this.id, parents, stampMillis, kind, body }) as AnyRoomEvent;
  }

  /** At most PARENTS_MAX of the heads, the youngest, and among them one that has the user's own membership in its past. */
  parentsOfNext(): RoomEventId[] {
    const { heads } = this.#row;
    if (heads.length <= PARENTS_MAX) return [...heads].sort();
    const me = this.#parts.session.userId;
    const young = heads.map((id) => [this.#tables.place(id)?.order ?? '', id] as const).sort(([a], [b]) => (a < b ? 1 : -1));
    const own = young.find(([, id]) => me !== null && this.graph.stateAt(this.authorityBefore([id])).members.has(me));
    const others = young.filter((each) => each !== own).slice(0, PARENTS_MAX - 1);
    return [...(own === undefined ? [] : [own]), ...others].map(([, id]) => id).sort();
  }

  /** As it was signed; undefined while the room is not known yet. */
  firstEvent(): SignedRoomEvent | undefined {
    return this.signedEvent(this.id as string as RoomEventId);
  }

  signedEvent(id: RoomEventId): SignedRoomEvent | undefined {
    const place = this.#tables.place(id);
    return place?.room === this.id ? this.#tables.event(this.id, place.order) : undefined;
  }
}
