import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';

/**
 * People whose absence would be noticed here within seconds: friends, whom a message or a file waits for, who lets us into a room.
 * Their links are asked for a sign of life twice a second; those of people who only share a room with us more seldom.
 */
export function watchedUsers({ session, friends, chat, rooms, files, vaultExchange, view }: Parts): Set<UserId> {
  if (session.open === null) return vaultExchange.wanted === null ? new Set() : new Set([vaultExchange.wanted]);
  const watched = new Set([...friends.wanted(), ...chat.waitingFor(), ...rooms.joining.wanted(), ...files.wanted()]);
  // Other nodes of our own user: one may hold what an earlier session left, or take the session over.
  if (view.nodesOf(session.open.userId).length > 1) watched.add(session.open.userId);
  return watched;
}
