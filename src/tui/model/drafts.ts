import { CORE_OPTIONS } from '../../core/options.ts';
import { editorOf } from '../input/editor.ts';
import { isLoggedIn } from './catalogue.ts';
import { conversationOf } from './model.ts';
import type { Turn } from './turn.ts';

/**
 * Drafts lie at the node, so that another terminal, or another node after a takeover, has them, too. What is typed is kept
 * once a second; the terminal's own version stays until the node has been asked for its.
 */
export function askDraft(turn: Turn, name: string): void {
  if (turn.model.lineMode || turn.model.connection !== 'up' || conversationOf(turn.model, name).keptDraft !== null) return;
  turn.call('draft', { with: name }, 'refresh');
}

/** The node's draft has come: it is shown where nothing was typed meanwhile. */
export function takeDraft(turn: Turn, name: string, text: string): void {
  const { draft, keptDraft } = conversationOf(turn.model, name);
  if (keptDraft !== null) return;
  turn.conversation(name, { keptDraft: text, ...(draft.text === '' && text !== '' ? { draft: { ...editorOf(text), killed: draft.killed } } : {}) });
}

/** A second has passed: what was changed since is kept at the node. */
export function keepDrafts(turn: Turn): void {
  if (turn.model.lineMode || turn.model.connection !== 'up' || !isLoggedIn(turn.model)) return;
  for (const [name, { draft, keptDraft }] of Object.entries(turn.model.conversations)) {
    if (keptDraft === null || draft.text === keptDraft || draft.text.length > CORE_OPTIONS.textBytesMax) continue;
    turn.conversation(name, { keptDraft: draft.text });
    turn.call('draft', { with: name, text: draft.text }, 'refresh');
  }
}
