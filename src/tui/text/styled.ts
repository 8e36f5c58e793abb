import { type Cell, cellsOf, padStart, textWidth } from './width.ts';

/** How a run of text looks. Colour never carries meaning alone: NO_COLOR drops it and nothing is lost. */
export interface Style {
  /** Number in the 256-colour table. */
  readonly colour?: number;
  readonly background?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

export interface Segment {
  readonly text: string;
  readonly style?: Style;
}

/** One row, left to right. */
export type Line = readonly Segment[];

export const PLAIN: Style = {};
export const DIM: Style = { colour: 245 };
export const BOLD: Style = { bold: true };
export const WARN: Style = { colour: 208, bold: true };
export const BAR: Style = { inverse: true };
/** What must not be missed. */
export const ALARM: Style = { colour: 208, bold: true, inverse: true };

export function segment(text: string, style: Style = PLAIN): Segment {
  return { text, style };
}

export function plain(text: string): Line {
  return [{ text }];
}

export function lineText(line: Line): string {
  return line.map((part) => part.text).join('');
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, part) => sum + textWidth(part.text), 0);
}

export interface StyledCell extends Cell {
  readonly style: Style;
}

export function styledCells(line: Line): readonly StyledCell[] {
  return line.flatMap((part) => cellsOf(part.text).map((cell) => ({ ...cell, style: part.style ?? PLAIN })));
}

function joined(cells: readonly StyledCell[]): Line {
  const segments: Array<{ text: string; style: Style }> = [];
  for (const cell of cells) {
    const last = segments.at(-1);
    if (last !== undefined && last.style === cell.style) last.text += cell.text;
    else segments.push({ text: cell.text, style: cell.style });
  }
  return segments;
}

/**
 * Breaks a line at blanks so that no row is wider than `columns`; words longer than a row are cut where it ends.
 * Every row but the first begins with `hang` blanks.
 */
export function wrapLine(line: Line, columns: number, hang = 0): readonly Line[] {
  const rows = breakRows(styledCells(line), Math.max(2, columns), Math.max(2, columns - hang));
  return hang === 0 ? rows : rows.map((row, index) => (index === 0 ? row : [{ text: ' '.repeat(hang) }, ...row]));
}

function breakRows(cells: readonly StyledCell[], firstWidth: number, laterWidth: number): readonly Line[] {
  const rows: Line[] = [];
  let start = 0;
  while (start < cells.length) {
    const width = rows.length === 0 ? firstWidth : laterWidth;
    let end = start;
    let used = 0;
    let blank = -1;
    while (end < cells.length && used + (cells[end] as StyledCell).width <= width) {
      used += (cells[end] as StyledCell).width;
      if ((cells[end] as StyledCell).text === ' ') blank = end;
      end += 1;
    }
    if (end === cells.length) {
      rows.push(joined(cells.slice(start)));
      return rows;
    }
    // The blank on which a row breaks is not shown, be it the last of this row or the first of the next.
    if (cells[end]?.text === ' ') {
      rows.push(joined(cells.slice(start, end)));
      start = end + 1;
    } else if (blank > start) {
      rows.push(joined(cells.slice(start, blank)));
      start = blank + 1;
    } else {
      rows.push(joined(cells.slice(start, end)));
      start = end;
    }
  }
  return rows.length === 0 ? [[]] : rows;
}

/** Cuts or fills a row to exactly `columns`. */
export function fitLine(line: Line, columns: number, fill: Style = PLAIN): Line {
  let width = 0;
  const kept: StyledCell[] = [];
  const cells = styledCells(line);
  const total = cells.reduce((sum, cell) => sum + cell.width, 0);
  for (const cell of cells) {
    if (width + cell.width > (total > columns ? columns - 1 : columns)) break;
    kept.push(cell);
    width += cell.width;
  }
  if (total > columns && columns > 0) {
    kept.push({ text: '…', width: 1, style: kept.at(-1)?.style ?? fill });
    width += 1;
  }
  return width < columns ? [...joined(kept), { text: ' '.repeat(columns - width), style: fill }] : joined(kept);
}

/** A row that can be chosen by its number. */
export function numbered(number: number, rest: Line): Line {
  return [{ text: padStart(String(number), 3), style: BOLD }, { text: ') ' }, ...rest];
}
