import type { Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { idOfKey, type SignedRecord, verifyRecord } from '../core/records.ts';
import { alteredEnv } from './altered-env.ts';

/** Authors whose first words are kept. */
const KEPT_MAX = 4_096;

/**
 * A chat node that tells of others what it heard of them first, however much has changed since: all of it is well signed, and out of
 * date. Of itself it tells the truth, else nobody would link with it.
 */
export function staleRecords(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  const first = new Map<string, SignedRecord>();
  const own = new Set([idOfKey(env.crypto, env.crypto.signingKeyPair(env.nodeKeys.signingSeed).publicKey)]);
  const asFirstHeard = (record: SignedRecord): SignedRecord => {
    const said = verifyRecord(env, record);
    if (typeof said === 'string') return record;
    if (said.type === 'user' && said.body.name === settings.user) own.add(idOfKey(env.crypto, said.author));
    if (own.has(idOfKey(env.crypto, said.author))) return record;
    const key = `${said.type}/${said.authorId}`;
    const kept = first.get(key);
    if (kept !== undefined) return kept;
    if (first.size < KEPT_MAX) first.set(key, record);
    return record;
  };
  const say = (message: Message): Message =>
    message.type === 'records' || message.type === 'renewals' || message.type === 'lookup-answer'
      ? { ...message, records: message.records.map(asFirstHeard) }
      : message;
  const program = chatNode(alteredEnv(env, say), settings);
  const hear = program.input.bind(program);
  program.input = (from, frame) => {
    for (const message of frame.messages) {
      if (message.type === 'records' || message.type === 'renewals') for (const record of message.records) asFirstHeard(record);
      if (message.type === 'hello') for (const record of [message.node, message.session?.user, message.session?.presence]) if (record) asFirstHeard(record);
    }
    hear(from, frame);
  };
  return program;
}
