import { commandEntry } from '../../control/registry.ts';
import type { ChatView, CommandName, FriendView, NodeInfo, Settings, UserView } from '../../core/commands.ts';
import type { FileView } from '../../core/files/file-commands.ts';
import { CORE_OPTIONS } from '../../core/options.ts';
import type { RoomsView, RoomView } from '../../core/rooms/room-commands.ts';
import { type Editor, EMPTY_EDITOR } from '../input/editor.ts';
import { EMPTY_HISTORY, type History } from '../input/history.ts';
import type { Completion } from './complete.ts';
import type { ChatMessage } from './room-chat.ts';

/** Everything that the terminal knows and shows. A value: `update` makes the next one. */
export interface Model {
  /** Whose terminal this is. */
  readonly user: string;
  /** No screen to redraw: lines only, so nothing may hang on keys. */
  readonly lineMode: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly nowMillis: number;
  readonly connection: 'connecting' | 'up' | 'down';
  readonly info: NodeInfo | null;
  /** Links have come or gone since `info` was asked for. */
  readonly infoStale: boolean;
  readonly settings: Settings | null;
  readonly friends: readonly FriendView[];
  readonly requests: Requests;
  readonly chats: readonly ChatView[];
  readonly users: readonly UserView[];
  readonly rooms: readonly RoomView[];
  /** People whose key has changed and whom nobody has trusted again: said in the title of every screen. */
  readonly keyWarnings: readonly string[];
  readonly invitations: RoomsView['invitations'];
  /** Rooms that one may join. */
  readonly otherRooms: RoomsView['others'];
  /** Files that the node has told of, newest first. */
  readonly files: readonly FileView[];
  /** Paths that the node has found, and what they begin with as it was typed. */
  readonly paths: { readonly of: string; readonly found: readonly string[] };
  /** Who was typing in a conversation, and when that was said last. */
  readonly typing: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Friends by name, rooms by `#` and their id. */
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** From the menu at the bottom to what is shown; never empty. */
  readonly screens: readonly Screen[];
  /** Input of every screen that is no chat; chats keep theirs in `conversations`. */
  readonly editor: Editor;
  readonly history: History;
  readonly completion: Completion | null;
  readonly notices: readonly Notice[];
  /** Number of the last notice; line mode prints what it has not printed. */
  readonly noticeCount: number;
  /** Notices up to this number were seen and are no longer shown. */
  readonly dismissed: number;
  /** Grows when a view is to be shown anew; line mode prints it then. */
  readonly viewCount: number;
  /** Calls on their way. */
  readonly pending: number;
  /** First row of a long view, for scrolling in it. */
  readonly viewTop: number;
  /** Ctrl-C was pressed on an empty line once. */
  readonly leaving: boolean;
  /** When a digit chose by itself, while no other key has come since. */
  readonly chosenAtMillis: number | null;
  /** Where to go back to after a log-in that the node's restart made necessary. */
  readonly resume: readonly Screen[] | null;
  /** A paste that waits for a yes. */
  readonly heldPaste: string | null;
}

export interface Requests {
  readonly incoming: readonly string[];
  readonly outgoing: readonly string[];
  readonly blocked: readonly string[];
}

export interface Conversation {
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
  readonly loaded: 'no' | 'asked' | 'yes';
  /** Older ones lie at the node. */
  readonly more: boolean;
  readonly askedOlder: boolean;
  /** Key of the first message that was unread when the conversation was opened; the line is drawn above it. */
  readonly unreadKey: string | null;
  /** Key of the last message that the node was told to be read in this visit, where that was not all. */
  readonly readKey: string | null;
  /** Unread messages when it was opened, until the history tells which they are. */
  readonly unreadCount: number;
  /** What the top row shows, or null for the newest at the bottom. */
  readonly anchor: Anchor | null;
  /** Messages that came while somebody looked at older ones. */
  readonly newBelow: number;
  /** Id of the message that keys have selected: what is written answers it, what is done is done to it. */
  readonly selected: string | null;
  /** The messages held are those around a message that was looked for; newer ones lie at the node. */
  readonly detached: boolean;
  readonly draft: Editor;
  /** The draft as the node has it; null until it was asked. */
  readonly keptDraft: string | null;
}

/** A message and a row of its block: where the view begins. */
export interface Anchor {
  readonly key: string;
  readonly row: number;
}

