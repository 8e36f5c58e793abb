import { messageInView } from '../render/chat-rows.ts';
import { leaveChat, loadHistory } from './chat.ts';
import { layoutOf } from './layout.ts';
import { conversationOf, HISTORY_PAGE } from './model.ts';
import { type ChatMessage, historyCall } from './room-chat.ts';
import type { Turn } from './turn.ts';

/** Moves the selection to the message above or below; below the last one nothing is selected. */
export function selectMessage(turn: Turn, name: string, step: -1 | 1): void {
  const { messages, selected } = conversationOf(turn.model, name);
  const possible = messages.filter((message) => message.room === undefined || message.room.kind === 'message');
  const before = selected === null ? possible.length : possible.findIndex((message) => message.id === selected);
  const chosen = possible[before + step];
  if (chosen === undefined) {
    if (step > 0) turn.conversation(name, { selected: null });
    return;
  }
  turn.conversation(name, { selected: chosen.id });
  const { bodyColumns: columns, bodyRows: height } = layoutOf(turn.model);
  if (!messageInView(turn.model, name, chosen.key, { columns, height })) turn.conversation(name, { anchor: { key: chosen.key, row: 0 } });
}

/** Shows a message that was found among those around it. */
export function jumpTo(turn: Turn, name: string, id: string): void {
  leaveChat(turn);
  turn.push({ type: 'chat', with: name });
  turn.conversation(name, { messages: [], loaded: 'asked', detached: true, unreadKey: null, unreadCount: 0, selected: id });
  const { command, args } = historyCall(name, { limit: HISTORY_PAGE });
  turn.call(command, { ...args, around: id }, 'around');
}

/** What lies around it has come. */
export function takeAround(turn: Turn, name: string, page: { readonly messages: readonly ChatMessage[]; readonly more: boolean }): void {
  const { selected } = conversationOf(turn.model, name);
  const found = page.messages.find((message) => message.id === selected);
  turn.conversation(name, { messages: page.messages, more: page.more, loaded: 'yes', anchor: found === undefined ? null : { key: found.key, row: 0 } });
  turn.shown();
}

/** From a place further back to the newest: what lies between is not held, so the page is fetched anew. */
export function toNewest(turn: Turn, name: string): void {
  if (!conversationOf(turn.model, name).detached) return;
  turn.conversation(name, { messages: [], loaded: 'no', detached: false, anchor: null, newBelow: 0, selected: null });
  loadHistory(turn, name);
}
