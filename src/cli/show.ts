import type { CliContext } from './context.ts';
import { printable } from './table.ts';

type Row = Readonly<Record<string, unknown>>;

/** Any command's result for people: lists of records as tables, the rest as names and values. */
export function showValue(context: CliContext, value: unknown): void {
  if (context.json) return context.printJson(value);
  if (!isRow(value)) return context.print(cellText(value));
  const plain = Object.entries(value).filter(([, part]) => !isRows(part));
  const lists = Object.entries(value).filter(([, part]) => isRows(part));
  if (plain.length === 0 && lists.length === 0) context.print('done');
  if (plain.length > 0) showPairs(context, plain);
  for (const [name, rows] of lists) {
    if (plain.length > 0 || lists.length > 1) context.print(`${plain.length > 0 ? '\n' : ''}${name}`);
    showRows(context, rows as readonly Row[]);
  }
}

/** Names and values in two columns. */
export function showPairs(context: CliContext, pairs: ReadonlyArray<readonly [string, unknown]>): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) context.print(`${name.padEnd(width)}  ${printable(cellText(value, name))}`.trimEnd());
}

/** Records as a table with a column for each key that occurs. */
export function showRows(context: CliContext, rows: readonly Row[]): void {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (titles.length === 0) return context.print('none');
  const numeric = new Set(titles.filter((title) => rows.every((row) => typeof row[title] === 'number')));
  context.printTable({
    columns: titles.map((title) => ({ title, align: numeric.has(title) && !title.endsWith('Millis') ? 'right' : 'left' })),
    rows: rows.map((row) => titles.map((title) => cellText(row[title], title))),
  });
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
const isRows = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isRow);

/** Larger than any duration: a count of milliseconds above it is a date. */
const FIRST_DATE_MILLIS = 1_000_000_000_000;

/** One value in one line; dates are told from durations by their size. */
export function cellText(value: unknown, name = ''): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    if (name.endsWith('Millis') && value > FIRST_DATE_MILLIS) return dateText(value);
    return Number.isInteger(value) ? String(value) : value.toFixed(1);
  }
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map((part) => cellText(part)).join(', ');
  return Object.entries(value as Row)
    .map(([key, part]) => `${key} ${cellText(part, key)}`)
    .join(', ');
}

/** `2026-11-21 10:04:29` in local time. */
export function dateText(millis: number): string {
  const date = new Date(millis);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
