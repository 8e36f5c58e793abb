/** What a question was asked for: to join, a random key, or a finger (its number, 1 to 31). */
export type Goal = number;
export const GOAL_JOIN: Goal = -1;
export const GOAL_LOOK_UP: Goal = 0;

/** Addresses are those of the env; nobody is -1. Places are signed 32-bit numbers. */
export type ChordMessage =
  /** Who follows `key`? Passed on until somebody knows, who answers `asker`. `hops` counts how often it was sent. */
  | { readonly type: 'find'; readonly goal: Goal; readonly key: number; readonly asker: number; readonly hops: number }
  | { readonly type: 'found'; readonly goal: Goal; readonly owner: number; readonly hops: number }
  | { readonly type: 'predecessor'; readonly node: number }
  | { readonly type: 'ask-predecessor' | 'notify' | 'ping' | 'pong' };

export const ASK_PREDECESSOR: ChordMessage = { type: 'ask-predecessor' };
export const NOTIFY: ChordMessage = { type: 'notify' };
export const PING: ChordMessage = { type: 'ping' };
export const PONG: ChordMessage = { type: 'pong' };
