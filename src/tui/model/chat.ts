import type { ChatView } from '../../core/commands.ts';
import { errorAdvice, errorSentence } from '../../core/errors.ts';
import { chatWindow, moveAnchor } from '../render/chat-rows.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { askDraft } from './drafts.ts';
import { layoutOf } from './layout.ts';
import { type Conversation, conversationOf, HISTORY_PAGE, HISTORY_PAGE_MAX, MESSAGES_MAX, type Model } from './model.ts';
import { type ChatMessage, historyCall, isRoomKey, roomIdOf, roomKey } from './room-chat.ts';
import type { Turn } from './turn.ts';
import { beginAtUnread, countBelow, markRead, unreadOf } from './unread.ts';

/** Opens the conversation with somebody; from another conversation it takes its place. */
export function openChat(turn: Turn, name: string): void {
  const { model } = turn;
  const known = isRoomKey(name) || model.friends.some((friend) => friend.name === name) || model.chats.some((chat) => chat.with === name);
  if (!known) {
    turn.notice('warning', `${errorSentence('not-friends', { name })} ${errorAdvice('not-friends', { name })}`);
    turn.shown();
    return;
  }
  leaveChat(turn);
  turn.set({ dismissed: model.noticeCount });
  const unread = unreadOf(model, name);
  turn.conversation(name, { unreadCount: unread, unreadKey: null, readKey: null, anchor: null, newBelow: 0 });
  if (turn.screen.type === 'chat' || turn.screen.type === 'choose-chat') turn.replace({ type: 'chat', with: name });
  else turn.push({ type: 'chat', with: name });
  if (conversationOf(turn.model, name).loaded === 'yes') {
    beginAtUnread(turn, name);
    markRead(turn, name);
  } else {
    loadHistory(turn, name);
  }
}

export function loadHistory(turn: Turn, name: string): void {
  if (turn.model.connection !== 'up') return;
  turn.conversation(name, { loaded: 'asked' });
  const { command, args } = historyCall(name, { limit: pageWith(unreadOf(turn.model, name)) });
  turn.call(command, args, 'refresh');
}

/** So many messages that the unread ones are among them, and some before them. */
function pageWith(unread: number): number {
  return Math.min(HISTORY_PAGE_MAX, Math.max(HISTORY_PAGE, unread + Math.floor(HISTORY_PAGE / 2)));
}

/** The unread line belongs to one visit. */
export function leaveChat(turn: Turn): void {
  const { screen } = turn;
  if (screen.type !== 'chat') return;
  const gone = conversationOf(turn.model, screen.with).detached ? { messages: [], loaded: 'no' as const, detached: false } : {};
  turn.conversation(screen.with, { unreadKey: null, unreadCount: 0, readKey: null, anchor: null, newBelow: 0, selected: null, ...gone });
}

/** A page of history has come: the newest, or one further back. */
export function takeHistory(turn: Turn, name: string, page: { readonly messages: readonly ChatMessage[]; readonly more: boolean }, older: boolean): void {
  const conversation = conversationOf(turn.model, name);
  if (older) {
    turn.conversation(name, { messages: merge(page.messages, conversation.messages), more: page.more, askedOlder: false });
    return;
  }
  const oldest = page.messages[0]?.key ?? '';
  // Without overlap there may be a gap between what is held and the page: then only the page is kept.
  const overlaps = conversation.messages.some((message) => message.key >= oldest);
  const messages = overlaps && page.more ? merge(conversation.messages, page.messages) : page.messages;
  const more = overlaps && page.more && (conversation.messages[0]?.key ?? '') < oldest ? conversation.more : page.more;
  turn.conversation(name, { messages, more, loaded: 'yes', askedOlder: false, detached: false });
  askDraft(turn, name);
  if (turn.screen.type === 'chat' && turn.screen.with === name) {
    // Where somebody reads already, the view stays.
    if (conversation.unreadKey === null && conversation.unreadCount > 0) {
      // What came while the page was awaited is in it, and unread like the rest.
      turn.conversation(name, { unreadCount: unreadOf(turn.model, name) });
      beginAtUnread(turn, name);
    }
    markRead(turn, name);
  }
}

