import { chatWindow, lastInView, moveAnchor } from '../render/chat-rows.ts';
import { layoutOf } from './layout.ts';
import { conversationOf, type Model } from './model.ts';
import { type ChatMessage, isRoomKey, readCall, roomIdOf, roomOf } from './room-chat.ts';
import type { Turn } from './turn.ts';

/** Rows of what was read before that stay in view above the unread line, as far as there are any. */
const CONTEXT_ROWS = 2;

export function unreadOf(model: Model, name: string): number {
  if (isRoomKey(name)) return roomOf(model, name)?.unread ?? 0;
  return model.chats.find((chat) => chat.with === name)?.unread ?? model.friends.find((friend) => friend.name === name)?.unread ?? 0;
}

export function setUnread(turn: Turn, name: string, next: (unread: number) => number): void {
  const { chats, friends, rooms } = turn.model;
  const counted = <Row extends { readonly unread: number; readonly mentions: number }>(row: Row): Row => {
    const unread = next(row.unread);
    return { ...row, unread, mentions: Math.min(unread, row.mentions) };
  };
  if (isRoomKey(name)) {
    const id = roomIdOf(name);
    turn.set({ rooms: rooms.map((room) => (room.roomId === id ? counted(room) : room)) });
    return;
  }
  turn.set({
    chats: chats.map((chat) => (chat.with === name ? counted(chat) : chat)),
    friends: friends.map((friend) => (friend.name === name ? { ...friend, unread: next(friend.unread) } : friend)),
  });
}

/** What counts as unread until it was seen: words of others, not what happened in a room, nor what nobody can read yet. */
function isTheirs({ fromMe, room }: ChatMessage): boolean {
  return !fromMe && (room === undefined || (room.kind === 'message' && !room.sealed));
}

/** Finds the first of the unread messages, now that the messages are here, and begins the view there. */
export function beginAtUnread(turn: Turn, name: string): void {
  const { messages, unreadCount } = conversationOf(turn.model, name);
  if (unreadCount === 0) return;
  const theirs = messages.filter(isTheirs);
  const first = theirs[Math.max(0, theirs.length - unreadCount)];
  if (first === undefined) return;
  turn.conversation(name, { unreadKey: first.key });
  // Line mode says all of them.
  if (turn.model.lineMode) return;
  const { bodyColumns: columns, bodyRows: height } = layoutOf(turn.model);
  turn.conversation(name, { anchor: { key: first.key, row: 0 } });
  if (chatWindow(turn.model, name, columns, height).atBottom) {
    turn.conversation(name, { anchor: null });
    return;
  }
  const above = moveAnchor(turn.model, name, { columns, height }, -Math.min(CONTEXT_ROWS, Math.floor(height / 4)));
  turn.conversation(name, { anchor: above, newBelow: 0 });
  countBelow(turn, name);
}

/** How many messages of others are further down than the view. */
export function countBelow(turn: Turn, name: string): void {
  const { messages, anchor, detached } = conversationOf(turn.model, name);
  if (anchor === null || detached) return;
  const last = lastShown(turn.model, name);
  const unread = unreadOf(turn.model, name);
  const below = messages.filter((message) => isTheirs(message) && message.key > (last?.key ?? '')).length;
  turn.conversation(name, { newBelow: Math.min(below, unread) });
}

function lastShown(model: Model, name: string): ChatMessage | null {
  const { bodyColumns: columns, bodyRows: height } = layoutOf(model);
  return lastInView(model, name, { columns, height });
}

/** Tells the node what was seen, as far as it counts some of that as unread: all where the newest is on the screen, else down to the last row. */
export function markRead(turn: Turn, name: string): void {
  if (turn.screen.type !== 'chat' || turn.screen.with !== name) return;
  if (unreadOf(turn.model, name) === 0 || turn.model.connection !== 'up') return;
  const { anchor, unreadKey, readKey, messages, loaded, detached } = conversationOf(turn.model, name);
  // The newest are not on the screen while they are awaited, nor below what lies around a message that was found.
  if (loaded !== 'yes' || detached) return;
  if (anchor === null) {
    setUnread(turn, name, () => 0);
    const { command, args } = readCall(name);
    turn.call(command, args, 'refresh');
    return;
  }
  const last = lastShown(turn.model, name);
  if (last === null || unreadKey === null || last.key < unreadKey || last.key <= (readKey ?? '')) return;
  const below = messages.filter((message) => isTheirs(message) && message.key > last.key).length;
  turn.conversation(name, { readKey: last.key });
  setUnread(turn, name, (unread) => Math.min(unread, below));
  const { command, args } = readCall(name);
  turn.call(command, { ...args, upTo: last.id }, 'refresh');
}
