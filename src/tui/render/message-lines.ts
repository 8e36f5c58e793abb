import type { QuoteView } from '../../core/chat/chat-commands.ts';
import type { FileView } from '../../core/files/file-commands.ts';
import type { ChatMessage } from '../model/room-chat.ts';
import { sanitise, sanitiseLine } from '../text/sanitise.ts';
import { truncate } from '../text/width.ts';
import { fileText } from './file-lines.ts';

const QUOTE_COLUMNS = 60;
export const DELETED = '(deleted)';

/** There is nothing of the author's to show. */
export function isPlaceholder(message: ChatMessage): boolean {
  return message.deleted || message.room?.sealed === true;
}

/** A file that was sent without a word: its name is the text. */
export function isOnlyFile(message: ChatMessage): message is ChatMessage & { readonly file: FileView } {
  return message.file !== undefined && message.text === message.file.name;
}

/** The text as it may be shown, or what stands for one that is deleted or cannot be opened yet. */
export function shownText(message: ChatMessage): string {
  if (message.deleted)
    return DELETED + (message.changing ? ` (${message.room === undefined ? 'the other side does not know yet' : 'nobody else knows yet'})` : '');
  if (message.room?.sealed === true) return '(sealed: its key has not come yet)';
  if (isOnlyFile(message)) return fileText(message.file);
  if (!message.edited) return sanitise(message.text);
  return `${sanitise(message.text)} ${message.changing && message.fromMe ? '(edited, on its way)' : '(edited)'}`;
}

export function quoteLine(replyTo: QuoteView): string {
  return `↳ ${sanitiseLine(replyTo.from)}: ${replyTo.text === '' ? DELETED : truncate(sanitiseLine(replyTo.text), QUOTE_COLUMNS)}`;
}

/** `+1 bob, carol`, one row for all. */
export function reactionLines({ reactions }: ChatMessage): readonly string[] {
  if (reactions.length === 0) return [];
  return [reactions.map(({ reaction, by }) => `${sanitiseLine(reaction)} ${by.map(sanitiseLine).join(', ')}`).join('  ')];
}

/** What is said of the file that came with it, where there is one. */
export function fileLines(message: ChatMessage): readonly string[] {
  return message.file === undefined || isPlaceholder(message) || isOnlyFile(message) ? [] : [fileText(message.file)];
}

/** What stands around a text in words, for line mode and copies. */
export function extraLines(message: ChatMessage): readonly string[] {
  const quote = message.replyTo === null ? [] : [quoteLine(message.replyTo)];
  return [...quote, ...fileLines(message), ...reactionLines(message)];
}
