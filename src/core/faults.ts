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
  /** How much the wall clock gains on the true time in each second, ms; negative: it loses. Counted from when this was set. */
  readonly driftMillisPerSecond: number;
}

/** Those that the node itself is told of; the others are done to its process from outside. */
export type MachineFaultSettings = Pick<NodeFaults, 'diskFull' | 'skewMillis' | 'driftMillisPerSecond'>;

export const NO_FAULTS: NodeFaults = Object.freeze({ paused: false, slowFactor: 1, diskFull: false, skewMillis: 0, driftMillisPerSecond: 0 });

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
  if (faults.skewMillis !== 0 || faults.driftMillisPerSecond !== 0) kinds.push('clock');
  return kinds;
}

export function machineFaultsOf({ diskFull, skewMillis, driftMillisPerSecond }: MachineFaultSettings): MachineFaultSettings {
  return { diskFull, skewMillis, driftMillisPerSecond };
}

export function isMachineSound({ diskFull, skewMillis, driftMillisPerSecond }: MachineFaultSettings): boolean {
  return !diskFull && skewMillis === 0 && driftMillisPerSecond === 0;
}
