import type { Crypto } from '../core/capabilities.ts';
import type { Env, Program } from '../core/env.ts';
import type { Frame } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';

/**
 * A chat node that seals something else than the honest node in it would have: what it sends is well signed, well sealed, in step, and
 * wrong inside, where no check of a signature looks. `change` gets each plaintext before it is sealed.
 */
export function hostileSealer(env: Env<Frame>, settings: ChatNodeOptions, change: (plaintext: Uint8Array) => Uint8Array): Program<Frame> {
  const seal: Crypto['seal'] = (options) => env.crypto.seal({ ...options, plaintext: change(options.plaintext) });
  const crypto = withMember(env.crypto, 'seal', seal);
  return chatNode(withMember(env, 'crypto', crypto), settings);
}

/** The same object with one member replaced. */
function withMember<Whole extends object>(whole: Whole, member: keyof Whole, instead: unknown): Whole {
  return new Proxy(whole, {
    get: (target, name) => {
      if (name === member) return instead;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: never[]) => unknown).bind(target) : value;
    },
  });
}
