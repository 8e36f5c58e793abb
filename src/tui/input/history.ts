import { type Editor, editorOf } from './editor.ts';

/** What was entered before, and the draft that was there when somebody began to look back. */
export interface History {
  readonly entries: readonly string[];
  /** Place in `entries`, or null while the draft itself is shown. */
  readonly at: number | null;
  readonly draft: Editor | null;
}

export const EMPTY_HISTORY: History = { entries: [], at: null, draft: null };
const ENTRIES_MAX = 200;

/** Adds a line; looking back ends. Secrets must not be given to this. */
export function remember(history: History, text: string): History {
  if (text.trim() === '' || history.entries.at(-1) === text) return { ...history, at: null, draft: null };
  return { entries: [...history.entries, text].slice(-ENTRIES_MAX), at: null, draft: null };
}

/** One back (-1) or forward (1); null when there is nothing in that direction. */
export function walk(history: History, editor: Editor, direction: -1 | 1): { readonly history: History; readonly editor: Editor } | null {
  const { entries, at, draft } = history;
  if (direction < 0) {
    const next = (at ?? entries.length) - 1;
    if (next < 0) return null;
    return { history: { entries, at: next, draft: at === null ? editor : draft }, editor: editorOf(entries[next] as string) };
  }
  if (at === null) return null;
  if (at + 1 < entries.length) return { history: { entries, at: at + 1, draft }, editor: editorOf(entries[at + 1] as string) };
  return { history: { entries, at: null, draft: null }, editor: draft ?? editorOf('') };
}
