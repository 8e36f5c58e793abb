import { conversationOf, type Model, screenOf } from '../model/model.ts';
import { authorOf, type ChatMessage } from '../model/room-chat.ts';
import { sanitise, sanitiseLine } from '../text/sanitise.ts';
import { lineText } from '../text/styled.ts';
import { clockTime, dateTime, failureWords, tickWord } from '../text/words.ts';
import { extraLines, shownText } from './message-lines.ts';
import { screenLines } from './views.ts';

/** The present screen as bare text, a line per line as it was written, for copying. */
export function chatText(model: Model): readonly string[] {
  const screen = screenOf(model);
  if (screen.type !== 'chat') return screenLines(model, screen, 10_000).map((line) => lineText(line).trimEnd());
  return conversationOf(model, screen.with).messages.map((message) => `${dateTime(message.sentMillis)} ${messageText(message)}`);
}

/** `bob: text`, and what stands around it. */
export function messageText(message: ChatMessage): string {
  if (message.room !== undefined && message.room.kind !== 'message') return `* ${sanitise(message.text)}`;
  const extras = extraLines(message).map((line) => `\n    ${line}`);
  return `${message.fromMe ? 'you' : sanitiseLine(authorOf(message))}: ${shownText(message)}${extras.join('')}`;
}

/** A message in line mode: words instead of ticks, since this may be heard and not seen. */
export function spokenMessage(message: ChatMessage): string {
  // What happened in a room is nobody's to deliver.
  if (!message.fromMe || (message.room !== undefined && message.room.kind !== 'message')) return `[${clockTime(message.sentMillis)}] ${messageText(message)}`;
  const state = message.state === 'failed' ? sanitiseLine(failureWords(message.reason, message.with)) : tickWord(message.state);
  return `[${clockTime(message.sentMillis)}] ${messageText(message)} (${state})`;
}
