import { type Anchor, conversationOf, type Model, userIdOf } from '../model/model.ts';
import { authorOf, type ChatMessage } from '../model/room-chat.ts';
import { markup } from '../text/markup.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, type Style, WARN, wrapLine } from '../text/styled.ts';
import { padStart, textWidth, truncate } from '../text/width.ts';
import { clockTime, count, dayName, failureWords, namesInWords, nickColour, sameDay, tickSign } from '../text/words.ts';
import { fileLines, isOnlyFile, isPlaceholder, quoteLine, reactionLines, shownText } from './message-lines.ts';

/**
 * A conversation as rows. Each message is a block: the line of its day where a day begins, the unread line where it
 * stands, then the message. Places are named by message and row in its block, so that they survive whatever arrives.
 */
export interface ChatWindow {
  readonly lines: readonly Line[];
  /** What the first line shows; null in an empty conversation. */
  readonly top: Anchor | null;
  readonly atBottom: boolean;
  readonly atTop: boolean;
}

const NICK_COLUMNS_MAX = 12;
const NICK_COLUMNS_ROOM = 10;
const NARROW_BELOW = 50;

/** Wrapped rows of a message; messages are immutable, so a changed one is another object. */
const wrapped = new WeakMap<ChatMessage, { readonly columns: number; readonly style: string; readonly rows: readonly Line[] }>();

function messageRows(model: Model, message: ChatMessage, columns: number): readonly Line[] {
  const nickColumns = message.room === undefined ? Math.min(NICK_COLUMNS_MAX, Math.max(3, textWidth(message.with))) : NICK_COLUMNS_ROOM;
  const style = `${model.user}/${nickColumns}`;
  const known = wrapped.get(message);
  if (known !== undefined && known.columns === columns && known.style === style) return known.rows;
  const rows = happening(message)
    ? happeningRows(message, columns)
    : columns < NARROW_BELOW
      ? narrowRows(model, message, columns)
      : columnRows(model, message, columns, nickColumns);
  wrapped.set(message, { columns, style, rows });
  return rows;
}

/** Something that happened in a room, and was not said by anybody. */
function happening(message: ChatMessage): boolean {
  return message.room !== undefined && message.room.kind !== 'message';
}

function happeningRows(message: ChatMessage, columns: number): readonly Line[] {
  return wrapLine([{ text: `${clockTime(message.sentMillis)} * ${sanitiseLine(message.text)}`, style: DIM }], columns, 8);
}

function nickOf(model: Model, message: ChatMessage): { readonly nick: string; readonly style: Style } {
  if (message.fromMe) return { nick: 'you', style: BOLD };
  const author = authorOf(message);
  return { nick: sanitiseLine(author), style: { colour: nickColour(userIdOf(model, author)), bold: true } };
}

/** What it answers, then the text, then what others made of it. */
function textLines(message: ChatMessage): readonly Line[] {
  const dim = (line: string): Line => [{ text: line, style: DIM }];
  const base: Style = message.mentionsMe ? { bold: true } : {};
  const texts = shownText(message).split('\n');
  const quote = message.replyTo === null ? [] : [dim(quoteLine(message.replyTo))];
  return [
    ...quote,
    ...texts.map((line) => (isPlaceholder(message) || isOnlyFile(message) ? dim(line) : markup(line, base))),
    ...fileLines(message).map(dim),
    ...reactionLines(message).map(dim),
  ];
}

function tickStyle(message: ChatMessage): Style {
  return message.state === 'failed' ? WARN : DIM;
}

function failureLine(message: ChatMessage): Line | null {
  if (message.state !== 'failed') return null;
  return [{ text: `${sanitiseLine(failureWords(message.reason, message.with))}; /retry sends it again`, style: WARN }];
}