/** Both lists in order of key; of a message that is in both, the second list's wins. */
function merge(first: readonly ChatMessage[], second: readonly ChatMessage[]): readonly ChatMessage[] {
  const byKey = new Map([...first, ...second].map((message) => [message.key, message]));
  return [...byKey.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** A message that was sent or received just now. */
export function addMessage(turn: Turn, message: ChatMessage): void {
  const name = message.with;
  const conversation = conversationOf(turn.model, name);
  if (conversation.messages.some((each) => each.id === message.id)) {
    changeMessage(turn, name, message.id, message);
  } else if (conversation.detached) {
    turn.conversation(name, { newBelow: conversation.newBelow + (message.fromMe ? 0 : 1) });
  } else if (conversation.loaded !== 'no') {
    const messages = merge(conversation.messages, [message]);
    const kept = conversation.anchor === null ? messages.slice(-MESSAGES_MAX) : messages;
    const scrolled = conversation.anchor !== null && !message.fromMe;
    turn.conversation(name, { messages: kept, newBelow: conversation.newBelow + (scrolled ? 1 : 0), more: conversation.more || kept.length < messages.length });
  }
  if (isRoomKey(name)) noteInRooms(turn, message);
  else noteInChats(turn, message);
}

function noteInRooms(turn: Turn, message: ChatMessage): void {
  const id = roomIdOf(message.with);
  const last = { lastText: message.text, lastFrom: message.room?.from ?? '', lastMillis: message.sentMillis };
  turn.set({ rooms: turn.model.rooms.map((room) => (room.roomId === id ? { ...room, ...last } : room)) });
}

function noteInChats(turn: Turn, message: ChatMessage): void {
  const { chats, friends } = turn.model;
  const old = chats.find((chat) => chat.with === message.with);
  const userId = old?.userId ?? friends.find((friend) => friend.name === message.with)?.userId ?? (message.with as ChatView['userId']);
  const chat: ChatView = {
    with: message.with,
    userId,
    unread: old?.unread ?? 0,
    mentions: old?.mentions ?? 0,
    muted: old?.muted ?? false,
    lastText: message.text,
    lastMillis: message.sentMillis,
    lastFromMe: message.fromMe,
  };
  turn.set({ chats: [chat, ...chats.filter((each) => each.with !== message.with)] });
}

export function changeMessage(turn: Turn, name: string, id: string, patch: Partial<ChatMessage>): void {
  const { messages } = conversationOf(turn.model, name);
  if (!messages.some((message) => message.id === id)) return;
  const { text } = patch;
  const changed = (message: ChatMessage): ChatMessage => {
    if (message.id === id) return { ...message, ...patch };
    // Answers quote it: what was edited or deleted must not live on there.
    const quotes = text !== undefined && message.replyTo?.id === id && message.replyTo.text !== text;
    return quotes && message.replyTo !== null ? { ...message, replyTo: { ...message.replyTo, text } } : message;
  };
  turn.conversation(name, { messages: messages.map(changed) });
}

export type Scroll = { readonly pages: number } | { readonly rows: number } | 'top' | 'bottom';

/** Moves the view; at the very top it asks the node for what lies further back. */
export function scrollChat(turn: Turn, name: string, scroll: Scroll): void {
  const { bodyColumns: columns, bodyRows: height } = layoutOf(turn.model);
  const before = chatWindow(turn.model, name, columns, height);
  if (scroll === 'bottom') {
    turn.conversation(name, { anchor: null, newBelow: 0 });
  } else {
    const first = conversationOf(turn.model, name).messages[0];
    const rows = scroll === 'top' ? 0 : 'rows' in scroll ? scroll.rows : scroll.pages * Math.max(1, height - 2);
    const next = scroll === 'top' ? first && { key: first.key, row: 0 } : moveAnchor(turn.model, name, { columns, height }, rows);
    const anchor = next ?? null;
    turn.conversation(name, anchor === null ? { anchor: null, newBelow: 0 } : { anchor });
  }
  markRead(turn, name);
  countBelow(turn, name);
  const upwards = scroll === 'top' || (typeof scroll === 'object' && ('rows' in scroll ? scroll.rows : scroll.pages) < 0);
  if (upwards && before.atTop) loadOlder(turn, name, conversationOf(turn.model, name));
}

function loadOlder(turn: Turn, name: string, conversation: Conversation): void {
  const oldest = conversation.messages[0];
  if (!conversation.more || conversation.askedOlder || oldest === undefined || turn.model.connection !== 'up') return;
  turn.conversation(name, { askedOlder: true, anchor: { key: oldest.key, row: 0 } });
  const { command, args } = historyCall(name, { limit: HISTORY_PAGE, before: oldest.key });
  turn.call(command, args, 'older');
}

/** The conversation that wants to be read next: those that name me first, then the one that waits longest. Muted ones wait until they name me. */
export function nextUnread(model: Model, current: string | null): string | null {
  const names = (chat: ChatView) => new RegExp(`(^|\\W)@?${model.user.replace(/[.\\-]/g, '\\$&')}(\\W|$)`, 'iu').test(chat.lastText);
  const friends = model.chats
    .filter((chat) => chat.unread > 0 && (!chat.muted || chat.mentions > 0))
    .map((chat) => ({ name: chat.with, named: chat.mentions > 0 || names(chat), atMillis: chat.lastMillis }));
  const rooms = model.rooms
    .filter((room) => room.unread > 0 && ((!room.muted && !room.archived) || room.mentions > 0))
    .map((room) => ({ name: roomKey(room.roomId), named: room.mentions > 0, atMillis: room.lastMillis }));
  const waiting = [...friends, ...rooms].filter((each) => each.name !== current);
  return waiting.sort((left, right) => Number(right.named) - Number(left.named) || left.atMillis - right.atMillis)[0]?.name ?? null;
}

/** How many of my messages wait for somebody; with `held`, only those that others keep. */
export function waitingFor(model: Model, name: string, which: 'all' | 'held' = 'all'): number {
  const waits = (message: ChatMessage): boolean => message.state === 'held' || (which === 'all' && message.state === 'queued');
  return conversationOf(model, name).messages.filter((message) => message.fromMe && waits(message)).length;
}

export function preview(text: string): string {
  return sanitiseLine(text.slice(0, 300));
}
