import type { MessageState } from '../../core/types.ts';
import { reactionLines } from '../render/message-lines.ts';
import { spokenMessage } from '../render/plain-text.ts';
import { truncate } from '../text/width.ts';
import { preview } from './chat.ts';
import { conversationOf } from './model.ts';
import type { ChatMessage } from './room-chat.ts';
import type { Turn } from './turn.ts';

const SHORT_TEXT_COLUMNS = 30;

/**
 * Line mode redraws nothing: what was edited, deleted, reacted to or has become readable in the open conversation is said once more.
 * `before`: the message as it was printed, undefined when it was not.
 */
export function sayChange(turn: Turn, name: string, before: ChatMessage | undefined, message: ChatMessage): void {
  const { screen } = turn;
  if (!turn.model.lineMode || screen.type !== 'chat' || screen.with !== name || before === undefined) return;
  if (saysMore(before, message)) turn.notice('info', spokenMessage(message));
}

function saysMore(before: ChatMessage, message: ChatMessage): boolean {
  return before.text !== message.text || before.deleted !== message.deleted || reactionLines(before).join() !== reactionLines(message).join();
}

/** Nobody sees ticks change in line mode; there it is said once, when a message has arrived (`read` may come first). */
export function hasArrived(before: MessageState | undefined, state: MessageState): boolean {
  return state === 'delivered' || (state === 'read' && (before === 'queued' || before === 'held'));
}

/** The beginning of a message, to say which one is meant. */
export function shortText(turn: Turn, name: string, id: string): string {
  const text = preview(conversationOf(turn.model, name).messages.find((message) => message.id === id)?.text ?? 'a message');
  return truncate(text, SHORT_TEXT_COLUMNS);
}
