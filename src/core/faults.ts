/** What can be wrong with one node, beside its lines (rules.ts). The same on every engine. */
export interface NodeFaults {
  /** The process stands still, as after SIGSTOP: nothing is read, nothing leaves, no timer fires; what comes waits. */
  readonly paused: boolean;
  /** How many times longer everything takes; 1: as it is. */
  readonly slowFactor: number;
  /** Every commit fails for want of space. */
  readonly diskFull: boolean;
  /** How far the node's wall clock is off, ms; the clock that only measures differences stays right. */
  readonly skewMillis: number;
}

export const NO_FAULTS: NodeFaults = Object.freeze({ paused: false, slowFactor: 1, diskFull: false, skewMillis: 0 });

/** Everything that an engine may be asked to do to a network. */
export const FAULT_KINDS = [
  'cut',
  'delay',
  'latency',
  'matrix',
  'loss',
  'duplicate',
  'reorder',
  'bandwidth',
  'pause',
  'slow',
  'disk-full',
  'clock',
  'kill',
  'conduct',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The kinds of `NodeFaults` that are in force, in a fixed order. */
export function faultsInForce(faults: NodeFaults): Array<'pause' | 'slow' | 'disk-full' | 'clock'> {
  const kinds: Array<'pause' | 'slow' | 'disk-full' | 'clock'> = [];
  if (faults.paused) kinds.push('pause');
  if (faults.slowFactor > 1) kinds.push('slow');
  if (faults.diskFull) kinds.push('disk-full');
  if (faults.skewMillis !== 0) kinds.push('clock');
  return kinds;
}
