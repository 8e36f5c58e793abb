import test from 'ava';
import type { TraceDetail, TraceEvent } from '../../src/core/trace.ts';
import { judgeTrace } from '../../src/scenario/checks/all.ts';
import type { Finding } from '../../src/scenario/checks/check.ts';

const PERIOD_MILLIS = 40_000;
const TIMES = 300;

/** Alice is logged in at one node; somebody else starts again and again, so that there are many quiet times. */
function longRun(more: readonly (readonly [atMillis: number, node: string, detail: TraceDetail])[] = []): TraceEvent[] {
  const open: TraceDetail = { type: 'state', subject: 'session', id: 'alice', to: 'open' };
  const starts = Array.from({ length: TIMES }, (_, time) => [(time + 1) * PERIOD_MILLIS, 'bob', { type: 'life', what: 'start' }] as const);
  return [[0, 'alice', { type: 'life', what: 'start' }] as const, [1, 'alice', open] as const, ...starts, ...more]
    .sort(([one], [other]) => one - other)
    .map(([atMillis, node, detail], index) => ({ id: `e${index}`, node, run: '1', logical: index, monotonicMillis: atMillis, wallMillis: atMillis, detail }));
}

function finding(trace: readonly TraceEvent[]): Finding | undefined {
  return judgeTrace(trace, new Set(['one-session']))[0]?.finding;
}

/** Somebody is logged in twice from that quiet time on, and for the next one only. */
function twiceAt(time: number): Parameters<typeof longRun>[0] {
  const session = (to: string): TraceDetail => ({ type: 'state', subject: 'session', id: 'alice', to });
  return [
    [time * PERIOD_MILLIS + 1, 'alice@desk', session('open')],
    [(time + 1) * PERIOD_MILLIS - 1, 'alice@desk', session('closed')],
  ];
}

test('of a run with very many quiet times some are judged, since each is gone through from the start', (t) => {
  t.regex(finding(longRun())?.evidence ?? '', /held after 50 quiet times before, too/);
});

test('the first and the last of many quiet times are among those that are judged', (t) => {
  for (const time of [0, TIMES - 1]) {
    const judged = finding(longRun(twiceAt(time)));
    t.is(judged?.outcome, 'broken', judged?.evidence);
    t.regex(judged?.evidence ?? '', /^after /);
  }
});