/** Time, ticks and nick in columns, the text hanging beside them. */
function columnRows(model: Model, message: ChatMessage, columns: number, nickColumns: number): readonly Line[] {
  const { nick, style } = nickOf(model, message);
  const indent = 5 + 1 + 2 + 1 + nickColumns + 2;
  const head: Line = [
    { text: `${clockTime(message.sentMillis)} `, style: DIM },
    { text: message.fromMe ? tickSign(message.state) : '  ', style: tickStyle(message) },
    { text: ` ${padStart(truncate(nick, nickColumns), nickColumns)}`, style },
    { text: '  ' },
  ];
  const texts = textLines(message).flatMap((line) => wrapLine(line, columns - indent));
  const failed = failureLine(message);
  const all = failed === null ? texts : [...texts, ...wrapLine(failed, columns - indent)];
  return all.map((line, index) => (index === 0 ? [...head, ...line] : [{ text: ' '.repeat(indent) }, ...line]));
}

/** `12:01 bob: text`, the ticks behind it, for windows where columns would leave no room to read. */
function narrowRows(model: Model, message: ChatMessage, columns: number): readonly Line[] {
  const { nick, style } = nickOf(model, message);
  const head: Line = [
    { text: `${clockTime(message.sentMillis)} `, style: DIM },
    { text: `${truncate(nick, NICK_COLUMNS_MAX)}: `, style },
  ];
  const texts = textLines(message);
  const rows = texts.flatMap((line, index) => {
    const tail: Line = message.fromMe && index === texts.length - 1 ? [{ text: ` ${tickSign(message.state).trim()}`, style: tickStyle(message) }] : [];
    const whole = [...(index === 0 ? head : []), ...line, ...tail];
    return wrapLine(whole, columns, 2);
  });
  const failed = failureLine(message);
  return failed === null ? rows : [...rows, ...wrapLine([{ text: '  ' }, ...failed], columns, 2)];
}

function heldBy(message: ChatMessage | undefined): string {
  return message?.state === 'held' ? sanitiseLine(namesInWords(message.heldBy ?? [])) : '';
}

/** Who has read up to it, of the last of one's messages that they have read. */
function seenBy(message: ChatMessage | undefined): readonly string[] {
  return message?.fromMe === true ? (message.room?.seenBy ?? []) : [];
}

function rule(text: string, columns: number, style: Style): Line {
  const label = ` ${truncate(text, Math.max(4, columns - 8))} `;
  const left = Math.max(2, Math.floor((columns - textWidth(label)) / 2));
  return [{ text: '─'.repeat(left) + label + '─'.repeat(Math.max(0, columns - left - textWidth(label))), style }];
}

function blockRows(model: Model, name: string, index: number, columns: number): readonly Line[] {
  const { messages, unreadKey, unreadCount, selected } = conversationOf(model, name);
  const message = messages[index] as ChatMessage;
  const before = messages[index - 1];
  const rows: Line[] = [];
  if (before === undefined || !sameDay(before.sentMillis, message.sentMillis)) rows.push(rule(dayName(message.sentMillis), columns, DIM));
  if (message.key === unreadKey) rows.push(rule(`${count(unreadCount, 'unread message')}`, columns, { colour: 167, bold: true }));
  const own = messageRows(model, message, columns);
  rows.push(...(message.id === selected ? own.map(inverted) : own));
  const held = heldBy(message);
  // Of several that lie with the same people, once is enough.
  if (held !== '' && held !== heldBy(messages[index + 1])) rows.push(...wrapLine([{ text: `   held by ${held}`, style: DIM }], columns, 3));
  const readers = lastSeenBy(messages, index);
  if (readers.length > 0) rows.push(...wrapLine([{ text: `   seen by ${sanitiseLine(namesInWords(readers))}`, style: DIM }], columns, 3));
  return rows;
}

/** Those who have read this message of ours and not our next one. */
function lastSeenBy(messages: readonly ChatMessage[], index: number): readonly string[] {
  const readers = seenBy(messages[index]);
  if (readers.length === 0) return [];
  const later = new Set<string>();
  for (let at = index + 1; at < messages.length && later.size < readers.length; at += 1) for (const name of seenBy(messages[at])) later.add(name);
  return readers.filter((name) => !later.has(name));
}

function inverted(line: Line): Line {
  return line.map(({ text, style }) => ({ text, style: { ...style, inverse: true } }));
}

