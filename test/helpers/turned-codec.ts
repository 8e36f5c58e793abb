import type { Codec } from '../../src/core/capabilities.ts';

/** The same environment with another codec: how a test has one node write or read something else than it would. */
export function withCodec<Env extends { readonly codec: Codec }>(env: Env, codec: Codec): Env {
  return new Proxy(env, {
    get: (target, name) => {
      if (name === 'codec') return codec;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: never[]) => unknown).bind(target) : value;
    },
  });
}
