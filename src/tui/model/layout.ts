import { editorRows } from '../render/editor-rows.ts';
import { textWidth } from '../text/width.ts';
import { isLoggedIn } from './catalogue.ts';
import { currentNotice, editorOfModel, type Model, screenOf } from './model.ts';

/** Where things lie. Title, hint and status take a row each; the input takes one to three. */
export interface Layout {
  readonly kind: 'tiny' | 'narrow' | 'medium' | 'wide';
  /** Columns of the list of friends at the left, its border included; 0 for none. */
  readonly sideColumns: number;
  readonly bodyColumns: number;
  readonly bodyRows: number;
  readonly inputRows: number;
  /** One, or two while a long notice is shown. */
  readonly hintRows: number;
}

export const COLUMNS_MIN = 20;
export const ROWS_MIN = 6;
const SIDE_COLUMNS = 26;
const INPUT_ROWS_MAX = 3;
/** In lower windows a long notice is cut instead of taking a second row. */
const HINT_ROWS_FROM = 12;

export function layoutOf(model: Model): Layout {
  const { columns, rows } = model;
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) return { kind: 'tiny', sideColumns: 0, bodyColumns: columns, bodyRows: rows, inputRows: 0, hintRows: 0 };
  const kind = columns < 50 ? 'narrow' : columns < 100 ? 'medium' : 'wide';
  const sideColumns = kind === 'wide' && isLoggedIn(model) && screenOf(model).type !== 'start' ? SIDE_COLUMNS : 0;
  const wanted = editorRows(model, editorOfModel(model), columns).rows.length;
  // In a low window the input gives way to what is read.
  const inputRows = Math.max(1, Math.min(INPUT_ROWS_MAX, wanted, rows - 5));
  const notice = currentNotice(model);
  const hintRows = rows >= HINT_ROWS_FROM && notice !== null && textWidth(notice.text) + 2 > columns ? 2 : 1;
  return { kind, sideColumns, bodyColumns: columns - sideColumns, bodyRows: rows - 2 - hintRows - inputRows, inputRows, hintRows };
}
