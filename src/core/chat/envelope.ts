import { utf8 } from '../bytes.ts';
import type { Envelope } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { decodePadded, pad } from '../secure/padding.ts';
import type { MessageId, UserId } from '../types.ts';
import { type Content, readContent, sealedForm } from './content.ts';

/**
 * Suite 2: sealed by the pairwise ratchet (secure/sessions.ts), padded to buckets. The ratchet proves the sender to the recipient
 * and to nobody else, so there is no signature inside. Suite 1, a box to a long-lived key, is refused: it has no forward secrecy.
 */
export const SUITE_RATCHET = 2;

type Header = Pick<Envelope, 'suite' | 'id' | 'from' | 'to'>;

/** Null while no keys of the recipient are known. Each call takes a key of the ratchet: what is returned is stored in the same turn. */
export function sealEnvelope(parts: Parts, from: UserId, to: VerifiedRecord<'user'>, id: MessageId, content: Content): Envelope | null {
  const header: Header = { suite: SUITE_RATCHET, id, from, to: to.authorId as UserId };
  const part = parts.secure.sessions.seal(to, pad(parts.env.codec.encode(sealedForm(content))), headerBytes(header));
  return part === null ? null : { ...header, part };
}

/** The content (see readContent), or why there is none. Never throws; an envelope opens once. */
export function openEnvelope(parts: Parts, sender: VerifiedRecord<'user'>, envelope: Envelope): ReturnType<typeof readContent> {
  if (envelope.suite !== SUITE_RATCHET) return `suite ${envelope.suite}`;
  const padded = parts.secure.sessions.open(sender, envelope.part, headerBytes(envelope));
  return typeof padded === 'string' ? padded : readContent(decodePadded(parts.env.codec, padded));
}

/** Bound to the ciphertext: all that stands outside the box. */
function headerBytes(header: Header): Uint8Array {
  return utf8(`${header.suite}\0${header.id}\0${header.from}\0${header.to}\0`);
}

const RECEIPT_LABEL = 'confab/receipt/1';

/** What a recipient signs to confirm messages. */
export function receiptBytes(receipt: { readonly from: UserId; readonly to: UserId; readonly state: string; readonly ids: readonly string[] }): Uint8Array {
  return utf8(`${RECEIPT_LABEL}\0${receipt.from}\0${receipt.to}\0${receipt.state}\0${receipt.ids.join(',')}`);
}
