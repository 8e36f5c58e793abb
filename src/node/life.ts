import type { Readable } from 'node:stream';

/** Why a process was asked to end. */
export type EndReason = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'lifeline';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const SIGNAL_NUMBERS = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;

export interface LifeOptions {
  /** Called once, at the first reason to end. */
  readonly stop: (reason: EndReason) => void;
  /** Something threw where nobody could catch it: log it; the process then ends with status 3. */
  readonly failed: (error: unknown) => void;
  /** Ends the process when this closes: whoever holds the other end is gone, kill -9 included. Null without a lifeline. */
  readonly lifeline: Readable | null;
}

export interface Life {
  /** The end is in order: an open lifeline must not keep the process alive. */
  release(): void;
}

/** A terminal signals a whole group and a parent then signals again: within this time that is one wish, ms. */
const SAME_WISH_MILLIS = 400;

/** Ties a process to signals and its lifeline: the first asks to end in order, a second signal ends at once. */
export function watchLife(options: LifeOptions): Life {
  let askedMillis: number | null = null;
  const ask = (reason: EndReason): void => {
    if (askedMillis === null) {
      askedMillis = performance.now();
      options.stop(reason);
    } else if (reason !== 'lifeline' && performance.now() - askedMillis > SAME_WISH_MILLIS) {
      process.exit(128 + SIGNAL_NUMBERS[reason]);
    }
  };
  for (const signal of SIGNALS) process.on(signal, () => ask(signal));
  const fail = (error: unknown): void => {
    options.failed(error);
    process.exit(3);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  if (options.lifeline !== null) {
    options.lifeline.on('end', () => ask('lifeline'));
    options.lifeline.on('close', () => ask('lifeline'));
    options.lifeline.on('error', () => ask('lifeline'));
    options.lifeline.resume();
    // It may have ended before anybody listened, when a password was read from it first.
    if (options.lifeline.readableEnded || options.lifeline.destroyed) ask('lifeline');
  }
  return { release: () => void options.lifeline?.destroy() };
}
