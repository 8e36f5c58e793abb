import type { NodeId } from '../types.ts';
import { awayOf, type Contact, distance, EVERYTHING, PLACE_BITS, prefixOf } from './circle.ts';
import type { HopReason, NextStep } from './ring-port.ts';

/**
 * Whom a member may send a question to, in the order of the circle back from its own place. Pointers and fingers change seldom and are
 * asked for at every hop of everybody's look-ups, so they are sorted once for many questions, which are then answered by comparing
 * small numbers: the ids themselves are looked at only where two share a prefix.
 *
 * All is in one list, since a hop of a look-up mostly waits for memory and each object more is a place more to wait for. A few entries
 * tell of the member itself; then come two for each contact, the furthest first: how far it lies beyond us (`awayOf`), and the contact.
 */
export type Waypoints = ReadonlyArray<number | string | Contact | readonly Contact[]>;

const OWN_PREFIX = 0;
/** How far the first successor lies beyond us. */
const HEAD_AWAY = 1;
/** Where the last successor stands; before it are fingers only. */
const LISTED_FROM = 2;
/** From there on there are successors only. */
const ONLY_LISTED_FROM = 3;
/** How far the predecessor lies beyond us. */
const OWN_FROM = 4;
const SELF = 5;
/** Of those that follow us; not empty. */
const SUCCESSORS = 6;
/** The lowest exponent whose finger begins beyond the last successor. */
const BEYOND = 7;
const FIRST = 8;
const ENTRIES = 2;
const BITS = 32;
const HALF_BITS = 26;
const HALF = 2 ** HALF_BITS;
/** Contacts that are named to whoever asks the way, should the first be dead. */
const NAMED_MAX = 4;

/** Contacts and how far each lies beyond the member, one after the other; null for none. */
export interface Shortcuts {
  readonly contacts: ReadonlyArray<Contact | null>;
  readonly aways: readonly number[];
}

/** Where a member stands; there is at least one successor. */
export interface Place {
  readonly self: Contact;
  readonly successors: readonly Contact[];
  readonly predecessor: Contact | null;
}

/**
 * Where ways are put in order before a list of just their size is made of them: a list that grows leaves three times as much behind as
 * it comes to, and members sort theirs for every change. Used by one at a time; what is left of others behind the end means nothing.
 */
const sorting: Array<Waypoints[number]> = [];

/** Sorts the ways from a member. */
export function waypointsOf({ self: { id: self }, successors, predecessor }: Place, shortcuts: Shortcuts): Waypoints {
  const ownPrefix = prefixOf(self);
  const last = successors.at(-1) as Contact;
  const ownFrom = predecessor === null ? EVERYTHING : awayOf(predecessor.id, self, ownPrefix);
  sorting[OWN_PREFIX] = ownPrefix;
  sorting[HEAD_AWAY] = 0;
  sorting[LISTED_FROM] = 0;
  sorting[ONLY_LISTED_FROM] = 0;
  sorting[OWN_FROM] = ownFrom;
  sorting[SELF] = self;
  sorting[SUCCESSORS] = successors;
  sorting[BEYOND] = bitsOf(distance(self, last.id));
  let end = FIRST;
  for (let at = 0; at < shortcuts.contacts.length; at += 1) {
    const contact = shortcuts.contacts[at] as Contact | null;
    if (contact !== null) end = insert(end, contact, shortcuts.aways[at] as number);
  }
  for (let at = successors.length - 1; at >= 0; at -= 1) {
    const contact = successors[at] as Contact;
    const away = awayOf(contact.id, self, ownPrefix);
    sorting[HEAD_AWAY] = away;
    end = insert(end, contact, away);
  }
  sorting[LISTED_FROM] = sorting.indexOf(last, FIRST) - 1;
  let from = end;
  while (from > FIRST && successors.includes(sorting[from - 1] as Contact)) from -= ENTRIES;
  sorting[ONLY_LISTED_FROM] = from;
  return sorting.slice(0, end);
}

/** How many binary digits a whole number has, which is the exponent of the first power of two above it. A member at no distance is ourselves. */
function bitsOf(places: number): number {
  if (places === 0) return PLACE_BITS;
  return places < HALF ? BITS - Math.clz32(places) : HALF_BITS + BITS - Math.clz32(places / HALF);
}

/**
 * Puts a contact among those up to `end`, and returns where they end then. Who comes in the order that is wanted costs no search. One who
 * is there already is replaced: the later one's address is better known.
 */
