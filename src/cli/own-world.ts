import { format } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { turnBegins } from './endless-turn.ts';

/** Whose program has the word; empty: what is no node's, as a check; null: nobody's. Programs run one at a time, and never across an await. */
let speaker: string | null = null;

/** From here on `name`'s program has the word. Gives who had it before, for `leaveProgram`. */
export function enterProgram(name: string): string | null {
  guardWorld();
  turnBegins(name);
  const before = speaker;
  speaker = name;
  return before;
}

/** The same for code that is no node's: a file that is loaded, a check. */
export function enterCode(): string | null {
  guardWorld();
  const before = speaker;
  speaker = '';
  return before;
}

/** Gives the word back to who had it before; null: to nobody. Returns who had it. */
export function leaveProgram(before: string | null): string | null {
  const had = speaker;
  speaker = before;
  return had;
}

let installed = false;

/**
 * Puts guards in front of what a program must not use. They let everybody else pass; but what modules of one's own print, also while
 * they are loaded and by their checks, never goes to stdout.
 */
export function guardWorld(): void {
  if (installed) return;
  installed = true;
  guard(Math, 'random', 'Math.random', 'env.fraction()');
  guard(performance, 'now', 'performance.now', 'env.nowMillis');
  guard(globalThis, 'setTimeout', 'setTimeout', 'env.setTimer(kind, delayMillis)');
  guard(globalThis, 'setInterval', 'setInterval', 'env.setTimer(kind, delayMillis), set again by timer(kind)');
  guard(globalThis, 'setImmediate', 'setImmediate', 'env.setTimer(kind, 0)');
  guard(globalThis, 'queueMicrotask', 'queueMicrotask', 'env.setTimer(kind, 0)');
  guard(globalThis, 'fetch', 'fetch', 'env.send(to, message)');
  guard(crypto, 'randomUUID', 'crypto.randomUUID', 'env.freshId()');
  guard(crypto, 'getRandomValues', 'crypto.getRandomValues', 'env.fraction()');
  guardDate();
  for (const method of ['log', 'info', 'debug', 'warn', 'error', 'dir'] as const) redirect(method);
}

function refuse(what: string, instead: string): never {
  throw new Error(`${what} would be different each time, so that no seed could repeat the run; use ${instead}`);
}

function guard<Holder extends object, Name extends keyof Holder & string>(holder: Holder, name: Name, what: string, instead: string): void {
  const real = holder[name] as unknown as (...given: unknown[]) => unknown;
  const guarded = function (this: unknown, ...given: unknown[]): unknown {
    if (speaker !== null) refuse(what, instead);
    return Reflect.apply(real, this, given);
  };
  // What hangs on it stays: util.promisify looks for its own form of setTimeout.
  Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(real));
  Object.defineProperty(holder, name, { value: guarded, configurable: true, writable: true, enumerable: true });
}

function guardDate(): void {
  guard(Date, 'now', 'Date.now', 'env.wallMillis');
  globalThis.Date = new Proxy(Date, {
    construct(target, given, newTarget) {
      if (speaker !== null && given.length === 0) refuse('new Date()', 'new Date(env.wallMillis)');
      return Reflect.construct(target, given, newTarget) as object;
    },
    apply(target, self, given) {
      if (speaker !== null) refuse('Date()', 'new Date(env.wallMillis)');
      return Reflect.apply(target, self, given) as string;
    },
  });
}

/** What a program prints goes to stderr with its node's name, since stdout belongs to the run; not where thousands of seeds are played. */
function redirect(method: 'log' | 'info' | 'debug' | 'warn' | 'error' | 'dir'): void {
  console[method] = (...given: unknown[]): void => {
    const name = leaveProgram(null);
    try {
      const text = format(...(method === 'dir' ? given.slice(0, 1) : given));
      if (isMainThread) process.stderr.write(`${name === null || name === '' ? text : text.replaceAll(/^/gm, `${name}: `)}\n`);
    } finally {
      leaveProgram(name);
    }
  };
}
