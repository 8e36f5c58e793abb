import { type RecordTools, verifyRecord } from '../records.ts';
import { applied, forbidden, foundedState, type RoomState, rankOf } from './authority.ts';
import type { RoomEventId } from './room-commands.ts';
import type { AnyRoomEvent, RoomEvent } from './room-event.ts';

/** An event that changes who may do what, and where it stands among the others of that sort. */
export interface AuthorityNode {
  readonly event: AnyRoomEvent;
  readonly depth: number;
  /** The latest events of this sort before it. */
  readonly before: readonly RoomEventId[];
  /** Rank of its author in the state it was made in. */
  readonly rank: number;
  /** What the author's own record says they are called; empty where it holds none. */
  readonly name: string;
}

/**
 * The step that was last made from a state. A state with a thousand members is a large value, and all nodes of a process that
 * are in the room come by the same states.
 */
const lastSteps = new WeakMap<RoomState, { readonly event: AnyRoomEvent; readonly name: string; readonly after: RoomState }>();
/** The same of first events. */
const founded = new WeakMap<AnyRoomEvent, RoomState>();

const OWNER_RANK = 3;
/** States that are remembered; a state holds the members of the room. */
const STATES_MAX = 64;

/**
 * Who may do what in a room, at every set of heads: the same answer on every node that has the same events.
 *
 * Each event was allowed in its own past, or it is not here at all. Where events are concurrent and exclude each other, the one
 * whose author had the higher role counts first, then the lesser depth, clock and hash, and what is not allowed any more after
 * that has no effect; votes for another owner come after all else (as in Matrix's state resolution, version 2: the power of roles before clocks, which anybody may set).
 */
export class AuthorityGraph {
  readonly #tools: RecordTools;
  readonly #nodes = new Map<RoomEventId, AuthorityNode>();
  readonly #states = new Map<string, RoomState>();

  constructor(tools: RecordTools) {
    this.#tools = tools;
  }

  get size(): number {
    return this.#nodes.size;
  }

  has(id: RoomEventId): boolean {
    return this.#nodes.has(id);
  }

  node(id: RoomEventId): AuthorityNode | undefined {
    return this.#nodes.get(id);
  }

  /** The events of this sort that no other of `ids` has in its past: the heads. */
  latest(ids: Iterable<RoomEventId>): RoomEventId[] {
    const found = [...new Set(ids)];
    return found.filter((id) => !found.some((other) => other !== id && this.#isBefore(id, other))).sort();
  }

  #isBefore(early: RoomEventId, late: RoomEventId): boolean {
    const depth = this.#nodes.get(early)?.depth ?? 0;
    const seen = new Set<RoomEventId>();
    const open = [late];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const before of this.#nodes.get(id)?.before ?? []) {
        if (before === early) return true;
        if (seen.has(before) || (this.#nodes.get(before)?.depth ?? 0) <= depth) continue;
        seen.add(before);
        open.push(before);
      }
    }
    return false;
  }

  /** Null when the event is allowed in its own past (`before`: the heads of it), else why not. */
  judge(event: AnyRoomEvent, before: readonly RoomEventId[]): string | null {
    if (event.kind === 'create') return this.#nameOf(event) === '' ? 'the founder does not show who it is' : null;
    if (before.length === 0) return 'no past';
    const wrong = forbidden(this.#tools.crypto, this.stateAt(before), event);
    if (wrong !== null) return wrong;
    return event.kind === 'join' && this.#nameOf(event) === '' ? 'who joins does not show who it is' : null;
  }

  /** Takes in an event that was judged. */
  add(event: AnyRoomEvent, before: readonly RoomEventId[], depth: number): void {
    const rank = event.kind === 'create' ? OWNER_RANK : rankOf(this.stateAt(before), event.author);
    this.#nodes.set(event.id, { event, before, depth, rank, name: this.#nameOf(event) });
  }

  #nameOf(event: AnyRoomEvent): string {
    if (event.kind !== 'create' && event.kind !== 'join') return '';
    const card = verifyRecord(this.#tools, event.body.card);
    return typeof card !== 'string' && card.type === 'user' && card.authorId === event.author ? card.body.name : '';
  }

  /** The state that these heads say; they must be known. */
  stateAt(heads: readonly RoomEventId[]): RoomState {
    const key = heads.join(',');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = heads.length === 1 ? this.#stateAfter(heads[0] as RoomEventId) : this.#folded(heads);
    if (this.#states.size >= STATES_MAX) this.#states.delete(this.#states.keys().next().value as string);
    this.#states.set(key, state);
    return state;
  }

  /** One head has all others before it, so it comes last. */
  #stateAfter(id: RoomEventId): RoomState {
    const chain: AuthorityNode[] = [];
    let node = this.#need(id);
    let known: RoomState | undefined;
    // A long chain of single events is gone through without recursion.
    while (known === undefined && node.before.length === 1) {
      chain.push(node);
      const [before] = node.before as readonly [RoomEventId];
      known = this.#states.get(before);
      node = this.#need(before);
    }
    let state = known ?? this.#base(node);
    for (const next of chain.reverse()) state = this.#step(state, next);
    return state;
  }

  #base(node: AuthorityNode): RoomState {
    if (node.event.kind === 'create') return this.#founded(node.event, node.name);
    return this.#step(this.stateAt(node.before), node);
  }

  #need(id: RoomEventId): AuthorityNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error('a head of the authority graph that nobody added');
    return node;
  }

