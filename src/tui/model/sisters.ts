import { type CommandEntry, commandEntry } from '../../control/registry.ts';
import type { CommandName } from '../../core/commands.ts';
import type { Model, Screen } from './model.ts';
import { conversationOf, screenOf } from './model.ts';
import type { ChatMessage } from './room-chat.ts';
import { isRoomKey, roomIdOf } from './room-chat.ts';
import type { Turn } from './turn.ts';

type Args = Readonly<Record<string, unknown>>;

/** Commands that friends and rooms have alike; in rooms the same name stands after `room-`. */
export const SHARED = ['react', 'edit', 'delete-message', 'mute', 'search', 'export'] as const;
const SHARED_NAMES: ReadonlySet<string> = new Set(SHARED);

/** What a shared command is called in rooms. */
export function roomSister(entry: CommandEntry): CommandEntry | undefined {
  return SHARED_NAMES.has(entry.name) ? commandEntry(`room-${entry.name}`) : undefined;
}

/** Which of the two sisters is meant: that of the present conversation, else that of whom the first word names. */
export function meantEntry(model: Model, entry: CommandEntry, tail: string): CommandEntry {
  const sister = roomSister(entry);
  if (sister === undefined) return entry;
  const screen = screenOf(model);
  if (screen.type === 'chat') return isRoomKey(screen.with) ? sister : entry;
  const name = (/^"([^"]+)"/u.exec(tail)?.[1] ?? /^\S+/u.exec(tail)?.[0] ?? '').toLowerCase();
  const isFriend = model.friends.some((friend) => friend.name === name.replace(/^@/, '')) || model.chats.some((chat) => chat.with === name);
  const isRoom = model.rooms.some((room) => room.room.toLowerCase() === name || room.roomId.startsWith(name));
  return name !== '' && !isFriend && isRoom ? sister : entry;
}

/** Commands that mean the present conversation with a friend when nobody is named; none of them takes anything away. */
export const MEANS_THIS_CHAT: ReadonlySet<string> = new Set(['history', 'read', 'user'] satisfies CommandName[]);
/** Inside a room its commands mean it; these name one all the same. */
const NAMES_A_ROOM: ReadonlySet<string> = new Set(['room-join', 'room-send']);

/** The arguments that the present conversation stands for; null where the command does not mean it. */
export function impliedConversation(screen: Screen, entry: CommandEntry): Args | null {
  if (screen.type !== 'chat') return null;
  if (isRoomKey(screen.with)) return entry.positional[0] === 'room' && !NAMES_A_ROOM.has(entry.name) ? { room: roomIdOf(screen.with) } : null;
  return SHARED_NAMES.has(entry.name) ? { with: screen.with } : null;
}

/** `The garden hello`: where a room of that name is known its blanks need no quotes; the longest name that fits is meant. */
export function quoteRoom(model: Model, entry: CommandEntry, tail: string): string {
  const [first, second] = entry.positional;
  if (second === undefined || entry.complete?.[first ?? ''] !== 'room') return tail;
  const typed = `${tail.toLowerCase()} `;
  const fitting = model.rooms.map(({ room }) => room).filter((room) => /\s/u.test(room) && typed.startsWith(`${room.toLowerCase()} `));
  const [longest = ''] = fitting.sort((left, right) => right.length - left.length);
  return longest === '' ? tail : `"${longest}"${tail.slice(longest.length)}`;
}

/** What is left to type where the conversation is implied: the other places, or what may be switched. */
export function placesLeft(entry: CommandEntry): readonly string[] {
  const left = entry.positional.slice(1);
  if (left.length > 0) return left;
  return Object.keys(entry.args).filter((name) => entry.args[name]?.kind === 'optional' && (name === 'muted' || name === 'archived'));
}

/** Commands that change one's own words. */
const OWN_MESSAGES: ReadonlySet<string> = new Set(['room-edit', 'edit', 'delete-message']);
const NAMED = /^\^(\d{0,3})$/u;

function candidates(model: Model, command: string): readonly ChatMessage[] {
  const screen = screenOf(model);
  if (screen.type !== 'chat') return [];
  return conversationOf(model, screen.with).messages.filter(
    (message) => (message.room === undefined || message.room.kind === 'message') && !message.deleted && (message.fromMe || !OWN_MESSAGES.has(command)),
  );
}

/** `^` stands for the last message of the present conversation (of one's own, where only those can be meant), `^3` for the third last. */
export function messageNamed(turn: Turn, command: string, given: unknown): unknown {
  const match = typeof given === 'string' ? NAMED.exec(given) : null;
  if (match === null) return given;
  return candidates(turn.model, command).at(-Number(match[1] === '' ? 1 : match[1]))?.id ?? given;
}

/** `^3` where there are only two. */
export function namesNothing(turn: Turn, command: string, given: unknown): boolean {
  return typeof given === 'string' && NAMED.test(given) && messageNamed(turn, command, given) === given;
}

/** The first word says which message is meant: `^`, `^3`, or the beginning of an id. */
export function namesMessage(model: Model, tail: string): boolean {
  const word = /^\S+/u.exec(tail)?.[0] ?? '';
  const screen = screenOf(model);
  if (NAMED.test(word)) return true;
  return word.length >= 8 && screen.type === 'chat' && conversationOf(model, screen.with).messages.some((message) => message.id.startsWith(word));
}

/** The message that a command means when none is named: the selected one, else the last that it can be about. */
export function messageMeant(model: Model, command: string): ChatMessage | null {
  const screen = screenOf(model);
  if (screen.type !== 'chat') return null;
  const possible = candidates(model, command);
  const { selected } = conversationOf(model, screen.with);
  const chosen = selected === null ? undefined : possible.find((message) => message.id === selected);
  if (chosen !== undefined || selected !== null) return chosen ?? null;
  const about =
    OWN_MESSAGES.has(command) || command === 'room-delete-message'
      ? possible.filter((message) => message.fromMe)
      : possible.filter((message) => !message.fromMe);
  return (about.length > 0 ? about : possible).at(-1) ?? null;
}
