import type { UserId } from '../types.ts';

const sortedOf = new WeakMap<ReadonlyMap<UserId, unknown>, readonly UserId[]>();

/** Sets of members never change, so each is sorted once. */
function sorted(members: ReadonlyMap<UserId, unknown>): readonly UserId[] {
  let users = sortedOf.get(members);
  if (users === undefined) {
    users = Array.from(members.keys()).sort();
    sortedOf.set(members, users);
  }
  return users;
}

/**
 * Whom a member wants to be linked with: all others in rooms of up to `directMax`; in larger ones those at distances of powers
 * of two in the sorted list of members. Everybody has then about two log2(n) links for the room, and what is passed on over
 * them reaches all in about log2(n) steps, whoever of them is away, as long as the links that are left hang together.
 */
export function neighboursOf(members: ReadonlyMap<UserId, unknown>, me: UserId, directMax: number): UserId[] {
  const users = sorted(members);
  if (!members.has(me) || users.length <= directMax) return users.filter((user) => user !== me);
  const at = users.indexOf(me);
  const found = new Set<UserId>();
  for (let distance = 1; distance < users.length; distance *= 2) found.add(users[(at + distance) % users.length] as UserId);
  found.delete(me);
  return Array.from(found);
}
