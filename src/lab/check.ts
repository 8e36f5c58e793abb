import type { TraceEvent } from '../core/trace.ts';

/** What a checker of a program says of a run. */
export type LabFinding =
  | { readonly outcome: 'holds'; readonly evidence: string }
  | { readonly outcome: 'broken'; readonly evidence: string; readonly events: readonly string[] }
  /** Nothing in this run could have broken it, or what it assumes did not hold. */
  | { readonly outcome: 'not-judged'; readonly evidence: string };

/** A property that a program brings along: judged from the trace of the whole run. */
export interface LabCheck {
  readonly name: string;
  readonly about: string;
  readonly judge: (trace: readonly TraceEvent[]) => LabFinding;
}
