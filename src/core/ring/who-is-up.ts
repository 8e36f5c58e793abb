import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { contactOfRecord } from './contacts.ts';

const MEMBERS_MAX = 24;
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

/** Two dozen of them. Of a crowd only those who are drawn are looked at. */
export function someWhoAreUp(parts: Parts): readonly Contact[] {
  if (parts.view.userCount > MEMBERS_MAX * CROWD_FACTOR) return drawn(parts);
  const contacts = allWhoAreUp(parts);
  if (contacts.length <= MEMBERS_MAX) return contacts;
  const first = Math.floor(parts.env.random.fraction() * contacts.length);
  return Array.from({ length: MEMBERS_MAX }, (_, index) => contacts[(first + index) % contacts.length] as Contact);
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
