import type { NodeId } from '../types.ts';
import { type Member, rankOf } from './members.ts';

/** Up to so many others are probed in turn. */
const IN_TURN_MAX = 16;

/**
 * Whom this node probes in a round. For one round and one view the answers of all nodes are a permutation: everybody is probed
 * by exactly one other. `others` stand in the order of their ids. Among few, everybody in turn, so that a suspicion is soon confirmed by others; among many at random,
 * so that news spread fast.
 */
export function probedIn(round: number, nodeId: NodeId, others: readonly Member[]): Member | null {
  if (others.length === 0) return null;
  const rank = rankOf(nodeId, others);
  const offset = (others.length <= IN_TURN_MAX ? round : mix(round)) % others.length;
  const place = (rank + 1 + offset) % (others.length + 1);
  return others[place < rank ? place : place - 1] as Member;
}

/** When within a round a member is probed, whoever does it: 0 to 1. */
export function momentOf(id: NodeId): number {
  return Number.parseInt(id.slice(0, 8), 16) / 2 ** 32;
}

/** Spreads a counter over 32 bits (the finalizer of MurmurHash3, Appleby), so that rounds follow no pattern. */
function mix(counter: number): number {
  let word = (counter % 2 ** 32) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
