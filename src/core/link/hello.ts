import { sameBytes } from '../bytes.ts';
import { type Message, misfitOfMessage } from '../messages.ts';
import { type AnyVerifiedRecord, type RecordTools, type VerifiedRecord, verifyRecord } from '../records.ts';

/** Whoever is logged in there, verified. */
export interface VerifiedSession {
  readonly user: AnyVerifiedRecord;
  readonly presence: AnyVerifiedRecord | null;
  readonly prekeys: AnyVerifiedRecord | null;
}

/** What a hello says, verified. */
export interface Hello {
  readonly node: VerifiedRecord<'node'>;
  /** Where that node listens. */
  readonly address: string;
  readonly session: VerifiedSession | null;
}

/** The verified content of a hello that came over a transport which proved `transportKey`, or why it is none. Never throws. */
export function readHello(tools: RecordTools, transportKey: Uint8Array, value: unknown): Hello | string {
  const wrong = misfitOfMessage(value);
  if (wrong !== null) return `hello: ${wrong}`;
  const message = value as Message;
  if (message.type !== 'hello') return 'hello: another message';
  const node = verifyRecord(tools, message.node);
  if (typeof node === 'string' || node.type !== 'node') return 'hello: without a node record';
  if (!sameBytes(node.body.agreementKey, transportKey)) return 'hello: the transport key is not that of the record';
  const address = node.body.addresses[0];
  if (address === undefined) return 'hello: without an address';
  if (message.session === null) return { node, address, session: null };
  const user = verifyRecord(tools, message.session.user);
  const presence = message.session.presence === null ? null : verifyRecord(tools, message.session.presence);
  const prekeys = message.session.prekeys === null ? null : verifyRecord(tools, message.session.prekeys);
  if (typeof user === 'string' || typeof presence === 'string' || typeof prekeys === 'string') return 'hello: with a wrong session';
  return { node, address, session: { user, presence, prekeys } };
}
