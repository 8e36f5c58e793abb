import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { contactOfRecord } from './contacts.ts';

const MEMBERS_MAX = 24;
/** So many of them at most need a link to be asked. */
const UNLINKED_MAX = 8;
const CROWD_FACTOR = 4;

/** Null for ourselves, for nodes that are nobody's, and for those that are not up. */
export function contactIfUp({ presence, session }: Parts, record: VerifiedRecord<'node'>): Contact | null {
  const id = record.authorId as NodeId;
  return id !== session.nodeId && presence.nodeIsUp(id) ? contactOfRecord(record) : null;
}

/** All whose records say that they are up, ourselves left out. */
export function allWhoAreUp(parts: Parts): Contact[] {
  const found: Contact[] = [];
  for (const record of parts.view.nodes()) {
    const contact = contactIfUp(parts, record);
    if (contact !== null) found.push(contact);
  }
  return found;
}

/**
 * Two dozen of them, where there are more those who are `linked` and a few others: whoever looks for its place in a ring asks all of
 * them, and where everybody comes at once, links that were opened to ask strangers were most of the work. Of a crowd only those who are
 * drawn are looked at.
 */
export function someWhoAreUp(parts: Parts, linked: () => readonly Contact[]): readonly Contact[] {
  const crowd = parts.view.userCount > MEMBERS_MAX * CROWD_FACTOR;
  const contacts = crowd ? drawn(parts) : allWhoAreUp(parts);
  if (!crowd && contacts.length <= MEMBERS_MAX) return contacts;
  const near = someOf(parts, linked(), MEMBERS_MAX - UNLINKED_MAX);
  const strangers = contacts.filter(({ id }) => !parts.links.of(id)?.established);
  return [...near, ...someOf(parts, strangers, UNLINKED_MAX)];
}

/** So many in a row, from a place that is drawn. */
function someOf(parts: Parts, contacts: readonly Contact[], most: number): readonly Contact[] {
  if (contacts.length <= most) return contacts;
  const first = Math.floor(parts.env.random.fraction() * contacts.length);
  return Array.from({ length: most }, (_, index) => contacts[(first + index) % contacts.length] as Contact);
}

function drawn(parts: Parts): readonly Contact[] {
  const { view } = parts;
  const found: Contact[] = [];
  for (const user of view.sample(MEMBERS_MAX * 2)) {
    for (const id of view.nodesOf(user)) {
      const record = view.node(id);
      const contact = record === undefined ? null : contactIfUp(parts, record);
      if (contact !== null && found.length < MEMBERS_MAX) found.push(contact);
    }
  }
  return found;
}
