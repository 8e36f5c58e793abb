import type { Env } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import type { Address } from '../core/types.ts';

/** The env of an honest node with other messages leaving it: `alter` says what becomes of each, null: it does not leave. */
export function alteredEnv(env: Env<Frame>, alter: (message: Message) => Message | null): Env<Frame> {
  const send = (to: Address, frame: Frame): void => {
    const messages = frame.messages.flatMap((message) => alter(message) ?? []);
    env.send(to, { ...frame, messages });
  };
  return new Proxy(env, {
    get: (target, name) => {
      if (name === 'send') return send;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
