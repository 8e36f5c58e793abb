import { datagramAddressIn } from '../discovery/addresses.ts';
import type { Link } from '../link/link.ts';
import { nodeTitle } from '../link/node-title.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';

/** A record never changes, and nodes that share a process share records: what it says of a contact is made once. */
const ofRecord = new WeakMap<VerifiedRecord<'node'>, Contact>();

/** The node of a record; null where nobody owns it or it says no address. */
export function contactOfRecord(record: VerifiedRecord<'node'>): Contact | null {
  const known = ofRecord.get(record);
  if (known !== undefined) return known;
  const { addresses, agreementKey, certificate } = record.body;
  const address = addresses[0];
  if (certificate === null || address === undefined) return null;
  const contact = contactWith(
    { id: record.authorId as NodeId, endpoint: { address, key: agreementKey }, name: nodeTitle(record) },
    datagramAddressIn(addresses),
  );
  ofRecord.set(record, contact);
  return contact;
}

/** Who is at the other end, once that has been proved. */
export function contactOf(link: Link): Contact | null {
  if (link.nodeId === null || link.userId === null) return null;
  const { contact } = link;
  const isCurrent = contact !== null && contact.id === link.nodeId && contact.endpoint === link.endpoint && contact.name === link.name;
  if (isCurrent && (contact.datagram ?? null) === link.datagramAddress) return contact;
  link.contact = contactWith({ id: link.nodeId, endpoint: link.endpoint, name: link.name }, link.datagramAddress);
  return link.contact;
}

export function contactWith({ id, endpoint, name }: Contact, datagram: string | null): Contact {
  return datagram === null ? { id, endpoint, name } : { id, endpoint, name, datagram };
}