/** Whether the first row of a message is on the screen. */
export function messageInView(model: Model, name: string, key: string, view: { readonly columns: number; readonly height: number }): boolean {
  const { messages } = conversationOf(model, name);
  const { top } = chatWindow(model, name, view.columns, view.height);
  let index = messages.findIndex((message) => message.key === top?.key);
  let row = -(top?.row ?? 0);
  for (; index >= 0 && index < messages.length && row < view.height; index += 1) {
    if (messages[index]?.key === key) return row >= 0;
    row += blockRows(model, name, index, view.columns).length;
  }
  return false;
}

/** The last message all of whose rows are on the screen; null when none is. */
export function lastInView(model: Model, name: string, view: { readonly columns: number; readonly height: number }): ChatMessage | null {
  const { messages } = conversationOf(model, name);
  const { top, atBottom } = chatWindow(model, name, view.columns, view.height);
  if (atBottom) return messages.at(-1) ?? null;
  let last: ChatMessage | null = null;
  let row = -(top?.row ?? 0);
  for (let index = messages.findIndex((message) => message.key === top?.key); index >= 0 && index < messages.length; index += 1) {
    row += blockRows(model, name, index, view.columns).length;
    if (row > view.height) break;
    last = messages[index] ?? null;
  }
  return last;
}

/** What fits in `height` rows: from the anchor down, or the newest at the bottom. */
export function chatWindow(model: Model, name: string, columns: number, height: number): ChatWindow {
  const { messages, anchor } = conversationOf(model, name);
  const start = anchor === null ? -1 : messages.findIndex((message) => message.key === anchor.key);
  if (anchor === null || start < 0) return bottomWindow(model, name, columns, height);
  const lines: Line[] = [];
  let skip = anchor.row;
  for (let index = start; index < messages.length && lines.length < height + 1; index += 1) {
    const rows = blockRows(model, name, index, columns);
    lines.push(...rows.slice(Math.min(skip, rows.length - 1)));
    skip = 0;
  }
  // What would leave the window half empty shows the newest at the bottom instead.
  if (lines.length <= height) return bottomWindow(model, name, columns, height);
  return { lines: lines.slice(0, height), top: anchor, atBottom: false, atTop: start === 0 && anchor.row === 0 };
}

function bottomWindow(model: Model, name: string, columns: number, height: number): ChatWindow {
  const { messages } = conversationOf(model, name);
  const blocks: Array<readonly Line[]> = [];
  let total = 0;
  let index = messages.length;
  while (index > 0 && total < height) {
    index -= 1;
    const rows = blockRows(model, name, index, columns);
    blocks.unshift(rows);
    total += rows.length;
  }
  const hidden = Math.max(0, total - height);
  const top = messages[index] === undefined ? null : { key: (messages[index] as ChatMessage).key, row: hidden };
  return { lines: blocks.flat().slice(hidden), top, atBottom: true, atTop: index === 0 && hidden === 0 };
}

/** The place `rows` further up (negative) or down; null for the very end. */
export function moveAnchor(model: Model, name: string, view: { readonly columns: number; readonly height: number }, rows: number): Anchor | null {
  const { messages } = conversationOf(model, name);
  const { top } = chatWindow(model, name, view.columns, view.height);
  if (top === null) return null;
  let index = messages.findIndex((message) => message.key === top.key);
  let row = top.row + rows;
  while (row < 0 && index > 0) {
    index -= 1;
    row += blockRows(model, name, index, view.columns).length;
  }
  row = Math.max(0, row);
  while (index < messages.length && row >= blockRows(model, name, index, view.columns).length) {
    row -= blockRows(model, name, index, view.columns).length;
    index += 1;
  }
  const message = messages[index];
  if (message === undefined) return null;
  const next = { key: message.key, row };
  const moved = { ...model, conversations: { ...model.conversations, [name]: { ...conversationOf(model, name), anchor: next } } };
  return chatWindow(moved, name, view.columns, view.height).atBottom ? null : next;
}
