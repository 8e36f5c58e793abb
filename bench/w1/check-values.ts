import type { WorkloadCounts, WorkloadSettings } from './workload.ts';
import { STATEMENT } from './workload.ts';

export interface CheckValues {
  readonly nodes: number;
  readonly messages: number;
  readonly timers: number;
  readonly lookups: number;
  /** Rounded to two digits. */
  readonly meanHops: number;
  readonly rightSuccessors: number;
}

/** What the statement's authors found with three engines that have no line in common (W1.md). */
export const CHECK_VALUES: readonly CheckValues[] = [
  { nodes: 100, messages: 56_119, timers: 15_686, lookups: 5_930, meanHops: 3.17, rightSuccessors: 100 },
  { nodes: 1_000, messages: 714_477, timers: 148_252, lookups: 57_058, meanHops: 5.05, rightSuccessors: 1_000 },
  { nodes: 10_000, messages: 9_008_991, timers: 1_435_802, lookups: 553_308, meanHops: 7.39, rightSuccessors: 10_000 },
  { nodes: 100_000, messages: 117_150_124, timers: 14_063_288, lookups: 5_418_945, meanHops: 11.07, rightSuccessors: 99_991 },
];

/** What differs from the check values, as words; empty when all is right, null when there are none for these settings. */
export function differences(settings: WorkloadSettings, counts: WorkloadCounts): readonly string[] | null {
  const { nodes, growthMillis, durationMillis, seed } = settings;
  const expected = CHECK_VALUES.find((each) => each.nodes === nodes);
  const asStated = growthMillis === STATEMENT.growthMillis && durationMillis === STATEMENT.durationMillis && seed === STATEMENT.seed;
  if (expected === undefined || !asStated) return null;
  const { messages, timers, lookups, hops, rightSuccessors } = counts;
  const measured: Readonly<Record<keyof CheckValues, number>> = { nodes, messages, timers, lookups, meanHops: meanHops(hops, lookups), rightSuccessors };
  return (Object.keys(measured) as Array<keyof CheckValues>)
    .filter((name) => measured[name] !== expected[name])
    .map((name) => `${name} is ${measured[name]}, should be ${expected[name]}`);
}

export function meanHops(hops: number, lookups: number): number {
  return lookups === 0 ? 0 : Math.round((hops * 100) / lookups) / 100;
}