function insert(end: number, contact: Contact, away: number): number {
  let at = end;
  while (at > FIRST && isFurther(contact, away, sorting, at - ENTRIES)) at -= ENTRIES;
  const before = at > FIRST && sorting[at - ENTRIES] === away ? (sorting[at - 1] as Contact) : null;
  if (before?.id === contact.id) {
    sorting[at - 1] = contact;
    return end;
  }
  // First at the end: an array with gaps is slow to walk.
  if (end === sorting.length) sorting.push(away, contact);
  for (let to = end; to > at; to -= 1) sorting[to + 1] = sorting[to - 1] as Waypoints[number];
  sorting[at] = away;
  sorting[at + 1] = contact;
  return end + ENTRIES;
}

/** Whether a contact lies further beyond us than the one at an entry. */
function isFurther(contact: Contact, away: number, ways: Waypoints, at: number): boolean {
  const other = ways[at] as number;
  return away === other ? contact.id > (ways[at + 1] as Contact).id : away > other;
}

/** Whether a finger of that exponent begins where the list of successors does not reach. */
export function isBeyondSuccessors(ways: Waypoints, exponent: number): boolean {
  return exponent >= (ways[BEYOND] as number);
}

/** Whether a key is the member's own; null where their prefixes do not tell. */
export function ownsKey(ways: Waypoints, key: string): boolean | null {
  const away = awayOfKey(ways, key);
  const from = ways[OWN_FROM] as number;
  return away === from ? null : away > from;
}

/** Who is next on the way to a key: its owner, where that is our first successor, else those between us and the key, the closest first. */
export function stepTo(ways: Waypoints, key: string): NextStep {
  const away = awayOfKey(ways, key);
  // By the successor alone: a finger may be nearer that is no member any more.
  if (isHeads(ways, key, away)) return { answer: 'next', done: true, contacts: ways[SUCCESSORS] as readonly Contact[], why: 'successor' };
  const from = lastBefore(ways, key, away);
  return { answer: 'next', done: false, contacts: named(ways, from), why: whyOf(ways, from) };
}

/** The same around some, for a key that our successor is known not to own. */
export function stepAround(ways: Waypoints, key: string, avoid: readonly NodeId[]): NextStep {
  const others = contactsFrom(ways, lastBefore(ways, key, awayOfKey(ways, key))).filter((contact) => !avoid.includes(contact.id));
  const why = (ways[SUCCESSORS] as readonly Contact[]).includes(others[0] as Contact) ? 'successor' : 'finger';
  return { answer: 'next', done: false, contacts: others.slice(0, NAMED_MAX), why };
}

function awayOfKey(ways: Waypoints, key: string): number {
  return awayOf(key, ways[SELF] as string, ways[OWN_PREFIX] as number);
}

function isHeads(ways: Waypoints, key: string, away: number): boolean {
  const head = ways[HEAD_AWAY] as number;
  return away === head ? key <= (ways[SUCCESSORS] as readonly [Contact])[0].id : away < head;
}

/** Where the last one before a key stands; everybody from there on lies between us and the key. */
function lastBefore(ways: Waypoints, key: string, away: number): number {
  let at = FIRST;
  while (at < ways.length && (ways[at] as number) > away) at += ENTRIES;
  while (at < ways.length && ways[at] === away && (ways[at + 1] as Contact).id >= key) at += ENTRIES;
  return at;
}

function named(ways: Waypoints, from: number): readonly Contact[] {
  // Written out, since this is asked for so often: to make a list one by one takes far longer.
  if (from + NAMED_MAX * ENTRIES <= ways.length) return [ways[from + 1], ways[from + 3], ways[from + 5], ways[from + 7]] as Contact[];
  return contactsFrom(ways, from);
}

function contactsFrom(ways: Waypoints, from: number): readonly Contact[] {
  const contacts: Contact[] = [];
  for (let at = from; at < ways.length; at += ENTRIES) contacts.push(ways[at + 1] as Contact);
  return contacts;
}

function whyOf(ways: Waypoints, at: number): HopReason {
  if (at >= (ways[ONLY_LISTED_FROM] as number)) return 'successor';
  const isListed = at >= (ways[LISTED_FROM] as number) && (ways[SUCCESSORS] as readonly Contact[]).includes(ways[at + 1] as Contact);
  return isListed ? 'successor' : 'finger';
}
