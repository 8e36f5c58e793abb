import { concealed } from './words.ts';

/** What came of a run. Sentences still hold marked texts: `revealed` for a screen, `concealed` for a file. */
export interface RunReport {
  readonly scenario: string;
  readonly engine: 'local' | 'sim';
  readonly seed: number;
  readonly verdict: Verdict;
  /** Why it is no pass, as a sentence; null for a pass. */
  readonly reason: string | null;
  readonly steps: readonly StepReport[];
  readonly checks: readonly CheckReport[];
  readonly trace: { readonly events: number; readonly sha256: string };
  /** Real time from the start of the engine to its end, ms. */
  readonly wallMillis: number;
  /** Time of the engine: virtual in the simulator, else the same as real time from start to last step, ms. */
  readonly virtualMillis: number;
}

export type Verdict = 'pass' | 'fail' | 'crash';

export interface StepReport {
  readonly number: string;
  readonly line: number;
  readonly step: string;
  readonly outcome: 'ok' | 'failed' | 'crashed' | 'skipped';
  /** Engine time at which it began, and how long it took, ms. */
  readonly startMillis: number;
  readonly tookMillis: number;
  /** What it did, or why it failed. */
  readonly evidence: string | null;
}

export interface CheckReport {
  /** The step that it belongs to; `trace` for a property of the whole run. */
  readonly number: string;
  readonly check: string;
  readonly ok: boolean;
  /** False: nothing in this run could have broken it, or it was not due yet; `evidence` says which. */
  readonly judged: boolean;
  /** What the judgement rests on. */
  readonly evidence: string | null;
  /** What was seen instead; null when it held. */
  readonly seen: string | null;
  readonly tookMillis: number;
}

export const EXIT_STATUS: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, crash: 3 };

/** The one object of `--json`: no message texts, only their sizes and hashes. */
export function reportJson(report: RunReport): string {
  const safe = <Value>(value: Value): Value => (typeof value === 'string' ? (concealed(value) as Value) : value);
  const clean = (entry: object) =>
    Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, typeof value === 'number' ? round(value) : safe(value)]));
  return JSON.stringify({
    scenario: report.scenario,
    engine: report.engine,
    seed: report.seed,
    verdict: report.verdict,
    reason: safe(report.reason),
    steps: report.steps.map(clean),
    checks: report.checks.map(clean),
    trace: report.trace,
    wallMillis: round(report.wallMillis),
    virtualMillis: round(report.virtualMillis),
  });
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
