import { CORE_OPTIONS } from '../core/options.ts';
import { boolean, integer, optional, text } from '../core/shape.ts';
import type { CommandEntry } from './registry.ts';

const user = text(1, 64);
const id = text(1, 64);
const limit = optional(integer(1, CORE_OPTIONS.historyPageMax));
const place = optional(text(0, 200));
const when = 'logged-in';
const complete = { with: 'friend' } as const;

/**
 * The commands of direct chats whose sisters in rooms bear the same name after `room-`. The short slash words are theirs; in a room,
 * or behind a room's name, a terminal takes them for the sister (tui/model/sisters.ts).
 */
export const CHAT_REGISTRY = [
  {
    name: 'react',
    slash: ['/react'],
    summary: 'React to a message, or take a reaction back',
    args: { with: user, id, reaction: text(1, CORE_OPTIONS.roomReactionCharactersMax), remove: optional(boolean) },
    positional: ['with', 'id', 'reaction', 'remove'],
    complete,
    when,
    example: '/react bob ^ +1',
  },
  {
    name: 'edit',
    slash: ['/edit'],
    summary: 'Change a message of yours',
    args: { with: user, id, text: text(0, 1_000_000) },
    positional: ['with', 'id', 'text'],
    rest: true,
    complete,
    when,
    example: '/edit bob ^ see you at one',
  },
  {
    name: 'delete-message',
    slash: ['/delete'],
    summary: 'Delete a message of yours, for the other side as well',
    args: { with: user, id },
    positional: ['with', 'id'],
    complete,
    when,
    example: '/delete bob ^',
  },
  {
    name: 'typing',
    slash: [],
    summary: 'Tell a friend who is here whether you are typing',
    args: { with: user, typing: boolean },
    positional: ['with', 'typing'],
    complete,
    when,
    example: '',
  },
  {
    name: 'mute',
    slash: ['/mute'],
    summary: 'No bell and no count for a chat, or again',
    args: { with: user, muted: optional(boolean) },
    positional: ['with', 'muted'],
    complete,
    when,
    example: '/mute bob',
  },
  {
    name: 'search',
    slash: ['/search'],
    summary: 'Find messages in a chat',
    args: { with: user, query: text(1, 200), limit },
    positional: ['with', 'query'],
    rest: true,
    complete,
    when,
    example: '/search bob noon',
  },
  {
    name: 'export',
    slash: ['/export'],
    summary: 'The whole chat as lines of text, page by page',
    args: { with: user, after: place, limit },
    positional: ['with'],
    complete,
    when,
    example: '/export bob',
  },
] as const satisfies readonly CommandEntry[];
