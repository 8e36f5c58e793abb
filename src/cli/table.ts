import { eastAsianWidth } from 'get-east-asian-width';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<readonly (string | number)[]>;
}

/** Columns two blanks apart, without trailing blanks, cut to `width` cells where one is given. */
export function renderTable(table: Table, width?: number): string[] {
  const cells = [table.columns.map((column) => column.title), ...table.rows.map((row) => row.map((cell) => printable(String(cell))))];
  const widths = table.columns.map((_, index) => Math.max(...cells.map((row) => cellWidth(row[index] ?? ''))));
  return cells.map((row) => {
    const parts = table.columns.map((column, index) => pad(row[index] ?? '', widths[index] ?? 0, column.align ?? 'left'));
    const line = parts.join('  ').trimEnd();
    return width === undefined ? line : cut(line, width);
  });
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - cellWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

function cut(line: string, width: number): string {
  if (cellWidth(line) <= width) return line;
  let out = '';
  let used = 0;
  for (const character of line) {
    const cells = widthOf(character);
    if (used + cells > width - 1) break;
    out += character;
    used += cells;
  }
  return `${out}…`;
}

/** Terminal cells that a text takes. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (/\p{Mark}|\u200d|[\ufe00-\ufe0f]/u.test(character)) return 0;
  return eastAsianWidth(point);
}

/** Other people's texts must not steer the terminal: control and direction characters become visible signs. */
export function printable(text: string): string {
  return text
    .replace(/\r\n|\n|\r/g, '⏎')
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** 1536 as `1.5 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 93_784_000 as `1 d 2 h`; the two largest units are enough for people. */
export function durationText(millis: number): string {
  const seconds = Math.max(0, Math.round(millis / 1000));
  const parts: Array<readonly [number, string]> = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
