import type { TraceEvent } from '../../core/trace.ts';
import { sayMillis } from '../durations.ts';
import { counted } from '../words.ts';
import { CAUSAL_ORDER } from './causal-order.ts';
import { type Finding, holds, type TraceCheck } from './check.ts';
import { type Bounds, TraceFacts } from './facts.ts';
import { FAULTS_HEALED } from './faults-healed.ts';
import { FILES_ARRIVE } from './files-arrive.ts';
import { FRIENDS_CONVERGE } from './friends-converge.ts';
import { LIVENESS } from './liveness.ts';
import { NO_MESSAGE_LOST } from './no-message-lost.ts';
import { NO_MESSAGE_TWICE } from './no-message-twice.ts';
import { NO_PLAINTEXT } from './no-plaintext.ts';
import { NOTHING_THROWN } from './nothing-thrown.ts';
import { ONE_SESSION } from './one-session.ts';
import { PRESENCE_CONVERGES } from './presence-converges.ts';
import { RING_VALID } from './ring-valid.ts';
import { VALUES_HELD } from './values-held.ts';

/** Every property that runs are held to. A new checker is one file and one line here. */
export const CHECKS: readonly TraceCheck[] = [
  NO_MESSAGE_LOST,
  NO_MESSAGE_TWICE,
  CAUSAL_ORDER,
  LIVENESS,
  FILES_ARRIVE,
  FRIENDS_CONVERGE,
  PRESENCE_CONVERGES,
  ONE_SESSION,
  RING_VALID,
  VALUES_HELD,
  NO_PLAINTEXT,
  FAULTS_HEALED,
  NOTHING_THROWN,
];

export interface Judgement {
  readonly check: string;
  readonly about: string;
  readonly finding: Finding;
}

/** Judges a trace by the checkers whose names `wanted` holds. */
export function judgeTrace(
  trace: readonly TraceEvent[],
  wanted: ReadonlySet<string> = new Set(CHECKS.map(({ name }) => name)),
  bounds: Bounds = {},
): Judgement[] {
  const facts = new TraceFacts(trace, bounds);
  const judged = CHECKS.filter(({ name }) => wanted.has(name)).map((check) => ({ check, finding: check.judge(facts), held: [] as string[] }));
  // What held at the end may have been broken before, and what was not due then may have been due before.
  if (judged.some(isOpen)) for (const earlier of facts.quietEnds()) for (const one of judged) if (isOpen(one)) judgeEarlier(one, earlier);
  return judged.map(({ check: { name, about }, finding, held }) => ({ check: name, about, finding: withEarlier(finding, held) }));
}

interface Judged {
  readonly check: TraceCheck;
  finding: Finding;
  /** What was found where it held at earlier quiet times. */
  readonly held: string[];
}

function isOpen({ check, finding }: Judged): boolean {
  return check.atRest && finding.outcome !== 'broken';
}

function judgeEarlier(judged: Judged, facts: TraceFacts): void {
  const before = judged.check.judge(facts);
  if (before.outcome === 'broken') judged.finding = { ...before, evidence: `after ${sayMillis(facts.endMillis)}: ${before.evidence}` };
  if (before.outcome === 'holds') judged.held.push(before.evidence);
}

function withEarlier(finding: Finding, held: readonly string[]): Finding {
  const last = held.at(-1);
  if (last === undefined || finding.outcome === 'broken') return finding;
  const times = counted(held.length, 'quiet time');
  return finding.outcome === 'holds'
    ? holds(`${finding.evidence}; held after ${times} before, too`)
    : holds(`after ${times} before the end: ${last}; not judged at the end: ${finding.evidence}`);
}
