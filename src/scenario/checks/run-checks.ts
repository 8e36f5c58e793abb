import type { TraceEvent } from '../../core/trace.ts';
import type { Engine } from '../../engine/engine.ts';
import type { CheckReport } from '../report.ts';
import { judgeTrace } from './all.ts';
import type { Finding } from './check.ts';

/** Shorter texts are found in any heap of bytes. */
const TEXT_BYTES_MIN = 12;
const TEXTS_MAX = 256;

/** A property that a program brings along. */
export interface OwnCheck {
  readonly name: string;
  readonly about: string;
  readonly judge: (trace: readonly TraceEvent[]) => Finding;
}

/** Lets the engine look for what was written, and puts what it looked through into the trace. */
export async function searchForTexts(engine: Engine, written: Iterable<string>): Promise<void> {
  if (engine.search === undefined) return;
  const texts = [...written].filter((text) => Buffer.byteLength(text) >= TEXT_BYTES_MIN).slice(0, TEXTS_MAX);
  const { found, places, bytes } = await engine.search(texts);
  const data = { texts: texts.length, places, bytes };
  for (const place of found) engine.record({ type: 'state', subject: 'plaintext', id: place, to: 'found', data });
  if (found.length === 0) engine.record({ type: 'state', subject: 'plaintext', id: engine.name, to: 'clean', data });
}

/** Judges the whole run by its trace. */
export async function judgeRun(engine: Engine, wanted: ReadonlySet<string>, own: readonly OwnCheck[]): Promise<CheckReport[]> {
  const trace = await engine.trace();
  const general = judgeTrace(trace, wanted).map(({ check, finding }) => reportOf(check, finding));
  return [...own.map(({ name, judge }) => reportOf(name, judge(trace))), ...general];
}

function reportOf(check: string, finding: Finding): CheckReport {
  const common = { number: 'trace', check, tookMillis: 0, evidence: finding.evidence };
  switch (finding.outcome) {
    case 'holds':
      return { ...common, ok: true, judged: true, seen: null };
    case 'not-judged':
      return { ...common, ok: true, judged: false, seen: null };
    case 'broken': {
      const events = finding.events.length === 0 ? '' : ` (events ${finding.events.join(', ')})`;
      return { ...common, ok: false, judged: true, seen: `${finding.evidence}${events}` };
    }
  }
}
