import type { Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import type { SignedRecord } from '../core/records.ts';
import { alteredEnv } from './altered-env.ts';

/** A chat node whose records of the network are spoilt on their way out: every receiver must refuse them. */
export function wrongSignatures(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  return chatNode(alteredEnv(env, spoilt), settings);
}

function spoilt(message: Message): Message {
  switch (message.type) {
    case 'records':
    case 'renewals':
    case 'lookup-answer':
      return { ...message, records: message.records.map(withOtherSignature) };
    case 'facts':
      return { ...message, facts: message.facts.map(withOtherSignature) };
    default:
      return message;
  }
}

function withOtherSignature(record: SignedRecord): SignedRecord {
  const signature = record.signature.slice();
  signature[0] = (signature[0] ?? 0) ^ 1;
  return { ...record, signature };
}
