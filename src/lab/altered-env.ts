import type { DatagramContent } from '../core/datagram.ts';
import type { DatagramTarget, Env } from '../core/env.ts';
import { type UnlinkedAnswer, type UnlinkedAsk, UnwrittenQuestion } from '../core/link/question-packet.ts';
import type { Frame, Message } from '../core/messages.ts';
import type { Address } from '../core/types.ts';
import { overlaid } from './overlaid.ts';

/** The env of an honest node with other messages leaving it: `alter` says what becomes of each, null: it does not leave. */
export function alteredEnv(env: Env<Frame>, alter: (message: Message) => Message | null): Env<Frame> {
  const send = (to: Address, frame: Frame): void => {
    const messages = frame.messages.flatMap((message) => alter(message) ?? []);
    env.send(to, { ...frame, messages });
  };
  const sendDatagram = (to: DatagramTarget, content: DatagramContent): void => {
    const altered = content instanceof UnwrittenQuestion ? alteredQuestion(content, alter) : content;
    if (altered !== null) env.sendDatagram(to, altered);
  };
  return overlaid(env, { send, sendDatagram });
}

/** What is said without a link is altered like everything else. */
function alteredQuestion(content: UnwrittenQuestion, alter: (message: Message) => Message | null): UnwrittenQuestion | null {
  const { message } = content.packet;
  if (message === null) return content;
  const altered = alter(message);
  return altered === null ? null : content.saying(altered as UnlinkedAsk | UnlinkedAnswer);
}
