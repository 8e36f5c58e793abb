import { UNASKED_MEGABYTES_MAX } from '../core/chat/preferences.ts';
import type { CommandName } from '../core/commands.ts';
import { CORE_OPTIONS } from '../core/options.ts';
import { boolean, choice, integer, optional, type Shape, text } from '../core/shape.ts';
import { ACCOUNT_REGISTRY } from './account-registry.ts';
import { CHAT_REGISTRY } from './chat-registry.ts';
import { DRIVER_REGISTRY } from './driver-registry.ts';
import { FILE_REGISTRY } from './file-registry.ts';
import { ROOM_REGISTRY } from './room-registry.ts';

/**
 * The one command registry: the numbered menus, slash commands, completion, help, scenario steps and the printed manual
 * are drawn from it. Nothing about a command is written down twice.
 */
export interface CommandEntry {
  /** What travels on the control socket. */
  readonly name: CommandName | DriverCommand;
  /** What is typed in a terminal, first the one that help shows. */
  readonly slash: readonly string[];
  /** One line, for menus and help. */
  readonly summary: string;
  readonly args: Readonly<Record<string, Shape>>;
  /** Names of arguments in the order in which they are typed; the last may hold blanks when `rest` is true. */
  readonly positional: readonly string[];
  readonly rest?: boolean;
  /** Arguments that must never be shown, logged or traced. */
  readonly secret?: readonly string[];
  /** Those of them that are seen while they are typed, because nobody types so much blindly. */
  readonly shownWhileTyped?: readonly string[];
  /** What a terminal completes an argument with. */
  readonly complete?: Readonly<Record<string, 'user' | 'friend' | 'incoming' | 'blocked' | 'presence' | 'room' | 'file' | 'path' | 'fault'>>;
  readonly when: 'always' | 'logged-in' | 'logged-out';
  readonly example: string;
  /** Place in the numbered menu, where it has one. */
  readonly menu?: { readonly order: number; readonly label: string };
}

export type DriverCommand = 'ping' | 'subscribe' | 'set-rules' | 'set-faults' | 'faults' | 'fault' | 'stop' | 'program-meet' | 'program-do';

const nothing = {};
const user = text(1, 64);
const presence = choice('online', 'away', 'busy', 'offline');

