import type { Endpoint, NodeId } from '../types.ts';

/** A member of the ring as others know it. */
export interface Contact {
  readonly id: NodeId;
  readonly endpoint: Endpoint;
  /** For people: the node's name. */
  readonly name: string;
  /** Where it takes datagrams, if it does. */
  readonly datagram?: string;
}

/** The ring has 2^52 places, so that a place is an exact JavaScript number. */
export const PLACE_BITS = 52;
export const PLACES = 2 ** PLACE_BITS;

const PLACE_DIGITS = 13;
/** Seven digits and six fit into a small whole number each, which is quicker to count with than one of 52 bits. */
const PREFIX_DIGITS = 7;
const LOW_PLACES = 2 ** 24;
const ID_DIGITS = 64;
const HEX_DIGITS = '0123456789abcdef';
const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15));
const ZEROS = '0'.repeat(ID_DIGITS - PLACE_DIGITS);

/** The first 52 bits of an id of lower-case hex digits. Read digit by digit, because every hop of a look-up asks for it. */
export function placeOf(id: string): number {
  let low = 0;
  for (let at = PREFIX_DIGITS; at < PLACE_DIGITS; at += 1) low = (low << 4) | digitOf(id.charCodeAt(at));
  return prefixOf(id) * LOW_PLACES + low;
}

const PREFIX_BITS = 28;
/** How many prefixes there are. */
const PREFIXES = 2 ** PREFIX_BITS;
/** The whole circle, by prefixes: nothing lies further beyond anything. */
export const EVERYTHING = PREFIXES;

/** The first 28 bits: ids that differ in them differ, and lie on the circle as their prefixes do. A small whole number needs no memory of its own. */
export function prefixOf(id: string): number {
  let prefix = 0;
  for (let at = 0; at < PREFIX_DIGITS; at += 1) prefix = (prefix << 4) | digitOf(id.charCodeAt(at));
  return prefix;
}

/** From one prefix to another going clockwise; 0 where they are the same. */
export function prefixesBetween(from: number, to: number): number {
  return (to - from) & (PREFIXES - 1);
}

/**
 * How far an id lies beyond another, whose prefix is given, by their prefixes: from 0 for who shares its prefix and lies behind it to
 * 2^28 for who shares it and lies before it, or is the very same. Of two ids the one that lies further beyond never has less.
 */
export function awayOf(id: string, from: string, fromPrefix: number): number {
  const away = prefixesBetween(fromPrefix, prefixOf(id));
  return away === 0 && id <= from ? EVERYTHING : away;
}

/** How far beyond an id its finger begins, by prefixes; for exponents from 24 on. */
export function fingerAway(exponent: number): number {
  return 1 << (exponent - PLACE_BITS + PREFIX_BITS);
}

/** What a digit stands for, by its code: those of 0 to 9 end with the bits of their numbers, those of a to f with those of 1 to 6. */
function digitOf(code: number): number {
  return (code & 15) + (code >> 6) * 9;
}

/** Order along the circle from place 0. Ids have 64 lower-case hex digits each, so their order as texts is that of their numbers. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of one member: what is known of where it listens is the same. After a restart it may take datagrams elsewhere while all else stays. */
export function isReachedAlike(one: Contact, other: Contact): boolean {
  return one.endpoint.address === other.endpoint.address && one.datagram === other.datagram;
}

/**
 * Whether b lies strictly between a and c going clockwise (Zave, "Reasoning about identifier spaces", 2017).
 * With a equal to c it is the whole circle but a.
 */
export function between(a: string, b: string, c: string): boolean {
  return a < c ? a < b && b < c : a < b || b < c;
}

/** Whether a key belongs to the member `owner` whose predecessor is `predecessor`: in (predecessor, owner]. */
export function owns(predecessor: string, key: string, owner: string): boolean {
  return key === owner || between(predecessor, key, owner);
}

/** The same for a place that lies so many places beyond some point, as the other two do; with both at one distance it is the whole circle. */
export function ownsDistance(predecessor: number, place: number, owner: number): boolean {
  return predecessor < owner ? predecessor < place && place <= owner : predecessor < place || place <= owner;
}

/** Places from a to b going clockwise; 0 where they share a place. */
export function distance(a: string, b: string): number {
  return placesBetween(placeOf(a), placeOf(b));
}

/** The same between two places. */
export function placesBetween(from: number, to: number): number {
  return to < from ? to - from + PLACES : to - from;
}

/** Of two up to that of the circle. */
const POWERS = Array.from({ length: PLACE_BITS + 1 }, (_, exponent) => 2 ** exponent);

/** How many places beyond an id its finger begins. */
export function fingerDistance(exponent: number): number {
  return POWERS[exponent] as number;
}

/** The first id of the place where a finger begins. */
export function fingerStart(id: string, exponent: number): string {
  return idAt((placeOf(id) + fingerDistance(exponent)) % PLACES);
}

/** The first id at a place. */
export function idAt(place: number): string {
  const high = Math.floor(place / 2 ** 20);
  const low = place % 2 ** 20;
  // Joined, not added: sums of texts stay trees of their parts, and everybody on the way to a key reads it.
  return [pair(high >>> 24), pair(high >>> 16), pair(high >>> 8), pair(high), pair(low >>> 12), pair(low >>> 4), HEX_DIGITS.charAt(low & 15), ZEROS].join('');
}

/** The lowest eight bits as two digits. */
function pair(bits: number): string {
  return HEX_PAIRS[bits & 255] as string;
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
