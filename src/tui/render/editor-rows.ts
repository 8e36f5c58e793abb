import type { Editor } from '../input/editor.ts';
import { isMasked, type Model, screenOf } from '../model/model.ts';
import { sanitise } from '../text/sanitise.ts';
import { cellsOf, textWidth } from '../text/width.ts';
import { fieldWords } from '../text/words.ts';

/** The draft as rows, and where the cursor stands in them. */
export interface EditorRows {
  readonly prompt: string;
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** A draft longer than this shows only its surroundings of the cursor; laying out a pasted book on every key would be slow. */
const SHOWN_CHARACTERS = 4_000;

export function promptOf(model: Model): string {
  const screen = screenOf(model);
  switch (screen.type) {
    case 'chat':
      return '> ';
    case 'ask':
      return `${askLabel(screen.fields[0] ?? '', screen.again !== null)}: `;
    case 'confirm':
      return '1 or 0: ';
    case 'start':
    case 'menu':
    case 'view':
    case 'settings':
    case 'request':
    case 'choose-chat':
    case 'help':
      return 'Choose: ';
  }
}

function askLabel(field: string, again: boolean): string {
  return again ? `${fieldWords(field)} again` : fieldWords(field);
}

export function editorRows(model: Model, editor: Editor, columns: number): EditorRows {
  const prompt = promptOf(model);
  const indent = Math.min(textWidth(prompt), Math.max(0, columns - 8));
  const width = Math.max(2, columns - indent - 1);
  const from = Math.max(0, editor.cursor - SHOWN_CHARACTERS);
  const text = editor.text.slice(from, editor.cursor + SHOWN_CHARACTERS);
  const cursor = editor.cursor - from;
  const masked = isMasked(model);
  const rows = [''];
  let used = 0;
  let at = { row: 0, column: 0 };
  for (const part of graphemes.segment(text)) {
    if (part.index === cursor) at = { row: rows.length - 1, column: used };
    if (part.segment === '\n') {
      rows.push('');
      used = 0;
      continue;
    }
    for (const cell of cellsOf(masked ? '•' : sanitise(part.segment))) {
      if (used + cell.width > width) {
        if (part.index === cursor && at.column === used) at = { row: rows.length, column: 0 };
        rows.push('');
        used = 0;
      }
      rows[rows.length - 1] += cell.text;
      used += cell.width;
    }
  }
  if (cursor >= text.length) at = { row: rows.length - 1, column: used };
  return { prompt, rows, cursorRow: at.row, cursorColumn: indent + at.column };
}
