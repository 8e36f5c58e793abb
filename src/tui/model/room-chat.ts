import type { CommandName, MessageView } from '../../core/commands.ts';
import type { RoomMemberView, RoomMessageView, RoomView } from '../../core/rooms/room-commands.ts';
import type { Model } from './model.ts';

/**
 * Rooms are conversations like those with friends. Their key begins with a sign that no name can hold, so one table, one
 * history and one input serve both; where the node is asked in other words, the words are chosen here.
 */
export const ROOM_SIGN = '#';

/** A line of a conversation; `room` is what only lines of rooms have. */
export interface ChatMessage extends MessageView {
  readonly room?: RoomMessageView;
}

type Args = Readonly<Record<string, unknown>>;

export function roomKey(roomId: string): string {
  return ROOM_SIGN + roomId;
}

export function isRoomKey(name: string): boolean {
  return name.startsWith(ROOM_SIGN);
}

export function roomIdOf(name: string): string {
  return name.slice(ROOM_SIGN.length);
}

export function roomOf(model: Model, name: string): RoomView | undefined {
  return isRoomKey(name) ? model.rooms.find((room) => room.roomId === roomIdOf(name)) : undefined;
}

/** What people call the conversation; also of a room that one has left, as long as it is heard of. */
export function conversationTitle(model: Model, name: string): string {
  if (!isRoomKey(name)) return name;
  const known = [...model.rooms, ...model.otherRooms, ...model.invitations].find((room) => room.roomId === roomIdOf(name));
  return known?.room ?? 'a room';
}

export function messageOfRoom(view: RoomMessageView): ChatMessage {
  const { key, id, fromMe, text, sentMillis, state, replyTo, mentionsMe, reactions, edited, deleted, changing } = view;
  const common = { key, id: id as MessageView['id'], with: roomKey(view.roomId), fromMe, text, sentMillis, state };
  const extras = { replyTo, mentionsMe, reactions, edited, deleted, changing, ...(view.file === undefined ? {} : { file: view.file }) };
  return { ...common, ...extras, receivedMillis: fromMe ? null : sentMillis, receipts: [], room: view };
}

/** What a search has found, in a room or in a chat. */
export function foundMessages(value: unknown): readonly ChatMessage[] {
  const { messages } = value as { readonly messages: ReadonlyArray<RoomMessageView | MessageView> };
  return messages.map((message) => ('roomId' in message ? messageOfRoom(message) : message));
}

/** Whose words these are. */
export function authorOf(message: ChatMessage): string {
  return message.room?.from ?? message.with;
}

export function historyCall(name: string, page: { readonly limit: number; readonly before?: string }): { readonly command: CommandName; readonly args: Args } {
  return isRoomKey(name) ? { command: 'room-history', args: { room: roomIdOf(name), ...page } } : { command: 'history', args: { with: name, ...page } };
}

export function readCall(name: string): { readonly command: CommandName; readonly args: Args } {
  return isRoomKey(name) ? { command: 'room-read', args: { room: roomIdOf(name) } } : { command: 'read', args: { with: name } };
}

export function draftCall(name: string, text?: string): { readonly command: CommandName; readonly args: Args } {
  const rest = text === undefined ? {} : { text };
  return isRoomKey(name) ? { command: 'room-draft', args: { room: roomIdOf(name), ...rest } } : { command: 'draft', args: { with: name, ...rest } };
}

/** Members who are named by `@name` are told so. */
export function sendCall(name: string, text: string, replyTo?: string | null): { readonly command: CommandName; readonly args: Args } {
  const answers = replyTo === undefined || replyTo === null ? {} : { replyTo };
  if (!isRoomKey(name)) return { command: 'send', args: { to: name, text, ...answers } };
  const mentions = [...new Set([...text.matchAll(/(?:^|[\s(])@([a-z0-9][a-z0-9._-]{0,31})/giu)].map((match) => (match[1] ?? '').toLowerCase()))];
  return { command: 'room-send', args: { room: roomIdOf(name), text, ...answers, ...(mentions.length === 0 ? {} : { mentions: mentions.slice(0, 64) }) } };
}

/** The conversation that a call of one of the above is about, or null. */
export function conversationOfCall(args: Args): string | null {
  const { room, to, with: friend } = args;
  if (typeof room === 'string') return roomKey(room);
  const name = to ?? friend;
  return typeof name === 'string' ? name : null;
}

/** How long somebody is shown as typing without saying it again, ms. */
export const TYPING_MILLIS = 6_000;

export function typingIn(model: Model, name: string): readonly string[] {
  const entries = Object.entries(model.typing[name] ?? {});
  return entries.filter(([, atMillis]) => model.nowMillis - atMillis < TYPING_MILLIS).map(([user]) => user);
}

export function membersHere(members: readonly RoomMemberView[]): number {
  return members.filter((member) => member.presence !== 'offline').length;
}