export const REGISTRY = [
  ...ACCOUNT_REGISTRY,
  {
    name: 'friends',
    slash: ['/friends'],
    summary: 'Your friends and whether they are here',
    args: nothing,
    positional: [],
    when: 'logged-in',
    example: '/friends',
    menu: { order: 1, label: 'Friends' },
  },
  {
    name: 'requests',
    slash: ['/requests'],
    summary: 'Friend requests in both directions',
    args: nothing,
    positional: [],
    when: 'logged-in',
    example: '/requests',
    menu: { order: 2, label: 'Requests' },
  },
  {
    name: 'friend-add',
    slash: ['/add'],
    summary: 'Ask somebody to be your friend',
    args: { user },
    positional: ['user'],
    complete: { user: 'user' },
    when: 'logged-in',
    example: '/add bob',
    menu: { order: 3, label: 'Add a friend' },
  },
  {
    name: 'friend-remove',
    slash: ['/remove'],
    summary: 'End a friendship, or take a request back',
    args: { user },
    positional: ['user'],
    complete: { user: 'friend' },
    when: 'logged-in',
    example: '/remove bob',
    menu: { order: 4, label: 'Remove a friend' },
  },
  {
    name: 'friend-accept',
    slash: ['/accept'],
    summary: 'Accept a friend request',
    args: { user },
    positional: ['user'],
    complete: { user: 'incoming' },
    when: 'logged-in',
    example: '/accept bob',
  },
  {
    name: 'friend-decline',
    slash: ['/decline'],
    summary: 'Decline a friend request',
    args: { user },
    positional: ['user'],
    complete: { user: 'incoming' },
    when: 'logged-in',
    example: '/decline bob',
  },
  {
    name: 'friend-busy',
    slash: ['/busy'],
    summary: 'Tell somebody who asks that you answer later; the request stays',
    args: { user },
    positional: ['user'],
    complete: { user: 'incoming' },
    when: 'logged-in',
    example: '/busy bob',
  },
  {
    name: 'verify',
    slash: ['/verify'],
    summary: 'Show the number that you and a friend compare by another way, or say what came of it',
    args: { user, answer: optional(choice('equal', 'different')) },
    positional: ['user', 'answer'],
    complete: { user: 'user' },
    when: 'logged-in',
    example: '/verify bob',
  },
  {
    name: 'trust',
    slash: ['/trust'],
    summary: "Go on with somebody's new key after a warning",
    args: { user },
    positional: ['user'],
    complete: { user: 'user' },
    when: 'logged-in',
    example: '/trust bob',
  },
  {
    name: 'block',
    slash: ['/block'],
    summary: 'Hear nothing more from somebody',
    args: { user },
    positional: ['user'],
    complete: { user: 'user' },
    when: 'logged-in',
    example: '/block mallory',
    menu: { order: 5, label: 'Block or unblock' },
  },
  {
    name: 'unblock',
    slash: ['/unblock'],
    summary: 'Take a block back',
    args: { user },
    positional: ['user'],
    complete: { user: 'blocked' },
    when: 'logged-in',
    example: '/unblock mallory',
  },
  {
    name: 'status',
    slash: ['/status'],
    summary: 'Say whether you are here, and a line with it',
    args: { presence: optional(presence), text: optional(text(0, CORE_OPTIONS.statusTextCharactersMax)) },
    positional: ['presence', 'text'],
    rest: true,
    complete: { presence: 'presence' },
    when: 'logged-in',
    example: '/status away at lunch',
    menu: { order: 6, label: 'Status' },
  },
  {
    name: 'chats',
    slash: ['/chats'],
    summary: 'Your conversations',
    args: nothing,
    positional: [],
    when: 'logged-in',
    example: '/chats',
    menu: { order: 7, label: 'Chats' },
  },
  {
    name: 'send',
    slash: ['/msg', '/send'],
    summary: 'Write to a friend',
    args: { to: user, text: text(0, 1_000_000), replyTo: optional(text(1, 64)) },
    positional: ['to', 'text'],
    rest: true,
    complete: { to: 'friend' },
    when: 'logged-in',
    example: '/msg bob see you at noon',
  },
  {
    name: 'history',
    slash: ['/history'],
    summary: 'What was written with somebody',
    args: {
      with: user,
      limit: optional(integer(1, CORE_OPTIONS.historyPageMax)),
      before: optional(text(0, 200)),
      around: optional(text(1, 64)),
    },
    positional: ['with', 'limit'],
    complete: { with: 'friend' },
    when: 'logged-in',
    example: '/history bob 20',
  },
  {
    name: 'message',
    slash: ['/ticks'],
    summary: 'Who confirmed a message, and when',
    args: { id: text(1, 64) },
    positional: ['id'],
    when: 'logged-in',
    example: '/ticks 0VbeEJnOztaEVhVNNDkeZ',
  },
  {
    name: 'why',
    slash: ['/why'],
    summary: 'The way of a message so far, and what it waits for',
    args: { id: text(1, 64) },
    positional: ['id'],
    when: 'logged-in',
    example: '/why 0VpWcKqzT4x',
  },
  {
    name: 'read',
    slash: ['/read'],
    summary: 'Mark a conversation as read',
    args: { with: user, upTo: optional(text(1, 64)) },
    positional: ['with'],
    complete: { with: 'friend' },
    when: 'logged-in',
    example: '/read bob',
  },
  {
    name: 'user',
    slash: ['/whois'],
    summary: 'Look somebody up',
    args: { user },
    positional: ['user'],
    complete: { user: 'user' },
    when: 'always',
    example: '/whois bob',
  },
  {
    name: 'users',
    slash: ['/users'],
    summary: 'Everybody this node knows, and how many are on line',
    args: nothing,
    positional: [],
    when: 'always',
    example: '/users',
  },
  {
    name: 'profile',
    slash: ['/profile'],
    summary: 'Show or change your profile',
    args: {
      displayName: optional(text(0, CORE_OPTIONS.displayNameCharactersMax)),
      about: optional(text(0, CORE_OPTIONS.aboutCharactersMax)),
    },
    positional: ['displayName'],
    rest: true,
    when: 'logged-in',
    example: '/profile Alice of the lake',
  },
  {
    name: 'draft',
    slash: [],
    summary: 'Keep a text that is not sent yet, or show the kept one',
    args: { with: user, text: optional(text(0, CORE_OPTIONS.textBytesMax)) },
    positional: ['with', 'text'],
    rest: true,
    when: 'logged-in',
    example: '',
  },
  {
    name: 'settings',
    slash: ['/settings'],
    summary: 'Show or change settings',
    args: {
      readReceipts: optional(boolean),
      typing: optional(boolean),
      bell: optional(boolean),
      unaskedMegabytes: optional(integer(0, UNASKED_MEGABYTES_MAX)),
    },
    positional: [],
    when: 'logged-in',
    example: '/settings',
    menu: { order: 9, label: 'Settings' },
  },
  { name: 'info', slash: ['/info'], summary: 'This node: address, peers, sync, counters', args: nothing, positional: [], when: 'always', example: '/info' },
  { name: 'peers', slash: ['/peers'], summary: 'Nodes this one is linked with', args: nothing, positional: [], when: 'always', example: '/peers' },
  { name: 'sync', slash: ['/sync'], summary: 'Compare notes with a peer now', args: nothing, positional: [], when: 'always', example: '/sync' },
  {
    name: 'ring',
    slash: ['/ring'],
    summary: 'Your place on the ring: neighbours and fingers',
    args: nothing,
    positional: [],
    when: 'always',
    example: '/ring',
  },
  {
    name: 'lookup',
    slash: ['/lookup'],
    summary: 'The way over the ring to whoever keeps the key of a name',
    args: { name: user, recursive: optional(boolean) },
    positional: ['name'],
    complete: { name: 'user' },
    when: 'always',
    example: '/lookup bob',
  },
  {
    name: 'join',
    slash: ['/join'],
    summary: 'Link with a peer by its address',
    args: { endpoint: text(1, 400) },
    positional: ['endpoint'],
    when: 'always',
    example: '/join tcp://127.0.0.1:40123#KEY',
  },
  {
    name: 'logout',
    slash: ['/logout'],
    summary: 'Close your vault; the node stays up',
    args: nothing,
    positional: [],
    when: 'logged-in',
    example: '/logout',
    menu: { order: 10, label: 'Log out' },
  },
  {
    name: 'delete-account',
    slash: ['/delete-account'],
    summary: 'Delete your account, history and keys for good',
    args: { password: text(0, 256) },
    positional: [],
    secret: ['password'],
    when: 'logged-in',
    example: '/delete-account',
  },
  ...CHAT_REGISTRY,
  ...ROOM_REGISTRY,
  ...FILE_REGISTRY,
  ...DRIVER_REGISTRY,
] as const satisfies readonly CommandEntry[];

const byName = new Map<string, CommandEntry>(REGISTRY.map((entry) => [entry.name, entry]));

export function commandEntry(name: string): CommandEntry | undefined {
  return byName.get(name);
}

/** Names of a command's arguments, the required ones and the others, as they stand in the registry. */
export function argumentNames(entry: CommandEntry): readonly string[] {
  return Object.keys(entry.args);
}

export function isRequired(entry: CommandEntry, name: string): boolean {
  const shape = entry.args[name];
  return shape !== undefined && shape.kind !== 'optional';
}

/** The words that an argument can be, where those are few; else none. */
export function choicesOfArgument(entry: CommandEntry, name: string): readonly string[] {
  const shape = entry.args[name];
  const inner = shape?.kind === 'optional' ? shape.of : shape;
  return inner?.kind === 'choice' ? inner.of : [];
}

/** What kind of value an argument takes, whether it may be left out or not. */
export function argumentKind(entry: CommandEntry, name: string): Shape['kind'] | undefined {
  const shape = entry.args[name];
  return shape?.kind === 'optional' ? shape.of.kind : shape?.kind;
}
