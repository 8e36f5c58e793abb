import { eastAsianWidth } from 'get-east-asian-width';

/** One place on the screen: what is painted there and how many columns it takes (1 or 2). */
export interface Cell {
  readonly text: string;
  readonly width: 1 | 2;
}

/** More marks than this on one character are somebody's joke at the cost of the lines above. */
const MARKS_MAX = 3;
const MARK = /^[\p{Mn}\p{Me}]$/u;
/** Hangul vowels and tails that follow a leading consonant are drawn inside its two columns. */
const HANGUL_TAIL = /^[\u1160-\u11ff\ud7b0-\ud7ff]$/u;

export function isMark(character: string): boolean {
  return MARK.test(character) || HANGUL_TAIL.test(character);
}

/** Columns of one code point, marks being 0. */
export function pointWidth(point: number): 0 | 1 | 2 {
  if (point === 0) return 0;
  if (point >= 0x20 && point < 0x7f) return 1;
  if (isMark(String.fromCodePoint(point))) return 0;
  return eastAsianWidth(point);
}

/**
 * Splits clean text (see sanitise.ts) into cells. Widths are counted by code point and not by grapheme,
 * because that is what terminals do: a syllable of two spacing characters takes two columns.
 */
export function cellsOf(text: string): readonly Cell[] {
  const cells: Cell[] = [];
  let marks = 0;
  for (const character of text) {
    const width = pointWidth(character.codePointAt(0) as number);
    if (width !== 0) {
      cells.push({ text: character, width });
      marks = 0;
      continue;
    }
    const last = cells.pop();
    if (last === undefined) cells.push({ text: `\u25cc${character}`, width: 1 });
    else cells.push(marks < MARKS_MAX ? { text: last.text + character, width: last.width } : last);
    marks += 1;
  }
  return cells;
}

/** Columns that the text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += pointWidth(character.codePointAt(0) as number);
  return width;
}

/** The text cut to at most `columns`, with an ellipsis where something was cut. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (textWidth(text) <= columns) return text;
  let width = 0;
  let out = '';
  for (const cell of cellsOf(text)) {
    if (width + cell.width > columns - 1) break;
    width += cell.width;
    out += cell.text;
  }
  return `${out}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - textWidth(text))) + text;
}
