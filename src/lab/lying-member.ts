import { toHex } from '../core/bytes.ts';
import type { Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { idOfKey } from '../core/records.ts';
import type { Contact } from '../core/ring/circle.ts';
import type { RingAnswer, RingNotice } from '../core/ring/ring-port.ts';
import type { NodeId } from '../core/types.ts';
import { alteredEnv } from './altered-env.ts';

/**
 * How a member of the ring lies to whoever asks it.
 *
 * itself: it owns every key. dead: the way to every key leads through nodes that are not there. loop: the next on the way is always
 * somebody who was asked before. eclipse: every key belongs to it and its accomplices, and nobody else is on the ring.
 */
export type RingLie = 'itself' | 'dead' | 'loop' | 'eclipse';

export interface LyingMemberOptions {
  readonly lie: RingLie;
  /** Names of the accomplices' nodes. */
  readonly accomplices?: readonly string[];
}

/** Nodes that are not there, as many as one answer names. */
const GHOSTS = 4;
const HEARD_MAX = 64;

/** A chat node that is honest but for what it says of the ring. */
export function lyingMember(env: Env<Frame>, settings: ChatNodeOptions, options: LyingMemberOptions): Program<Frame> {
  const heard = new Map<NodeId, Contact>();
  const own: Contact = { id: idOfKey(env.crypto, env.crypto.signingKeyPair(env.nodeKeys.signingSeed).publicKey), endpoint: env.endpoint, name: env.name };
  const say = (message: Message): Message => {
    if (message.type === 'ring-answer') return { ...message, answer: lieOf(message.answer) };
    if (message.type === 'ring-notice') return { ...message, notice: lyingNotice(message.notice) };
    return message;
  };
  const ghosts = (): Contact[] =>
    Array.from({ length: GHOSTS }, () => ({
      id: toHex(env.random.bytes(32)) as NodeId,
      endpoint: { address: env.endpoint.address, key: env.random.bytes(32) },
      name: 'ghost',
    }));
  const named = (): readonly Contact[] => {
    switch (options.lie) {
      case 'itself':
        return [own];
      case 'dead':
        return ghosts();
      case 'loop':
        return [...heard.values()].slice(0, 1);
      case 'eclipse':
        return [own, ...[...heard.values()].filter(({ name }) => options.accomplices?.includes(name) === true)];
    }
  };
  const done = options.lie === 'itself' || options.lie === 'eclipse';
  const lieOf = (answer: RingAnswer): RingAnswer => {
    learn(answer);
    switch (answer.answer) {
      case 'next':
        return { answer: 'next', done, contacts: named(), why: 'successor' };
      case 'state':
        return { ...answer, successors: named(), predecessor: options.lie === 'dead' ? (ghosts()[0] ?? null) : own };
      case 'alive':
        return { ...answer, predecessor: options.lie === 'dead' ? (ghosts()[0] ?? null) : own };
      case 'busy':
      case 'outside':
      case 'forwarding':
        return answer;
    }
  };
  const lyingNotice = (notice: RingNotice): RingNotice => (notice.tell === 'routed' ? { ...notice, owners: named() } : notice);
  const learn = (answer: RingAnswer): void => {
    const contacts = answer.answer === 'next' ? answer.contacts : answer.answer === 'state' ? answer.successors : [];
    for (const contact of contacts) if (contact.id !== own.id && heard.size < HEARD_MAX) heard.set(contact.id, contact);
  };
  return chatNode(alteredEnv(env, say), settings);
}

/** The lie that scenarios know by name: every key is its own, and nobody follows it. */
export function wrongSuccessors(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  return lyingMember(env, settings, { lie: 'itself' });
}
