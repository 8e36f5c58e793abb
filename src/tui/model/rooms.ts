import type { NodeEvent } from '../../core/commands.ts';
import type { RoomMessageView, RoomsView, RoomView } from '../../core/rooms/room-commands.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { count, tickWord } from '../text/words.ts';
import { addMessage, changeMessage, loadHistory, openChat, preview } from './chat.ts';
import { conversationOf, type Model } from './model.ts';
import { type ChatMessage, conversationTitle, messageOfRoom, roomIdOf, roomKey, roomOf } from './room-chat.ts';
import { hasArrived, sayChange, shortText } from './spoken-changes.ts';
import type { Turn } from './turn.ts';
import { markRead, setUnread } from './unread.ts';

type RoomEvent = Extract<NodeEvent, { readonly type: `room-${string}` }>;

/** A row of the page of rooms: own ones, then invitations, then others that one may join. */
export interface RoomRow {
  readonly roomId: string;
  readonly room: string;
  readonly kind: 'own' | 'invitation' | 'other';
  /** What the room is joined by. */
  readonly link: string;
  readonly locked: boolean;
}

export function roomRows(model: Model): readonly RoomRow[] {
  const own = model.rooms.map((room): RoomRow => ({ roomId: room.roomId, room: room.room, kind: 'own', link: room.link, locked: false }));
  const invitations = model.invitations.map((each): RoomRow => ({ roomId: each.roomId, room: each.room, kind: 'invitation', link: each.link, locked: false }));
  const others = model.otherRooms.map(
    (each): RoomRow => ({ roomId: each.roomId, room: each.room, kind: 'other', link: each.link, locked: each.policy === 'password' }),
  );
  return [...own, ...invitations, ...others];
}

export function takeRooms(turn: Turn, view: RoomsView): void {
  turn.set({ rooms: [...view.rooms].sort((left, right) => right.lastMillis - left.lastMillis), invitations: view.invitations, otherRooms: view.others });
}

export function takeRoom(turn: Turn, view: RoomView): void {
  const others = turn.model.rooms.filter((room) => room.roomId !== view.roomId);
  turn.set({ rooms: [view, ...others], invitations: turn.model.invitations.filter((each) => each.roomId !== view.roomId) });
}

/** A room was chosen: one's own is opened, another one is joined. */
export function enterRoom(turn: Turn, name: string): void {
  const row = roomRows(turn.model).find((each) => each.roomId === roomIdOf(name));
  if (row === undefined || row.kind === 'own') openChat(turn, name);
  else if (row.locked) turn.push({ type: 'ask', command: 'room-join', args: { room: row.link }, fields: ['password'], again: null });
  else turn.call('room-join', { room: row.link }, 'do');
}

/** What the node tells of rooms. */
export function takeRoomEvent(turn: Turn, event: RoomEvent): void {
  switch (event.type) {
    case 'room-joined':
      takeRoom(turn, event.room);
      // Who has just made it hears that it is made.
      if (event.room.members > 1) turn.notice('info', `You are in ${sanitiseLine(event.room.room)} now, with ${count(event.room.members - 1, 'other')}.`);
      return;
    case 'room-left':
      left(turn, event);
      return;
    case 'room-invited':
      turn.notice('info', `${event.from} invites you into ${sanitiseLine(event.room)}: /rooms shows it.`);
      turn.call('rooms', {}, 'refresh');
      return;
    case 'room-changed':
      takeRoom(turn, event.room);
      return;
    case 'room-message':
      message(turn, event.message);
      return;
    case 'room-message-changed':
      changed(turn, messageOfRoom(event.message));
      return;
    case 'room-typing':
      typing(turn, roomKey(event.roomId), event.user, event.typing);
      return;
    case 'room-seen':
      seen(turn, event);
      return;
    case 'room-gap':
      gap(turn, event);
      return;
  }
}

