import { EMPTY_EDITOR, editKey, insertText, moveLine } from '../input/editor.ts';
import { walk } from '../input/history.ts';
import { chord, type Key } from '../input/keys.ts';
import { viewTopMax } from '../render/frame.ts';
import { scrollChat } from './chat.ts';
import { goBack, goNextUnread } from './commands.ts';
import { complete } from './complete.ts';
import { layoutOf } from './layout.ts';
import { conversationOf, currentNotice, editorOfModel, isMasked } from './model.ts';
import { askPaths } from './path-completion.ts';
import { selectMessage, toNewest } from './selecting.ts';
import { currentChoices, submit } from './submit.ts';
import type { Turn } from './turn.ts';

/** A paste longer than this is asked about before it becomes a draft. */
const PASTE_LINES_ASKED = 20;
const PASTE_CHARACTERS_ASKED = 4_000;
/** With at most so many rows a digit chooses by itself. */
const DIGIT_CHOICES_MAX = 9;
const NOTICE_SEEN_MILLIS = 2_000;
/** Who has chosen by a digit and goes on to Enter, as in long menus, does so within this. */
const ENTER_BELONGS_MILLIS = 700;

/** A key: first what moves between screens, then what scrolls, then the editor. */
export function press(turn: Turn, pressed: Key): void {
  const name = chord(pressed);
  const { chosenAtMillis } = turn.model;
  if (chosenAtMillis !== null) turn.set({ chosenAtMillis: null });
  // It would answer the next question with nothing, or step over it.
  if (name === 'enter' && chosenAtMillis !== null && turn.model.nowMillis - chosenAtMillis < ENTER_BELONGS_MILLIS) return;
  if (name === 'enter' || name === 'escape' || name === 'C-n') dismissSeen(turn);
  if (name !== 'C-c' && turn.model.leaving) turn.set({ leaving: false });
  if (turn.model.heldPaste !== null && name !== 'C-c') {
    answerPaste(turn, pressed);
    return;
  }
  if (global(turn, name) || scroll(turn, name) || chosenByDigit(turn, pressed)) return;
  if (pressed.type === 'paste' && isLarge(pressed.text)) {
    turn.set({ heldPaste: pressed.text });
    return;
  }
  edit(turn, pressed, name);
}

/** A notice that was there for a while has been seen when somebody goes on; one that came just now stays. */
function dismissSeen(turn: Turn): void {
  const notice = currentNotice(turn.model);
  if (notice !== null && turn.model.nowMillis - notice.atMillis > NOTICE_SEEN_MILLIS) turn.set({ dismissed: notice.number });
}

function global(turn: Turn, name: string): boolean {
  switch (name) {
    case 'C-c':
      interrupt(turn);
      return true;
    case 'C-d':
      if (editorOfModel(turn.model).text !== '') return false;
      turn.effects.push({ type: 'quit' });
      return true;
    case 'C-l':
      turn.effects.push({ type: 'redraw' });
      return true;
    case 'C-z':
      turn.effects.push({ type: 'suspend' });
      return true;
    case 'C-n':
      goNextUnread(turn);
      return true;
    case 'escape':
      goUp(turn);
      return true;
    case 'f1':
      if (turn.screen.type !== 'help') turn.push({ type: 'help', topic: turn.screen.type });
      return true;
    default:
      return false;
  }
}

/** Ctrl-C: takes the draft away, then asks, then leaves. */
export function interrupt(turn: Turn): void {
  if (turn.model.heldPaste !== null) {
    turn.set({ heldPaste: null });
  } else if (editorOfModel(turn.model).text !== '') {
    turn.edit({ ...editorOfModel(turn.model), text: '', cursor: 0 });
  } else if (turn.model.leaving) {
    turn.effects.push({ type: 'quit' });
  } else {
    turn.set({ leaving: true });
    if (turn.model.lineMode) turn.notice('info', 'Ctrl-C once more leaves.');
  }
}

/** One level back, never out. */
function goUp(turn: Turn): void {
  const { screen } = turn;
  if (turn.model.completion !== null) turn.set({ completion: null });
  else if (screen.type === 'chat' && conversationOf(turn.model, screen.with).selected !== null) turn.conversation(screen.with, { selected: null });
  else if (turn.model.screens.length > 1) goBack(turn);
}

