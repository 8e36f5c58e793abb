import type { TraceFacts } from './facts.ts';

/** What a checker found. `broken` names the evidence and the trace events that show it. */
export type Finding =
  | { readonly outcome: 'holds'; readonly evidence: string }
  | { readonly outcome: 'broken'; readonly evidence: string; readonly events: readonly string[] }
  /** Nothing in this run could have broken it, or it ended before the property was due. */
  | { readonly outcome: 'not-judged'; readonly evidence: string };

/** A property of a whole run, judged from its trace alone: nodes are not asked, since what they say may be what is wrong. */
export interface TraceCheck {
  readonly name: string;
  /** The property in a sentence. */
  readonly about: string;
  /** It speaks of a network at rest, so it must hold at the end of every quiet time of the run and not of the last one only. */
  readonly atRest: boolean;
  readonly judge: (facts: TraceFacts) => Finding;
}

export function holds(evidence: string): Finding {
  return { outcome: 'holds', evidence };
}

export function broken(evidence: string, events: readonly string[]): Finding {
  return { outcome: 'broken', evidence, events };
}

export function notJudged(evidence: string): Finding {
  return { outcome: 'not-judged', evidence };
}
