import type { Model, Screen } from '../model/model.ts';
import { BOLD, DIM, type Line, plain } from '../text/styled.ts';
import { padEnd } from '../text/width.ts';
import { commandLines } from './command-lines.ts';

/** Keys of the chat and of every screen. Commands are not here: they come from the registry. */
const CHAT_KEYS: ReadonlyArray<readonly [string, string]> = [
  ['Enter', 'send'],
  ['Alt-Enter, Ctrl-J', 'new line'],
  ['PageUp, PageDown', 'older, newer'],
  ['Ctrl-Home, End', 'oldest held, newest'],
  ['Shift-Up, Shift-Down', 'one row'],
  ['Alt-Up, Alt-Down', 'select a message: Enter answers it'],
];

const KEYS: ReadonlyArray<readonly [string, string]> = [
  ['Esc', 'one level back'],
  ['Ctrl-N', 'next unread conversation'],
  ['Tab', 'complete a command, an argument, a name'],
  ['Up, Down', 'what you entered before; the draft is kept'],
  ['Ctrl-C', 'clear the input; then ask; then leave'],
  ['Ctrl-D', 'leave, on an empty line'],
  ['Ctrl-L', 'draw the screen anew'],
  ['F1, ?', 'this help'],
];

const SIGNS = [
  '●  online    ◐  away    ■  busy    ○  offline    ?  silent',
  '…  waits here    ✓  kept by others    ✓✓  delivered',
  'R  read          !  not delivered',
];

export function helpLines(model: Model, topic: Screen['type']): readonly Line[] {
  const lines: Line[] = [];
  if (!model.lineMode) {
    const keys = topic === 'chat' ? [...CHAT_KEYS, ...KEYS] : KEYS;
    lines.push([{ text: 'Keys', style: BOLD }], ...keys.map(([name, about]): Line => [{ text: `  ${padEnd(name, 22)}` }, { text: about, style: DIM }]), []);
    lines.push([{ text: 'Signs', style: BOLD }], ...SIGNS.map((text): Line => plain(`  ${text}`)), []);
  } else {
    lines.push(plain('Type a number to choose, or a command; in a chat, type a message. ? or /help shows this.'), []);
  }
  lines.push(...commandLines(model));
  if (topic === 'chat') lines.push([], plain('  ^ is the last message, ^3 the third last; without it the selected one is meant, else the last.'));
  if (topic === 'chat') lines.push(plain('  //text sends a line that begins with a slash. **bold** and __italic__ are shown so.'));
  return [...lines, []];
}
