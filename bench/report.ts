import type { Figure } from './benchmark.ts';
import { factsLine, type MachineFacts } from './machine.ts';
import { median } from './statistics.ts';

export interface Row {
  readonly benchmark: string;
  readonly row: string;
  readonly unit: Figure['unit'];
  readonly aim: string | null;
  readonly values: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Stands in place of the figures where there are none. */
  readonly note?: string;
}

export interface Results {
  readonly machine: MachineFacts;
  readonly quick: boolean;
  readonly runs: number;
  readonly rows: readonly Row[];
  /** Benchmarks that broke, with the reason. */
  readonly failures: ReadonlyArray<{ readonly benchmark: string; readonly reason: string }>;
}

/** Puts the figures of all runs of one benchmark together, in the order of their first appearance. */
export function toRows(benchmark: string, runs: ReadonlyArray<readonly Figure[]>): Row[] {
  const figures = new Map<string, Figure[]>();
  for (const figure of runs.flat()) figures.set(figure.row, [...(figures.get(figure.row) ?? []), figure]);
  return [...figures].map(([row, each]) => {
    const values = each.map((figure) => figure.value);
    const first = each[0] as Figure;
    const { unit, aim, note } = first;
    const range = { median: median(values), min: Math.min(...values), max: Math.max(...values) };
    return { benchmark, row, unit, aim: aim ?? null, values, ...range, ...(note === undefined ? {} : { note }) };
  });
}

/** `1,234`, `12.3`, `0.123`: three digits that mean something. */
export function figureText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const [whole = '', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function cellsOf(row: Row): string[] {
  if (row.note !== undefined) return [row.row, row.note, '', row.aim ?? '', `npm run bench -- ${row.benchmark}`];
  const range = row.values.length > 1 ? `${figureText(row.min)} .. ${figureText(row.max)}` : '(one run)';
  return [row.row, `${figureText(row.median)} ${row.unit}`, range, row.aim ?? '', `npm run bench -- ${row.benchmark}`];
}

const HEADINGS = ['what', 'median', 'min .. max', 'aim', 'command'];

export function markdownTable(results: Results): string {
  const lines = [`| ${HEADINGS.join(' | ')} |`, `|${HEADINGS.map(() => '---').join('|')}|`];
  for (const row of results.rows) {
    const cells = cellsOf(row);
    lines.push(`| ${[...cells.slice(0, -1), `\`${cells.at(-1)}\``].join(' | ')} |`);
  }
  const quick = results.quick ? ' Quick runs: smaller workloads than the table asks for.' : '';
  const runs = new Set(results.rows.map((row) => row.values.length));
  const note = runs.size === 1 ? `Medians of ${[...runs][0]}.` : `Medians of up to ${Math.max(...runs)} runs.`;
  return `${lines.join('\n')}\n\n${note}${quick} Machine: ${factsLine(results.machine)}.\n`;
}

/** For a terminal: columns. */
export function plainTable(results: Results): string {
  const table = [HEADINGS, ...results.rows.map(cellsOf)].map((cells) => cells.slice(0, 4));
  const widths = HEADINGS.slice(0, 4).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