function scroll(turn: Turn, name: string): boolean {
  const { screen, model } = turn;
  const pages = name === 'page-up' || name === 'M-v' ? -1 : name === 'page-down' || name === 'C-v' ? 1 : 0;
  const rows = name === 'S-up' || name === 'C-up' ? -1 : name === 'S-down' || name === 'C-down' ? 1 : 0;
  if (screen.type === 'chat') {
    if (pages !== 0) scrollChat(turn, screen.with, { pages });
    else if (rows !== 0) scrollChat(turn, screen.with, { rows });
    else if (name === 'M-up' || name === 'M-down') selectMessage(turn, screen.with, name === 'M-up' ? -1 : 1);
    else if (name === 'C-home' || name === 'M-<') scrollChat(turn, screen.with, 'top');
    else if (name === 'C-end' || name === 'M->' || (name === 'end' && atEnd(turn))) {
      toNewest(turn, screen.with);
      scrollChat(turn, screen.with, 'bottom');
    } else return false;
    return true;
  }
  if (pages === 0 && rows === 0) return false;
  const step = pages === 0 ? rows : pages * Math.max(1, layoutOf(model).bodyRows - 2);
  turn.set({ viewTop: Math.max(0, Math.min(viewTopMax(model), model.viewTop + step)) });
  return true;
}

/** End moves in the draft first; where it is at its end already, it moves the view. */
function atEnd(turn: Turn): boolean {
  const { text, cursor } = editorOfModel(turn.model);
  return cursor === text.length;
}

function chosenByDigit(turn: Turn, pressed: Key): boolean {
  if (pressed.type !== 'text' || !/^\d$/u.test(pressed.text) || editorOfModel(turn.model).text !== '' || isMasked(turn.model)) return false;
  const { screen } = turn;
  if (screen.type === 'chat' || screen.type === 'help') return false;
  const choices = currentChoices(turn.model).length;
  // A free answer may begin with a digit, so there only Enter chooses.
  if (choices > DIGIT_CHOICES_MAX || screen.type === 'ask' || (choices === 0 && pressed.text !== '0')) return false;
  submit(turn, pressed.text);
  turn.set({ chosenAtMillis: turn.model.nowMillis });
  return true;
}

function isLarge(text: string): boolean {
  return text.length > PASTE_CHARACTERS_ASKED || text.split('\n').length > PASTE_LINES_ASKED;
}

function answerPaste(turn: Turn, pressed: Key): void {
  const { heldPaste } = turn.model;
  const yes = pressed.type === 'text' && /^[yY]$/u.test(pressed.text);
  turn.set({ heldPaste: null });
  if (yes && heldPaste !== null) turn.edit(insertText(editorOfModel(turn.model), heldPaste));
}

function edit(turn: Turn, pressed: Key, name: string): void {
  const { model } = turn;
  const editor = editorOfModel(model);
  if (pressed.type === 'text' && pressed.text === '?' && editor.text === '' && !isMasked(model)) {
    if (turn.screen.type !== 'help') turn.push({ type: 'help', topic: turn.screen.type });
    return;
  }
  switch (name) {
    case 'enter':
      submit(turn, editor.text);
      return;
    case 'tab':
    case 'S-tab':
      tab(turn, name === 'tab' ? 1 : -1);
      return;
    case 'up':
    case 'C-p':
      recall(turn, -1);
      return;
    case 'down':
      recall(turn, 1);
      return;
  }
  const single = turn.screen.type !== 'chat' || isMasked(model);
  if (single && name === 'M-enter') return;
  const edited = editKey(editor, pressed.type === 'paste' && single ? { type: 'paste', text: pressed.text.replace(/\n+/g, ' ').trim() } : pressed);
  if (edited === null) return;
  turn.set({ completion: null });
  // A secret leaves no copy behind in the kill buffer.
  turn.edit(isMasked(model) ? { ...edited, killed: EMPTY_EDITOR.killed } : edited);
}

function tab(turn: Turn, direction: 1 | -1): void {
  if (isMasked(turn.model)) return;
  if (askPaths(turn)) return;
  const found = complete(turn.model, editorOfModel(turn.model), direction);
  if (found === null) return;
  turn.edit(found.editor);
  turn.set({ completion: found.completion.candidates.length > 1 ? found.completion : null });
}

function recall(turn: Turn, direction: -1 | 1): void {
  const editor = editorOfModel(turn.model);
  const moved = moveLine(editor, direction);
  if (moved !== null) {
    turn.edit(moved);
    return;
  }
  if (isMasked(turn.model)) return;
  const walked = walk(turn.model.history, editor, direction);
  if (walked === null) return;
  turn.set({ history: walked.history, completion: null });
  turn.edit({ ...walked.editor, killed: editor.killed });
}