/** A line was edited, deleted, reacted to, opened, or somebody has it now. */
function changed(turn: Turn, message: ChatMessage): void {
  const name = message.with;
  const before = conversationOf(turn.model, name).messages.find((each) => each.id === message.id);
  changeMessage(turn, name, message.id, message);
  sayChange(turn, name, before, message);
  const isFirst = before !== undefined && before.state !== message.state && message.fromMe;
  if (!turn.model.lineMode || !isFirst) return;
  const where = sanitiseLine(conversationTitle(turn.model, name));
  if (hasArrived(before.state, message.state)) turn.notice('info', `${where}: ${tickWord(message.state)} (${shortText(turn, name, message.id)})`);
  else if (message.state === 'held') turn.notice('info', `${where}: nobody else is here; held for the others (${shortText(turn, name, message.id)})`);
}

function left(turn: Turn, event: Extract<RoomEvent, { type: 'room-left' }>): void {
  const name = sanitiseLine(event.room);
  const words = { left: `You have left ${name}.`, removed: `You were removed from ${name}; what you have read stays.`, refused: `${name} did not let you in.` };
  turn.notice(event.reason === 'left' ? 'info' : 'warning', words[event.reason]);
  turn.call('rooms', {}, 'refresh');
}

function message(turn: Turn, view: RoomMessageView): void {
  const name = roomKey(view.roomId);
  typing(turn, name, view.from, false);
  addMessage(turn, messageOfRoom(view));
  if (view.fromMe || view.kind !== 'message') return;
  setUnread(turn, name, (unread) => unread + 1);
  if (view.mentionsMe) turn.set({ rooms: turn.model.rooms.map((room) => (room.roomId === view.roomId ? { ...room, mentions: room.mentions + 1 } : room)) });
  const quiet = !view.mentionsMe && (roomOf(turn.model, name)?.muted === true || roomOf(turn.model, name)?.archived === true);
  if (!quiet && turn.model.settings?.bell === true) turn.effects.push({ type: 'bell' });
  const { screen } = turn;
  if (screen.type === 'chat' && screen.with === name) markRead(turn, name);
  else if (!quiet) turn.notice('info', `${sanitiseLine(view.room)} · ${view.from}${view.mentionsMe ? ' to you' : ''}: ${preview(view.text)}`);
}

/** Somebody types in a conversation, or has stopped. */
export function typing(turn: Turn, name: string, user: string, on: boolean): void {
  const { [user]: before, ...others } = turn.model.typing[name] ?? {};
  if (!on && before === undefined) return;
  turn.set({ typing: { ...turn.model.typing, [name]: on ? { ...others, [user]: turn.model.nowMillis } : others } });
}

/** A member has read up to a line: all of ours up to it were seen. */
function seen(turn: Turn, event: Extract<RoomEvent, { type: 'room-seen' }>): void {
  const name = roomKey(event.roomId);
  const { messages } = conversationOf(turn.model, name);
  const news = (message: ChatMessage): boolean =>
    message.fromMe && message.key <= event.upTo && message.room?.kind === 'message' && !message.room.seenBy.includes(event.user);
  if (!messages.some(news)) return;
  const marked = (message: ChatMessage): ChatMessage =>
    message.room !== undefined && news(message) ? { ...message, room: { ...message.room, seenBy: [...message.room.seenBy, event.user].sort() } } : message;
  turn.conversation(name, { messages: messages.map(marked) });
}

function gap(turn: Turn, event: Extract<RoomEvent, { type: 'room-gap' }>): void {
  const name = sanitiseLine(event.room);
  if (event.missing === 0) {
    turn.notice('info', `Nothing is missing in ${name} any more.`);
    if (conversationOf(turn.model, roomKey(event.roomId)).loaded !== 'no') loadHistory(turn, roomKey(event.roomId));
  } else {
    turn.notice(
      'info',
      `${name}: ${count(event.missing, 'message')} that others answer to ${event.missing === 1 ? 'has' : 'have'} not come yet; members are asked.`,
    );
  }
}
