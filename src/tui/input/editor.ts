import { cleanInput } from '../text/sanitise.ts';
import { chord, type Key } from './keys.ts';

/**
 * A line editor as a value: text, cursor and the last killed text. The cursor is a UTF-16 offset that always lies on the
 * edge of a grapheme (Intl.Segmenter), so that an emoji or an accented letter is one step and one deletion.
 */
export interface Editor {
  readonly text: string;
  readonly cursor: number;
  readonly killed: string;
}

export const EMPTY_EDITOR: Editor = { text: '', cursor: 0, killed: '' };

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wordParts = new Intl.Segmenter(undefined, { granularity: 'word' });
/** Segmenting is linear; only this much on either side of the cursor is looked at. */
const WINDOW = 512;

export function editorOf(text: string): Editor {
  return { text, cursor: text.length, killed: '' };
}

export function insertText(editor: Editor, text: string): Editor {
  const clean = cleanInput(text);
  return place({ ...editor, text: editor.text.slice(0, editor.cursor) + clean + editor.text.slice(editor.cursor) }, editor.cursor + clean.length);
}

function place(editor: Editor, cursor: number): Editor {
  return { ...editor, cursor: Math.max(0, Math.min(editor.text.length, cursor)) };
}

function previousEdge(text: string, cursor: number): number {
  if (cursor <= 0) return 0;
  const from = Math.max(0, cursor - WINDOW);
  let edge = from;
  for (const part of graphemes.segment(text.slice(from, cursor))) edge = from + part.index;
  return edge;
}

function nextEdge(text: string, cursor: number): number {
  for (const part of graphemes.segment(text.slice(cursor, cursor + WINDOW))) return cursor + part.segment.length;
  return text.length;
}

function previousWord(text: string, cursor: number): number {
  let edge = 0;
  for (const part of wordParts.segment(text.slice(0, cursor))) if (part.isWordLike) edge = part.index;
  return edge;
}

function nextWord(text: string, cursor: number): number {
  for (const part of wordParts.segment(text.slice(cursor))) if (part.isWordLike) return cursor + part.index + part.segment.length;
  return text.length;
}

/** Start of the run of non-blanks before the cursor, as Ctrl-W counts words. */
function previousBlankWord(text: string, cursor: number): number {
  const match = /\S*\s*$/u.exec(text.slice(0, cursor));
  return match === null ? cursor : match.index;
}

function lineStart(text: string, cursor: number): number {
  return text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd(text: string, cursor: number): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}

function cut(editor: Editor, from: number, to: number, keep: boolean): Editor {
  if (from === to) return editor;
  const killed = keep ? editor.text.slice(from, to) : editor.killed;
  return { text: editor.text.slice(0, from) + editor.text.slice(to), cursor: from, killed };
}

function transpose(editor: Editor): Editor {
  const { text, cursor } = editor;
  const middle = cursor === text.length ? previousEdge(text, cursor) : cursor;
  const before = previousEdge(text, middle);
  const after = nextEdge(text, middle);
  if (before === middle || middle === after) return editor;
  const swapped = text.slice(0, before) + text.slice(middle, after) + text.slice(before, middle) + text.slice(after);
  return { ...editor, text: swapped, cursor: after };
}

/** A row up (-1) or down (1) in a draft of several lines, or null at its edge. */
export function moveLine(editor: Editor, direction: -1 | 1): Editor | null {
  const { text, cursor } = editor;
  const start = lineStart(text, cursor);
  const column = cursor - start;
  if (direction < 0) {
    if (start === 0) return null;
    const above = lineStart(text, start - 1);
    return place(editor, snap(text, Math.min(above + column, start - 1)));
  }
  const end = lineEnd(text, cursor);
  if (end === text.length) return null;
  return place(editor, snap(text, Math.min(end + 1 + column, lineEnd(text, end + 1))));
}

function snap(text: string, cursor: number): number {
  const edge = previousEdge(text, cursor);
  return nextEdge(text, edge) === cursor || cursor === 0 ? cursor : edge;
}

/** The editor after the key, or null when the key means nothing to it. */
export function editKey(editor: Editor, pressed: Key): Editor | null {
  if (pressed.type === 'text' || pressed.type === 'paste') return insertText(editor, pressed.text);
  const { text, cursor } = editor;
  switch (chord(pressed)) {
    case 'left':
    case 'C-b':
      return place(editor, previousEdge(text, cursor));
    case 'right':
    case 'C-f':
      return place(editor, nextEdge(text, cursor));
    case 'home':
    case 'C-a':
      return place(editor, lineStart(text, cursor));
    case 'end':
    case 'C-e':
      return place(editor, lineEnd(text, cursor));
    case 'C-left':
    case 'M-left':
    case 'M-b':
      return place(editor, previousWord(text, cursor));
    case 'C-right':
    case 'M-right':
    case 'M-f':
      return place(editor, nextWord(text, cursor));
    case 'backspace':
    case 'S-backspace':
      return cut(editor, previousEdge(text, cursor), cursor, false);
    case 'delete':
    case 'C-d':
      return cut(editor, cursor, nextEdge(text, cursor), false);
    case 'C-w':
      return cut(editor, previousBlankWord(text, cursor), cursor, true);
    case 'M-backspace':
    case 'C-backspace':
      return cut(editor, previousWord(text, cursor), cursor, true);
    case 'M-d':
    case 'C-delete':
      return cut(editor, cursor, nextWord(text, cursor), true);
    case 'C-u':
      return cut(editor, lineStart(text, cursor), cursor, true);
    case 'C-k':
      // At the end of a row the row break goes, as in readline's multi-line siblings.
      return cut(editor, cursor, lineEnd(text, cursor) === cursor ? Math.min(text.length, cursor + 1) : lineEnd(text, cursor), true);
    case 'C-y':
      return insertText(editor, editor.killed);
    case 'C-t':
      return transpose(editor);
    case 'M-enter':
      return insertText(editor, '\n');
    default:
      return null;
  }
}
