import { type Static, type TObject, Type } from '@sinclair/typebox';
import type { CommandName } from '../core/commands.ts';
import { CORE_OPTIONS } from '../core/options.ts';

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
  readonly args: TObject;
  /** Names of arguments in the order in which they are typed; the last may hold blanks when `rest` is true. */
  readonly positional: readonly string[];
  readonly rest?: boolean;
  /** Arguments that must never be shown, logged or traced. */
  readonly secret?: readonly string[];
  /** What a terminal completes an argument with. */
  readonly complete?: Readonly<Record<string, 'user' | 'friend' | 'incoming' | 'blocked' | 'presence'>>;
  readonly when: 'always' | 'logged-in' | 'logged-out';
  readonly example: string;
  /** Place in the numbered menu, where it has one. */
  readonly menu?: { readonly order: number; readonly label: string };
}

export type DriverCommand = 'ping' | 'subscribe' | 'set-rules' | 'stop';

const closed = { additionalProperties: false };
const nothing = Type.Object({}, closed);
const user = Type.String({ minLength: 1, maxLength: 64, description: "a user's name" });
const password = Type.String({ minLength: CORE_OPTIONS.passwordCharactersMin, maxLength: CORE_OPTIONS.passwordCharactersMax });
const withUser = Type.Object({ user }, closed);
const presence = Type.Union([Type.Literal('online'), Type.Literal('away'), Type.Literal('busy'), Type.Literal('offline')]);
const group = Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 1024 });
const ruleBase = { id: Type.String({ minLength: 1 }), from: group, to: group, oneWay: Type.Boolean() };
export const ruleSchema = Type.Union([
  Type.Object({ ...ruleBase, kind: Type.Literal('cut') }, closed),
  Type.Object({ ...ruleBase, kind: Type.Literal('delay'), delayMillis: Type.Number({ minimum: 0 }), jitterMillis: Type.Number({ minimum: 0 }) }, closed),
]);

export const REGISTRY = [
  {
    name: 'register',
    slash: ['/register'],
    summary: 'Make an account on this node',
    args: Type.Object({ password, displayName: Type.Optional(Type.String({ maxLength: 64 })) }, closed),
    positional: [],
    secret: ['password'],
    when: 'logged-out',
    example: '/register',
    menu: { order: 1, label: 'Register' },
  },
  {
    name: 'login',
    slash: ['/login'],
    summary: 'Open your vault and history',
    args: Type.Object({ password: Type.String({ maxLength: 256 }) }, closed),
    positional: [],
    secret: ['password'],
    when: 'logged-out',
    example: '/login',
    menu: { order: 2, label: 'Log in' },
  },
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
    args: withUser,
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
    args: withUser,
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
    args: withUser,
    positional: ['user'],
    complete: { user: 'incoming' },
    when: 'logged-in',
    example: '/accept bob',
  },
  {
    name: 'friend-decline',
    slash: ['/decline'],
    summary: 'Decline a friend request',
    args: withUser,
    positional: ['user'],
    complete: { user: 'incoming' },
    when: 'logged-in',
    example: '/decline bob',
  },
  {
    name: 'block',
    slash: ['/block'],
    summary: 'Hear nothing more from somebody',
    args: withUser,
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
    args: withUser,
    positional: ['user'],
    complete: { user: 'blocked' },
    when: 'logged-in',
    example: '/unblock mallory',
  },
  {
    name: 'status',
    slash: ['/status'],
    summary: 'Say whether you are here, and a line with it',
    args: Type.Object({ presence: Type.Optional(presence), text: Type.Optional(Type.String({ maxLength: CORE_OPTIONS.statusTextCharactersMax })) }, closed),
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
    args: Type.Object({ to: user, text: Type.String() }, closed),
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
    args: Type.Object(
      {
        with: user,
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: CORE_OPTIONS.historyPageMax })),
        before: Type.Optional(Type.String({ maxLength: 200 })),
      },
      closed,
    ),
    positional: ['with', 'limit'],
    complete: { with: 'friend' },
    when: 'logged-in',
    example: '/history bob 20',
  },
  {
    name: 'message',
    slash: ['/ticks'],
    summary: 'Who confirmed a message, and when',
    args: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }, closed),
    positional: ['id'],
    when: 'logged-in',
    example: '/ticks V1StGXR8_Z5jdHi6B-myT',
  },
  {
    name: 'read',
    slash: ['/read'],
    summary: 'Mark a conversation as read',
    args: Type.Object({ with: user }, closed),
    positional: ['with'],
    complete: { with: 'friend' },
    when: 'logged-in',
    example: '/read bob',
  },
  {
    name: 'user',
    slash: ['/whois'],
    summary: 'Look somebody up',
    args: withUser,
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
    args: Type.Object(
      {
        displayName: Type.Optional(Type.String({ maxLength: CORE_OPTIONS.displayNameCharactersMax })),
        about: Type.Optional(Type.String({ maxLength: CORE_OPTIONS.aboutCharactersMax })),
      },
      closed,
    ),
    positional: ['displayName'],
    rest: true,
    when: 'logged-in',
    example: '/profile Alice of the lake',
  },
  {
    name: 'settings',
    slash: ['/settings'],
    summary: 'Show or change settings',
    args: Type.Object({ readReceipts: Type.Optional(Type.Boolean()), bell: Type.Optional(Type.Boolean()) }, closed),
    positional: [],
    when: 'logged-in',
    example: '/settings',
    menu: { order: 9, label: 'Settings' },
  },
  { name: 'info', slash: ['/info'], summary: 'This node: address, peers, sync, counters', args: nothing, positional: [], when: 'always', example: '/info' },
  { name: 'peers', slash: ['/peers'], summary: 'Nodes this one is linked with', args: nothing, positional: [], when: 'always', example: '/peers' },
  { name: 'sync', slash: ['/sync'], summary: 'Compare notes with a peer now', args: nothing, positional: [], when: 'always', example: '/sync' },
  {
    name: 'join',
    slash: ['/join'],
    summary: 'Link with a peer by its address',
    args: Type.Object({ endpoint: Type.String({ minLength: 1, maxLength: 400 }) }, closed),
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
    args: Type.Object({ password: Type.String({ maxLength: 256 }) }, closed),
    positional: [],
    secret: ['password'],
    when: 'logged-in',
    example: '/delete-account',
  },
  // answered by the driver, for scripts and the lab
  { name: 'ping', slash: [], summary: 'Is the node there?', args: nothing, positional: [], when: 'always', example: '' },
  { name: 'subscribe', slash: [], summary: 'Send events from now on', args: nothing, positional: [], when: 'always', example: '' },
  {
    name: 'set-rules',
    slash: [],
    summary: 'Replace the fault rules of this node',
    args: Type.Object({ rules: Type.Array(ruleSchema, { maxItems: 256 }) }, closed),
    positional: [],
    when: 'always',
    example: '',
  },
  { name: 'stop', slash: [], summary: 'End this node in order', args: nothing, positional: [], when: 'always', example: '' },
] as const satisfies readonly CommandEntry[];

export type RegistryName = (typeof REGISTRY)[number]['name'];
export type ArgsOf<Name extends RegistryName> = Static<Extract<(typeof REGISTRY)[number], { name: Name }>['args']>;

const byName = new Map<string, CommandEntry>(REGISTRY.map((entry) => [entry.name, entry]));

export function commandEntry(name: string): CommandEntry | undefined {
  return byName.get(name);
}
