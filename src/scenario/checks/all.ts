import type { TraceEvent } from '../../core/trace.ts';
import { CAUSAL_ORDER } from './causal-order.ts';
import type { Finding, TraceCheck } from './check.ts';
import { TraceFacts } from './facts.ts';
import { FAULTS_HEALED } from './faults-healed.ts';
import { FILES_ARRIVE } from './files-arrive.ts';
import { FRIENDS_CONVERGE } from './friends-converge.ts';
import { LIVENESS } from './liveness.ts';
import { NO_MESSAGE_LOST } from './no-message-lost.ts';
import { NO_MESSAGE_TWICE } from './no-message-twice.ts';
import { NO_PLAINTEXT } from './no-plaintext.ts';
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
];

export interface Judgement {
  readonly check: string;
  readonly about: string;
  readonly finding: Finding;
}

/** Judges a trace by the checkers whose names `wanted` holds; `patience` stretches their bounds. */
export function judgeTrace(trace: readonly TraceEvent[], wanted: ReadonlySet<string> = new Set(CHECKS.map(({ name }) => name)), patience = 1): Judgement[] {
  const facts = new TraceFacts(trace, patience);
  return CHECKS.filter(({ name }) => wanted.has(name)).map(({ name, about, judge }) => ({ check: name, about, finding: judge(facts) }));
}
