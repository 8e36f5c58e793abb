import type { RunFacts } from './run-facts.ts';

/** How long a frame is drawn at its ends, microseconds, where nothing else follows sooner. */
const SLICE_MICROS = 20;

interface Slice {
  readonly pid: number;
  readonly ts: number;
  readonly name: string;
  readonly args: object;
}

/** The trace event format that Perfetto and chrome://tracing open: a process for each node, flows for frames, spans for faults. */
export function perfettoJson(facts: RunFacts): string {
  const pidOf = new Map(facts.nodes.map((node, index) => [node, index + 2]));
  const micros = (millis: number) => Math.round(millis * 1_000);
  const events: object[] = [named('process', 1, 1, 'faults')];
  for (const [node, pid] of pidOf) events.push(named('process', pid, 1, node), named('thread', pid, 1, 'frames'));
  facts.faults.forEach(({ name, kind, details, fromMillis, toMillis }, index) => {
    const [ts, dur] = [micros(fromMillis), Math.max(1, micros(toMillis - fromMillis))];
    events.push(named('thread', 1, index + 1, kind), { ph: 'X', pid: 1, tid: index + 1, ts, dur, name, cat: kind, args: { details } });
  });
  const slices: Slice[] = [];
  facts.flights.forEach(({ frame, from, to, kind, messages, bytes, sentMillis, arrivedMillis, dropped }, id) => {
    const [pid, target] = [pidOf.get(from), pidOf.get(to)];
    if (pid === undefined) return;
    const what = messages.map(({ type }) => type).join(', ') || kind;
    const flow = { tid: 1, id, name: 'frame', cat: 'frame' };
    slices.push({ pid, ts: micros(sentMillis), name: `send ${what}`, args: { frame, to, bytes, ...(dropped === null ? {} : { dropped }) } });
    if (arrivedMillis === null || target === undefined) return;
    events.push({ ph: 's', pid, ts: micros(sentMillis), ...flow }, { ph: 'f', bp: 'e', pid: target, ts: micros(arrivedMillis), ...flow });
    slices.push({ pid: target, ts: micros(arrivedMillis), name: `receive ${what}`, args: { frame, from } });
  });
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...events, ...apart(slices)] })}\n`;
}

function named(what: 'process' | 'thread', pid: number, tid: number, name: string): object {
  return { ph: 'M', pid, tid, name: `${what}_name`, args: { name } };
}

/** Slices of one thread must lie within or beside each other: each ends where the next one begins, at the latest. */
function apart(slices: readonly Slice[]): object[] {
  const sorted = [...slices].sort((one, other) => one.pid - other.pid || one.ts - other.ts);
  const durations: number[] = [];
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    const [slice, next] = [sorted[index] as Slice, sorted[index + 1]];
    const isLast = next === undefined || next.pid !== slice.pid;
    // Those of one instant lie within each other.
    durations[index] = isLast ? SLICE_MICROS : next.ts === slice.ts ? (durations[index + 1] as number) : Math.min(SLICE_MICROS, next.ts - slice.ts);
  }
  return sorted.map(({ pid, ts, name, args }, index) => ({ ph: 'X', pid, tid: 1, ts, dur: durations[index], name, cat: 'frame', args }));
}
