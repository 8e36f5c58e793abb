import type { UserId } from '../types.ts';

/**
 * Whom a member wants to be linked with: all others in rooms of up to `directMax`; in larger ones those at distances of powers
 * of two in the sorted list of members. Everybody has then about two log2(n) links for the room, and what is passed on over
 * them reaches all in about log2(n) steps, whoever of them is away, as long as the links that are left hang together.
 */
export function neighboursOf(members: Iterable<UserId>, me: UserId, directMax: number): UserId[] {
  const sorted = [...members].sort();
  const at = sorted.indexOf(me);
  if (at < 0 || sorted.length <= directMax) return sorted.filter((user) => user !== me);
  const found = new Set<UserId>();
  for (let distance = 1; distance < sorted.length; distance *= 2) found.add(sorted[(at + distance) % sorted.length] as UserId);
  found.delete(me);
  return [...found];
}
