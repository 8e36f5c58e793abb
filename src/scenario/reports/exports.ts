import type { RunReport } from '../report.ts';
import { junitXml } from './junit.ts';
import { mermaidSequence } from './mermaid.ts';
import { perfettoJson } from './perfetto.ts';
import type { RunFacts } from './run-facts.ts';

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
