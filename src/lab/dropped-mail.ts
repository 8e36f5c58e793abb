import type { Env, Program } from '../core/env.ts';
import type { Frame } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import type { Address } from '../core/types.ts';
import { alteredEnv } from './altered-env.ts';

/** A chat node that loses every message on purpose: its link confirms the frame, it never confirms the message. */
export function droppedMail(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  const program = chatNode(
    alteredEnv(env, (message) => (message.type === 'receipt' ? null : message)),
    settings,
  );
  const hear = program.input.bind(program);
  program.input = (from: Address, frame: Frame) => hear(from, { ...frame, messages: frame.messages.filter(({ type }) => type !== 'envelope') });
  return program;
}
