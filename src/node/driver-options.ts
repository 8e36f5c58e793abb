import type { Patience } from './timers.ts';

/** Bounds of the live driver. */
export const DRIVER_OPTIONS = Object.freeze({
  /** Crashes of the core within the window that are answered by a reload; one more ends the process. */
  crashesMax: 5,
  crashWindowMillis: 60_000,
  /** Commands without a reply. */
  commandsOpenMax: 4_096,
  /** Inputs that share one commit, see turn-size.ts. */
  turn: { least: 24, most: 192, workToCommit: 4 },
  /** Which turns wait for the disk while the next one is worked on, see waiting-turns.ts. */
  waiting: { inputsLeast: 8, turnsMax: 4 },
  /** The same where nodes share a process: whoever waited for the disk itself would keep all others waiting. */
  waitingShared: { inputsLeast: 1, turnsMax: 32 },
  /** How long the last frames may take to leave, ms. */
  flushMillis: 1_000,
  /** How long the sockets may take to close after that, flushing included, ms. */
  closeMillis: 3_000,
  /** Longest time that the program may take to hand over before it ends, ms. */
  leaveMillis: 1_500,
  /** Pause before the store is tried again after a failed commit, ms; doubled up to the maximum. */
  retryMillis: 100,
  retryMillisMax: 1_000,
});

/** Timers of upkeep, which may wait for each other, and the grid on which they meet: they are moved by half of it at most. */
export const UPKEEP: Patience = Object.freeze({
  kinds: new Set([
    'link-tick',
    'swim-period',
    'ring-stabilise',
    'ring-fingers',
    'ring-merge',
    'ring-members',
    'replica-push',
    'replica-lease',
    'anti-entropy',
    'gossip',
    'renewed-records',
    'announce',
    'presence',
    'own-values',
    'prekeys',
    'custody',
  ]),
  gridMillis: 250,
});
