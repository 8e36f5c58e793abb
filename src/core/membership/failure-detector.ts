import { datagramAddressIn } from '../discovery/addresses.ts';
import type { Link, PeerWord } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { MemberState } from '../swim/wire.ts';
import type { NodeId } from '../types.ts';
import { ownerOf } from './record-view.ts';

/** unknown: neither a link nor the membership protocol knows that node. */
export type Liveness = 'alive' | 'suspect' | 'dead' | 'unknown';

interface Death {
  /** Node records up to this sequence number prove nothing any more. */
  readonly sequence: number;
  readonly atMillis: number;
}

const DEATHS_MAX = 1_024;
const WHOLE_SHARE = 3 / 4;
/** Between two rounds of questions to all friends because somebody else may be dead, ms: no more than they are asked where nobody vouches for them. */
const ALARM_MILLIS = 500;

/**
 * The one place that judges whether a node is there. Links tell what they hear themselves, the membership protocol what all
 * others hear; with the protocol switched off the links' word is all there is, and everything works on it.
 *
 * Invariants
 * 1. What was heard first-hand within the last `suspectMillis` outweighs everything that others say.
 * 2. A node whose link was found dead, and whom the others do not hear either, stays dead until it is heard itself or shows
 *    a newer record.
 * 3. Whoever depends on it is told of every change by `changed` and asks `stateOf` for what holds.
 */
export class FailureDetector {
  readonly #parts: Parts;
  readonly #deaths = new Map<NodeId, Death>();
  #alarmedMillis = Number.NEGATIVE_INFINITY;
  readonly #listeners: Array<(id: NodeId, state: Liveness) => void> = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** For modules that act on deaths at once, beyond presence and links: the ring. */
  listen(listener: (id: NodeId, state: Liveness) => void): void {
    this.#listeners.push(listener);
  }

  stateOf(id: NodeId): Liveness {
    const { links, swim } = this.#parts;
    const link = links.of(id);
    if (link?.established) return this.#stateOfLinked(link, id);
    if (this.#foundDead(id)) return 'dead';
    const member = swim.stateOf(id);
    return member === 'left' ? 'dead' : member;
  }

  #stateOfLinked(link: Link, id: NodeId): Liveness {
    const { env, options, swim } = this.#parts;
    if (env.monotonicMillis - this.heardMillis(link) < options.suspectMillis) return 'alive';
    const member = swim.stateOf(id);
    // A link that is not watched closely is asked so seldom that the others know better.
    if (link.watched || member === 'unknown') return link.state === 'suspect' ? 'suspect' : 'alive';
    return member === 'alive' ? 'alive' : 'suspect';
  }

  /** When the node at the end of a link was last heard here, over it or by a datagram of its own. */
  heardMillis({ nodeId, lastHeardMillis }: Link): number {
    return nodeId === null ? lastHeardMillis : Math.max(lastHeardMillis, this.#parts.swim.heardMillis(nodeId));
  }

  /** Whether the others would tell if the node at the end of a link were not there: a member, and we hear what they say. */
  wordOf({ nodeId }: Link): PeerWord {
    const { swim } = this.#parts;
    if (nodeId === null) return 'unknown';
    const member = swim.stateOf(nodeId);
    if (member === 'suspect') return 'suspect';
    return member === 'alive' && swim.hearsOthers ? 'alive' : 'unknown';
  }

  /** There is room for all members, those who have died lately included: everybody passes on what is heard of anybody. */
  get knowsAll(): boolean {
    const { options, swim } = this.#parts;
    return swim.presentCount < options.swimMembersMax * WHOLE_SHARE;
  }

  #foundDead(id: NodeId): boolean {
    const death = this.#deaths.get(id);
    if (death === undefined) return false;
    if (this.#parts.swim.heardMillis(id) > death.atMillis) return false;
    return (this.#parts.view.node(id)?.sequence ?? 0) <= death.sequence;
  }

  // --- inputs ---

  /** What the store knows of nodes when this one starts. */
  start(): void {
    for (const record of this.#parts.view.nodes()) this.recordChanged(record);
  }

  linkDown(link: Link, reason: 'dead' | 'goodbye' | 'closed'): void {
    const { env, view, swim } = this.#parts;
    if (link.nodeId === null) return;
    if (reason === 'goodbye' && view.node(link.nodeId)?.body.gone) swim.departed(link.nodeId);
    // Where all others still hear it, it is the line to it that is broken.
    if (reason !== 'dead' || swim.stateOf(link.nodeId) === 'alive') return;
    this.#deaths.delete(link.nodeId);
    this.#deaths.set(link.nodeId, { sequence: view.node(link.nodeId)?.sequence ?? 0, atMillis: env.monotonicMillis });
    if (this.#deaths.size > DEATHS_MAX) this.#deaths.delete(this.#deaths.keys().next().value as NodeId);
    this.#changed(link.nodeId);
  }

  linkChanged(link: Link): void {
    if (link.nodeId === null) return;
    // The others have it for alive because nobody has probed it since: it may be one of many who died at once.
    if (link.state === 'suspect' && link.watched) this.#parts.swim.look(link.nodeId);
    if (link.state === 'suspect') this.#alarm();
    this.#changed(link.nodeId);
  }

  memberChanged(id: NodeId, state: MemberState, before: MemberState): void {
    const { env, options, links, connections } = this.#parts;
    const link = links.of(id);
    if (link !== undefined) links.watch.unsure(link);
    const silent = link !== undefined && env.monotonicMillis - link.lastHeardMillis >= options.suspectMillis;
    if (state === 'dead' && silent) links.close(link, 'dead');
    if (state === 'alive' && link === undefined) connections.revived(id);
    if (link !== undefined && state === 'suspect') {
      if (link.watched) links.watch.doubted(link);
      else links.watch.reconsider(link);
    }
    if (before === 'alive' && (state === 'suspect' || state === 'dead')) this.#alarm();
    this.#changed(id);
  }

  /** The membership protocol has forgotten a member to make room for another: nobody tells of it any more. */
  memberForgotten(id: NodeId): void {
    const link = this.#parts.links.of(id);
    if (link !== undefined) this.#parts.links.watch.unsure(link);
  }

  /** Nobody is heard any more: it may be we who are cut off, so whoever matters is asked at once. */
  othersMissed(): void {
    this.#parts.links.watch.unsureOfAll();
    for (const link of this.#parts.links.all()) if (link.watched) this.#parts.links.watch.doubted(link);
  }

  /** Deaths come together: that others vouch for a friend may be older than the cause of this one. */
  #alarm(): void {
    const now = this.#parts.env.monotonicMillis;
    if (now - this.#alarmedMillis < ALARM_MILLIS) return;
    this.#alarmedMillis = now;
    this.#parts.links.watch.alarm();
  }

  /** A record of a node came in: it tells where its datagrams go, and whether it has left. */
  recordChanged(record: VerifiedRecord<'node'>): void {
    const { env, options, swim } = this.#parts;
    const id = record.authorId as NodeId;
    const address = datagramAddressIn(record.body.addresses);
    if (record.body.gone) swim.departed(id);
    else if (address !== null && env.wallMillis - record.wallMillis < options.announceTtlMillis) swim.learn(id, address);
  }

  #changed(id: NodeId): void {
    const { view, presence } = this.#parts;
    const record = view.node(id);
    const owner = record === undefined ? null : ownerOf(this.#parts, record);
    if (owner !== null) presence.reconsider(owner);
    if (this.#listeners.length === 0) return;
    const state = this.stateOf(id);
    for (const listener of this.#listeners) listener(id, state);
  }
}
