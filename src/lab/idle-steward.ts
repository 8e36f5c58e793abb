import { concat, toHex, utf8 } from '../core/bytes.ts';
import type { Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { ROOM_COPY_KIND } from '../core/replication/kinds/room-copy-kind.ts';
import type { Page } from '../core/replication/replication-port.ts';
import { alteredEnv } from './altered-env.ts';

/**
 * A member of rooms, and of the ring, that lets the copies of its rooms end: it puts none anywhere, neither its own pieces nor those
 * that it is first in line to take over, and gives none out that others have left with it. Its node believes that it did.
 */
export function idleSteward(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  const without = (page: Page): Page => {
    const values = page.values.filter(({ kind }) => kind !== ROOM_COPY_KIND);
    // The page is a whole one, but for what is not in it.
    const hash = toHex(env.crypto.sha256(concat(...values.map(({ kind, bytes }) => env.crypto.sha256(concat(utf8(`${kind}\0`), bytes))))));
    return { values, hash };
  };
  const say = (message: Message): Message | null => {
    if (message.type === 'replica-answer' && message.answer.answer === 'page')
      return { ...message, answer: { ...message.answer, page: without(message.answer.page) } };
    if (message.type !== 'replica-ask') return message;
    const { question } = message;
    if (question.ask === 'put' && question.value.kind === ROOM_COPY_KIND) return null;
    return question.ask === 'push' ? { ...message, question: { ...question, page: without(question.page) } } : message;
  };
  return chatNode(alteredEnv(env, say), settings);
}
