import type { TraceEvent } from '../../core/trace.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Secret } from '../../engine/search.ts';
import type { CheckReport } from '../report.ts';
import { judgeTrace } from './all.ts';
import type { Finding } from './check.ts';
import type { Bounds } from './facts.ts';

/** Shorter texts are found in any heap of bytes. */
const TEXT_BYTES_MIN = 12;
const TEXTS_MAX = 256;

/** A property that a program brings along. */
export interface OwnCheck {
  readonly name: string;
  readonly about: string;
  readonly judge: (trace: readonly TraceEvent[]) => Finding;
}

/** Lets the engine look for what was written and typed, and for private keys, and puts what it looked through into the trace. */
export async function searchForSecrets(
  engine: Engine,
  written: { readonly texts: Iterable<string>; readonly passwordsUsed: ReadonlyMap<string, ReadonlySet<string>> },
): Promise<void> {
  if (engine.search === undefined) return;
  const texts = secretsOf([...written.texts].map((text) => ['a text that was sealed', text] as const)).slice(0, TEXTS_MAX);
  const passwords = secretsOf(
    [...written.passwordsUsed].flatMap(([user, used]) => [...used].map((password) => [`the password of ${user}`, password] as const)),
  );
  const { found, places, bytes, keys, left } = await engine.search({ secrets: [...texts, ...passwords], passwords: written.passwordsUsed });
  const data = { texts: texts.length, passwords: passwords.length, keys, places, bytes, left };
  for (const { place, what } of found) engine.record({ type: 'state', subject: 'plaintext', id: place, to: 'found', data: { ...data, what } });
  if (found.length === 0) engine.record({ type: 'state', subject: 'plaintext', id: engine.name, to: 'clean', data });
}

function secretsOf(texts: ReadonlyArray<readonly [what: string, text: string]>): Secret[] {
  const all = texts.map(([what, text]) => ({ what, bytes: new Uint8Array(Buffer.from(text)) }));
  return all.filter(({ bytes }) => bytes.length >= TEXT_BYTES_MIN);
}

/** Judges the whole run by its trace; `bounds` are of what is general. */
export async function judgeRun(engine: Engine, wanted: ReadonlySet<string>, own: readonly OwnCheck[], bounds: Bounds): Promise<CheckReport[]> {
  const trace = await engine.trace();
  const general = judgeTrace(trace, wanted, bounds).map(({ check, finding }) => reportOf(check, finding));
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
