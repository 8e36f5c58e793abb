/** Bounds of the live driver. */
export const DRIVER_OPTIONS = Object.freeze({
  /** Crashes of the core within the window that are answered by a reload; one more ends the process. */
  crashesMax: 5,
  crashWindowMillis: 60_000,
  /** Commands without a reply. */
  commandsOpenMax: 4_096,
  /** Inputs that share one commit; with more at a time the peer would sit idle while this node works, and this node while the peer does. */
  turnInputsMax: 24,
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
