import type { Endpoint, NodeId } from '../types.ts';

/** A member of the ring as others know it. */
export interface Contact {
  readonly id: NodeId;
  readonly endpoint: Endpoint;
  /** For people: the node's name. */
  readonly name: string;
}

/** The ring has 2^52 places, so that a place is an exact JavaScript number. */
export const PLACES = 2 ** 52;

const places = new Map<string, number>();
const PLACES_CACHED_MAX = 200_000;

/** The first 52 bits of an id of hex digits. */
export function placeOf(id: string): number {
  let place = places.get(id);
  if (place === undefined) {
    place = Number.parseInt(id.slice(0, 13), 16);
    if (places.size >= PLACES_CACHED_MAX) places.clear();
    places.set(id, place);
  }
  return place;
}

/** Order along the circle from place 0: by place, ties by the whole id. */
export function compareIds(a: string, b: string): number {
  return placeOf(a) - placeOf(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Whether b lies strictly between a and c going clockwise (Zave, "Reasoning about identifier spaces", 2017).
 * With a equal to c it is the whole circle but a.
 */
export function between(a: string, b: string, c: string): boolean {
  return compareIds(a, c) < 0 ? compareIds(a, b) < 0 && compareIds(b, c) < 0 : compareIds(a, b) < 0 || compareIds(b, c) < 0;
}

/** Whether a key belongs to the member `owner` whose predecessor is `predecessor`: in (predecessor, owner]. */
export function owns(predecessor: string, key: string, owner: string): boolean {
  return key === owner || between(predecessor, key, owner);
}

/** Places from a to b going clockwise; 0 where they share a place. */
export function distance(a: string, b: string): number {
  return (placeOf(b) - placeOf(a) + PLACES) % PLACES;
}

/** The id of the place 2^exponent beyond an id: where a finger begins. */
export function fingerStart(id: string, exponent: number): string {
  const place = (placeOf(id) + 2 ** exponent) % PLACES;
  return place.toString(16).padStart(13, '0') + '0'.repeat(51);
}

/** The members after `id`, in order, at most `count`; `id` itself is left out. */
export function successorsAmong(members: readonly Contact[], id: string, count: number): Contact[] {
  const sorted = members.filter((member) => member.id !== id).sort((a, b) => compareIds(a.id, b.id));
  const first = sorted.findIndex((member) => compareIds(member.id, id) > 0);
  const turned = first < 0 ? sorted : [...sorted.slice(first), ...sorted.slice(0, first)];
  return turned.slice(0, count);
}

/** The place just behind an id: the smallest key that does not belong to it. */
export function justAfter(id: string): string {
  const digits = id.split('');
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    const digit = Number.parseInt(digits[at] as string, 16);
    digits[at] = digit === 15 ? '0' : (digit + 1).toString(16);
    if (digit < 15) break;
  }
  return digits.join('');
}