  #step(state: RoomState, node: AuthorityNode): RoomState {
    const memo = lastSteps.get(state);
    if (memo?.event === node.event && memo.name === node.name) return memo.after;
    const after = forbidden(this.#tools.crypto, state, node.event) === null ? applied(state, node.event, node.name) : state;
    lastSteps.set(state, { event: node.event, name: node.name, after });
    return after;
  }

  #founded(event: RoomEvent<'create'>, name: string): RoomState {
    let state = founded.get(event);
    if (state === undefined) {
      state = foundedState(event, name);
      founded.set(event, state);
    }
    return state;
  }

  #folded(heads: readonly RoomEventId[]): RoomState {
    const waits = this.#pastOf(heads);
    let state: RoomState | undefined;
    const after = new Map<RoomEventId, AuthorityNode[]>();
    const ready: AuthorityNode[] = [];
    for (const [id] of waits) {
      const node = this.#need(id);
      if (node.before.length === 0) ready.push(node);
      for (const before of node.before) after.set(before, [...(after.get(before) ?? []), node]);
    }
    while (ready.length > 0) {
      const node = takeFirst(ready);
      state = node.event.kind === 'create' ? this.#founded(node.event, node.name) : this.#step(state as RoomState, node);
      for (const next of after.get(node.event.id) ?? []) {
        const left = (waits.get(next.event.id) as number) - 1;
        waits.set(next.event.id, left);
        if (left === 0) ready.push(next);
      }
    }
    return state as RoomState;
  }

  /** Everything that these heads have in their past, themselves included, with the number of its direct predecessors. */
  #pastOf(heads: readonly RoomEventId[]): Map<RoomEventId, number> {
    const found = new Map<RoomEventId, number>();
    const open = [...heads];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      const { before } = this.#need(id);
      found.set(id, before.length);
      open.push(...before);
    }
    return found;
  }
}

function takeFirst(ready: AuthorityNode[]): AuthorityNode {
  let best = 0;
  for (let at = 1; at < ready.length; at += 1) if (comesBefore(ready[at] as AuthorityNode, ready[best] as AuthorityNode)) best = at;
  return ready.splice(best, 1)[0] as AuthorityNode;
}

/** Whoever was the only one to vote at some time could vote at that time for ever: a vote meets all that is concurrent with it. */
const isBallot = ({ event, rank }: AuthorityNode): boolean => event.kind === 'vote' && rank < OWNER_RANK;

function comesBefore(a: AuthorityNode, b: AuthorityNode): boolean {
  if (isBallot(a) !== isBallot(b)) return isBallot(b);
  if (a.rank !== b.rank) return a.rank > b.rank;
  if (a.depth !== b.depth) return a.depth < b.depth;
  if (a.event.stampMillis !== b.event.stampMillis) return a.event.stampMillis < b.event.stampMillis;
  return a.event.id < b.event.id;
}
