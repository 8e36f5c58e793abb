import { CORE_OPTIONS } from '../../core/options.ts';
import { editorOf } from '../input/editor.ts';
import { isLoggedIn } from './catalogue.ts';
import { conversationOf } from './model.ts';
import { draftCall, isRoomKey, roomIdOf } from './room-chat.ts';
import type { Turn } from './turn.ts';

/**
 * Drafts lie at the node, so that another terminal, or another node after a takeover, has them, too. What is typed is kept
 * once a second; the terminal's own version stays until the node has been asked for its.
 */
export function askDraft(turn: Turn, name: string): void {
  if (turn.model.lineMode || turn.model.connection !== 'up' || conversationOf(turn.model, name).keptDraft !== null) return;
  const { command, args } = draftCall(name);
  turn.call(command, args, 'refresh');
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
    const { command, args } = draftCall(name, draft.text);
    turn.call(command, args, 'refresh');
    // What changes within a second is being typed; an empty line is nothing that others wait for.
    const typing = draft.text !== '' && !draft.text.startsWith('/');
    if (isRoomKey(name)) turn.call('room-typing', { room: roomIdOf(name), typing }, 'refresh');
    else turn.call('typing', { with: name, typing }, 'refresh');
  }
}
