import type { Clock } from '../../ports/ports.ts';

/** The machine's clocks: one that never goes back, and one that tells the time of day. */
export const systemClock: Clock = {
  monotonicMillis: () => performance.now(),
  wallMillis: () => Date.now(),
};