export type Screen =
  | { readonly type: 'start' }
  | { readonly type: 'menu' }
  /** What a command answered, kept fresh where events allow. */
  | { readonly type: 'view'; readonly command: CommandName; readonly args: Readonly<Record<string, unknown>>; readonly value: unknown }
  | { readonly type: 'settings' }
  /** A friend request, to be answered. */
  | { readonly type: 'request'; readonly from: string }
  /** Friends to choose a conversation from. */
  | { readonly type: 'choose-chat' }
  | { readonly type: 'chat'; readonly with: string }
  | Ask
  | { readonly type: 'confirm'; readonly question: string; readonly command: CommandName; readonly args: Readonly<Record<string, unknown>> }
  | { readonly type: 'help'; readonly topic: Screen['type'] };

/** Asks for one argument of a command after another. */
export interface Ask {
  readonly type: 'ask';
  readonly command: CommandName;
  readonly args: Readonly<Record<string, unknown>>;
  /** The one that is asked for now, and those after it. */
  readonly fields: readonly string[];
  /** A new password is typed twice; the first lies here meanwhile. */
  readonly again: string | null;
}

export interface Notice {
  readonly number: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly atMillis: number;
}

export const NOTICE_MILLIS = 12_000;
export const NOTICES_MAX = 50;
export const MESSAGES_MAX = 5_000;
export const HISTORY_PAGE = 100;
/** No page that the node gives is longer. */
export const HISTORY_PAGE_MAX = CORE_OPTIONS.historyPageMax;

export const EMPTY_CONVERSATION: Conversation = {
  messages: [],
  loaded: 'no',
  more: false,
  askedOlder: false,
  unreadKey: null,
  readKey: null,
  unreadCount: 0,
  anchor: null,
  newBelow: 0,
  selected: null,
  detached: false,
  draft: EMPTY_EDITOR,
  keptDraft: null,
};

export function startModel(start: {
  readonly user: string;
  readonly columns: number;
  readonly rows: number;
  readonly nowMillis: number;
  readonly lineMode: boolean;
}): Model {
  return {
    ...start,
    connection: 'connecting',
    info: null,
    infoStale: false,
    settings: null,
    friends: [],
    requests: { incoming: [], outgoing: [], blocked: [] },
    chats: [],
    users: [],
    rooms: [],
    keyWarnings: [],
    invitations: [],
    otherRooms: [],
    files: [],
    paths: { of: '', found: [] },
    typing: {},
    conversations: {},
    screens: [{ type: 'start' }],
    editor: EMPTY_EDITOR,
    history: EMPTY_HISTORY,
    completion: null,
    notices: [],
    noticeCount: 0,
    dismissed: 0,
    viewCount: 0,
    pending: 0,
    viewTop: 0,
    leaving: false,
    chosenAtMillis: null,
    resume: null,
    heldPaste: null,
  };
}

export function screenOf(model: Model): Screen {
  return model.screens.at(-1) ?? { type: 'start' };
}

export function conversationOf(model: Model, name: string): Conversation {
  return model.conversations[name] ?? EMPTY_CONVERSATION;
}

/** The input that is being typed in. */
export function editorOfModel(model: Model): Editor {
  const screen = screenOf(model);
  return screen.type === 'chat' ? conversationOf(model, screen.with).draft : model.editor;
}

/** What is typed must not be seen: the screen asks for a secret. */
export function isMasked(model: Model): boolean {
  const screen = screenOf(model);
  return screen.type === 'ask' && isSecretField(screen);
}

export function isSecretField(ask: Ask): boolean {
  const field = ask.fields[0];
  const entry = commandEntry(ask.command);
  return field !== undefined && (entry?.secret ?? []).includes(field) && !(entry?.shownWhileTyped ?? []).includes(field);
}

/** The latest notice while it is fresh. */
export function currentNotice(model: Model): Notice | null {
  const last = model.notices.at(-1);
  return last !== undefined && last.number > model.dismissed && model.nowMillis - last.atMillis < NOTICE_MILLIS ? last : null;
}

export function totalUnread(model: Model): number {
  const inRooms = model.rooms.reduce((sum, room) => sum + (room.muted || room.archived ? room.mentions : room.unread), 0);
  return model.chats.reduce((sum, chat) => sum + (chat.muted ? chat.mentions : chat.unread), inRooms);
}

export function userIdOf(model: Model, name: string): string {
  if (name === model.user) return model.info?.userId ?? name;
  return (
    (model.friends.find((each) => each.name === name) ?? model.chats.find((each) => each.with === name) ?? model.users.find((each) => each.name === name))
      ?.userId ?? name
  );
}
