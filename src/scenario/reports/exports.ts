import type { RunReport } from '../report.ts';
import { concealed } from '../words.ts';
import type { RunFacts } from './run-facts.ts';
import { escapeText } from './svg.ts';

/** JUnit XML as build servers read it: a test case for each step and each check. */
export function junitXml(report: RunReport): string {
  const name = `confab.${report.scenario}.${report.engine}`;
  const text = (value: string) => escapeText(concealed(value));
  const cases = [
    ...report.steps.map(({ number, step, outcome, tookMillis, evidence }) => ({
      title: `step ${number}: ${text(step)}`,
      seconds: tookMillis / 1_000,
      inner:
        outcome === 'ok'
          ? ''
          : outcome === 'skipped'
            ? '<skipped/>'
            : `<${outcome === 'failed' ? 'failure' : 'error'} message="${text(evidence ?? outcome)}"/>`,
    })),
    ...report.checks
      .filter(({ number }) => number === 'trace')
      .map(({ check, ok, judged, seen, evidence, tookMillis }) => ({
        title: `check ${text(check)}`,
        seconds: tookMillis / 1_000,
        inner: !judged ? `<skipped message="${text(evidence ?? '')}"/>` : ok ? '' : `<failure message="${text(seen ?? '')}"/>`,
      })),
  ];
  const count = (what: string) => cases.filter(({ inner }) => inner.startsWith(`<${what}`)).length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${(report.virtualMillis / 1_000).toFixed(3)}"`;
  const lines = cases.map(({ title, seconds, inner }) => {
    const head = `    <testcase classname="${escapeText(name)}" name="${title}" time="${seconds.toFixed(3)}"`;
    return inner === '' ? `${head}/>` : `${head}>${inner}</testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${totals}>\n  <testsuite name="${escapeText(name)}" ${totals}>\n${lines.join('\n')}\n  </testsuite>\n</testsuites>\n`;
}

const ARROWS_MAX = 400;

/** A sequence diagram for Mermaid: what carries direct messages, what of it is lost, and when members of rooms were shown theirs. */
export function mermaidSequence(facts: RunFacts): string {
  const word = (text: string) => text.replace(/[^\w@.,() -]/g, '_');
  const id = new Map(facts.nodes.map((node, index) => [node, `n${index}`]));
  const lines = ['sequenceDiagram', ...facts.nodes.map((node) => `  participant ${id.get(node)} as ${word(node)}`)];
  const told = facts.flights.filter(({ messages, from, to }) => id.has(from) && id.has(to) && messages.some((message) => message.id !== undefined));
  // Frames of rooms name no message; what is known is whose screens it reached.
  const inRooms = [...facts.deliveries.values()].flatMap(({ id: message, from, inRoom, shown }) =>
    !inRoom || !id.has(from)
      ? []
      : shown.map(({ at, atMillis }) => ({ atMillis, line: `  ${id.get(from)}->>${id.get(at)}: room message ${message.slice(-6)} is shown` })),
  );
  const happenings = [
    ...told.slice(0, ARROWS_MAX).map(({ from, to, messages, arrivedMillis, sentMillis }) => ({
      atMillis: sentMillis,
      line: `  ${id.get(from)}${arrivedMillis === null ? '--x' : '->>'}${id.get(to)}: ${word(messages.map(({ type, id: which }) => (which === undefined ? type : `${type} ${which.slice(-6)}`)).join(', '))}`,
    })),
    ...inRooms.slice(0, ARROWS_MAX),
    ...facts.faults.flatMap(({ name, fromMillis, toMillis }) => [
      { atMillis: fromMillis, line: `  note over ${id.get(facts.nodes[0] ?? '') ?? 'n0'}: broken: ${word(name)}` },
      { atMillis: toMillis, line: `  note over ${id.get(facts.nodes[0] ?? '') ?? 'n0'}: healed: ${word(name)}` },
    ]),
  ].sort((one, other) => one.atMillis - other.atMillis);
  if (told.length > ARROWS_MAX) lines.push(`  %% the first ${ARROWS_MAX} of ${told.length} frames that carry messages`);
  if (inRooms.length > ARROWS_MAX) lines.push(`  %% the first ${ARROWS_MAX} of ${inRooms.length} screens that showed messages of rooms`);
  return `${[...lines, ...(facts.nodes.length === 0 ? [] : happenings.map(({ line }) => line))].join('\n')}\n`;
}

/** The trace event format that Perfetto and chrome://tracing open: a process for each node, flows for frames, spans for faults. */
export function perfettoJson(facts: RunFacts): string {
  const pidOf = new Map(facts.nodes.map((node, index) => [node, index + 2]));
  const micros = (millis: number) => Math.round(millis * 1_000);
  const events: object[] = [{ ph: 'M', pid: 1, tid: 1, name: 'process_name', args: { name: 'faults' } }];
  for (const [node, pid] of pidOf) events.push({ ph: 'M', pid, tid: 1, name: 'process_name', args: { name: node } });
  facts.faults.forEach(({ name, kind, details, fromMillis, toMillis }, index) => {
    events.push({
      ph: 'X',
      pid: 1,
      tid: index + 1,
      ts: micros(fromMillis),
      dur: Math.max(1, micros(toMillis - fromMillis)),
      name,
      cat: kind,
      args: { details },
    });
  });
  facts.flights.forEach(({ frame, from, to, kind, messages, bytes, sentMillis, arrivedMillis, dropped }, index) => {
    const name = messages.map(({ type }) => type).join(', ') || kind;
    const pid = pidOf.get(from);
    if (pid === undefined) return;
    events.push({
      ph: 'X',
      pid,
      tid: 1,
      ts: micros(sentMillis),
      dur: 20,
      name: `send ${name}`,
      cat: 'frame',
      args: { frame, to, bytes, ...(dropped === null ? {} : { dropped }) },
    });
    const target = pidOf.get(to);
    if (arrivedMillis === null || target === undefined) return;
    events.push({ ph: 's', pid, tid: 1, ts: micros(sentMillis), id: index, name: 'frame', cat: 'frame' });
    events.push({ ph: 'X', pid: target, tid: 1, ts: micros(arrivedMillis), dur: 20, name: `receive ${name}`, cat: 'frame', args: { frame, from } });
    events.push({ ph: 'f', bp: 'e', pid: target, tid: 1, ts: micros(arrivedMillis), id: index, name: 'frame', cat: 'frame' });
  });
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`;
}

/** One value of a CSV file (RFC 4180); none is taken for a formula by a spreadsheet. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000);
  const safe = /^[=+@\t\r-]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv(head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number | null>>): string {
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

export function framesCsv(facts: RunFacts): string {
  return csv(
    ['frame', 'from', 'to', 'kind', 'messages', 'bytes', 'sentMillis', 'arrivedMillis', 'dropped'],
    facts.flights.map((each) => [
      each.frame,
      each.from,
      each.to,
      each.kind,
      each.messages.map(({ type }) => type).join(' '),
      each.bytes,
      each.sentMillis,
      each.arrivedMillis,
      each.dropped,
    ]),
  );
}

/** A line for each screen that showed a message, and one for each message that none did. */
export function deliveriesCsv(facts: RunFacts): string {
  return csv(
    ['message', 'from', 'to', 'shownAt', 'acceptedMillis', 'shownMillis', 'tookMillis'],
    [...facts.deliveries.values()].flatMap(({ id, from, to, acceptedMillis, shown }) =>
      shown.length === 0
        ? [[id, from, to, null, acceptedMillis, null, null]]
        : shown.map(({ at, atMillis }) => [id, from, to, at, acceptedMillis, atMillis, atMillis - acceptedMillis]),
    ),
  );
}

export function faultsCsv(facts: RunFacts): string {
  return csv(
    ['fault', 'kind', 'fromMillis', 'toMillis', 'details'],
    facts.faults.map(({ name, kind, fromMillis, toMillis, details }) => [name, kind, fromMillis, toMillis, details]),
  );
}

/** Everything that a report folder holds beside the HTML file, by file name. */
export function exportedFiles(report: RunReport, facts: RunFacts): ReadonlyMap<string, string> {
  return new Map([
    ['junit.xml', junitXml(report)],
    ['sequence.mmd', mermaidSequence(facts)],
    ['perfetto.json', perfettoJson(facts)],
    ['frames.csv', framesCsv(facts)],
    ['deliveries.csv', deliveriesCsv(facts)],
    ['faults.csv', faultsCsv(facts)],
  ]);
}
