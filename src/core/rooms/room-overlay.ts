import { fingerStart } from '../ring/circle.ts';
import type { UserId } from '../types.ts';

/** The members that follow on the circle of ids, whoever else is a neighbour. */
const NEXT = 2;
/** Half of the circle, and down from there. */
const FIRST_EXPONENT = 51;

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
 * Whom a member wants to be linked with: all others in rooms of up to `directMax`; in larger ones the next two on the circle of ids,
 * and those first behind half of it, a quarter, an eighth and so on, as on a Chord ring. Everybody has then about two log2(n) links
 * for the room, and what is passed on over them reaches all in about log2(n) steps, whoever of them is away, as long as the links
 * that are left hang together. Who joins becomes the neighbour of some log2(n) others, and for the rest of the room nothing changes.
 */
export function neighboursOf(members: ReadonlyMap<UserId, unknown>, me: UserId, directMax: number): UserId[] {
  const users = sorted(members);
  if (!members.has(me) || users.length <= directMax) return users.filter((user) => user !== me);
  const at = firstFrom(users, me);
  const found = new Set<UserId>();
  for (let distance = 1; distance <= NEXT; distance += 1) found.add(users[(at + distance) % users.length] as UserId);
  const next = users[(at + 1) % users.length] as UserId;
  for (let exponent = FIRST_EXPONENT; exponent >= 0; exponent -= 1) {
    const user = users[firstFrom(users, fingerStart(me, exponent)) % users.length] as UserId;
    // From here down it is always the next one.
    if (user === next) break;
    found.add(user);
  }
  found.delete(me);
  return Array.from(found);
}

/** Index of the first that is not smaller; the length where there is none. */
function firstFrom(users: readonly UserId[], id: string): number {
  let low = 0;
  let high = users.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((users[middle] as UserId) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
