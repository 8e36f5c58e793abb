import type { Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import type { Address } from '../core/types.ts';
import { overlaid } from './overlaid.ts';

/** What an attacker does with what the honest node in it would have said. */
export interface Attack {
  /** The messages that a frame to that peer shall carry instead. Called once for each frame with messages of its own. */
  readonly say: (messages: readonly Message[], to: Address) => readonly Message[];
  /** Whether a frame leaves twice, which the network might have done, too. */
  readonly twice?: boolean;
  /** Sees all that comes in, before the honest node does. */
  readonly hear?: (messages: readonly Message[], from: Address) => void;
}

/**
 * A chat node that has turned: it has keys and an account of its own, can log in, make friends and write like anybody else, and says
 * over its links whatever an attack wants. So all that it sends comes from where it should, in step, and is well signed as a link.
 */
export function hostileNode(env: Env<Frame>, settings: ChatNodeOptions, attack: Attack): Program<Frame> {
  const send = (to: Address, frame: Frame): void => {
    const changed = frame.kind === 'data' && frame.messages.length > 0 ? { ...frame, messages: attack.say(frame.messages, to) } : frame;
    env.send(to, changed);
    if (attack.twice === true) env.send(to, changed);
  };
  const turned = overlaid(env, { send });
  const program = chatNode(turned, settings);
  return new Proxy(program, {
    get(target, name) {
      if (name === 'input') {
        return (from: Address, frame: Frame): void => {
          attack.hear?.(frame.messages, from);
          target.input(from, frame);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: never[]) => unknown).bind(target) : value;
    },
  });
}
