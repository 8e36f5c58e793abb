import { faultWordsAfter } from '../../control/fault-grammar.ts';
import type { Editor } from '../input/editor.ts';
import { fileId } from '../render/file-lines.ts';
import { applies, ITEMS, itemOfSlash } from './catalogue.ts';
import type { Model } from './model.ts';
import { conversationOf, screenOf } from './model.ts';
import { authorOf, isRoomKey } from './room-chat.ts';

const RECENT_MESSAGES = 200;

/** What Tab has found; the next Tab goes on to the next candidate. */
export interface Completion {
  readonly candidates: readonly string[];
  /** The candidate that is in the text now, or -1 while only the common beginning is. */
  readonly at: number;
  /** Where the completed word begins. */
  readonly from: number;
  /** Text and cursor as completion left them; anything else means that somebody typed on. */
  readonly text: string;
  readonly cursor: number;
}

/** Names of one kind that an argument can take now. */
export function namesOf(model: Model, kind: 'user' | 'friend' | 'incoming' | 'blocked' | 'presence' | 'room' | 'file' | 'path' | 'fault'): readonly string[] {
  switch (kind) {
    case 'user': {
      const names = new Set([...model.friends.map((friend) => friend.name), ...model.users.map((user) => user.name), ...model.requests.incoming]);
      names.delete(model.user);
      return [...names].sort();
    }
    case 'friend':
      return model.friends.map((friend) => friend.name);
    case 'incoming':
      return model.requests.incoming;
    case 'blocked':
      return model.requests.blocked;
    case 'presence':
      return ['online', 'away', 'busy', 'offline'];
    case 'file':
      return model.files.map(fileId);
    case 'path':
      return model.paths.found;
    case 'fault':
      return faultWordsAfter([], []);
    case 'room':
      return [...new Set([...model.rooms, ...model.invitations, ...model.otherRooms].map(({ room }) => room))];
  }
}

/** Words that could stand where the word before the cursor stands: a command, then its argument, then a nick. */
function candidatesFor(model: Model, before: string): { readonly from: number; readonly words: readonly string[] } {
  const from = before.search(/\S*$/u);
  const word = before.slice(from).toLowerCase();
  if (before.startsWith('/') && !before.startsWith('//')) {
    const parts = before.slice(0, from).trim().split(/\s+/u).filter(Boolean);
    if (parts.length === 0) {
      const items = ITEMS.filter((item) => applies(item, model));
      const first = items.map((item) => item.entry.slash[0] ?? '').filter((slash) => slash.startsWith(word));
      // Second names are found by whoever begins to type one.
      const words = first.length > 0 ? first : items.flatMap((item) => item.entry.slash).filter((slash) => slash.startsWith(word));
      return { from, words: words.sort() };
    }
    const path = pathBefore(before);
    if (path !== null) return { from: before.length - path.length, words: model.paths.of === path ? model.paths.found : [] };
    const entry = itemOfSlash(parts[0] as string)?.entry;
    const { start, place } = argumentBefore(before);
    // A rest is one argument, however many words it has.
    const argument = entry?.positional[entry.complete?.[entry.positional.at(-1) ?? ''] === 'fault' ? 0 : place];
    const kind = argument === undefined ? undefined : entry?.complete?.[argument];
    if (kind === 'fault') return faultCandidates(model, before.slice(0, from), before.slice(from));
    if (kind !== undefined) {
      const typed = before.slice(start).toLowerCase().replace(/^"/u, '');
      const names = namesOf(model, kind).filter((name) => name.toLowerCase().startsWith(typed));
      return { from: start, words: names.map((name) => (/\s/u.test(name) ? `"${name}"` : name)) };
    }
  }
  if (word === '' || word.startsWith('/')) return { from, words: [] };
  const sign = word.startsWith('@') ? '@' : '';
  const screen = screenOf(model);
  const nicks = new Set([
    ...(screen.type === 'chat' ? (isRoomKey(screen.with) ? authorsIn(model, screen.with) : [screen.with]) : []),
    ...namesOf(model, 'friend'),
    ...(screen.type === 'ask' ? namesOf(model, 'user') : []),
  ]);
  return { from, words: [...nicks].map((nick) => sign + nick).filter((nick) => nick.startsWith(word)) };
}

/** Words of an order that breaks something; of names with commas the last one. */
function faultCandidates(model: Model, before: string, typed: string): { readonly from: number; readonly words: readonly string[] } {
  const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
  const names = [...new Set([model.user, ...namesOf(model, 'user')])].sort();
  const words = begun === '' ? faultWordsAfter(before.trim().split(/\s+/u).slice(1), names) : names;
  return { from: before.length + begun.length, words: words.filter((word) => word.startsWith(typed.slice(begun.length).toLowerCase())) };
}

/** Where the argument that is being typed begins, and which one it is; `"The gar` is one, blank and all. */
function argumentBefore(before: string): { readonly start: number; readonly place: number } {
  const closed = before.replace(/"[^"]*"/gu, (name) => '_'.repeat(name.length));
  const start = closed.includes('"') ? closed.indexOf('"') : closed.search(/\S*$/u);
  return { start, place: closed.slice(0, start).trim().split(/\s+/u).length - 1 };
}

/** The path that is being typed as an argument of a command, blanks and all; null where none is. */
export function pathBefore(before: string): string | null {
  const [, slash = '', tail = ''] = /^(\/\S+)\s+([\s\S]*)$/u.exec(before) ?? [];
  const entry = itemOfSlash(slash)?.entry;
  if (entry === undefined || entry.complete?.[entry.positional.at(-1) ?? ''] !== 'path') return null;
  // What looks like a path is one, also where the words before it were left out.
  const typed = tail.search(/(^|\s)(\/|~|\.)/u);
  const words = /^((?:"[^"]*"|\S+)\s+){1}/u.exec(tail)?.[0].length ?? -1;
  const from = typed >= 0 ? typed + (/^\s/u.test(tail.slice(typed)) ? 1 : 0) : words;
  return from < 0 ? null : tail.slice(from);
}

/** Who wrote here lately, the last first. */
function authorsIn(model: Model, name: string): readonly string[] {
  return [...new Set(conversationOf(model, name).messages.slice(-RECENT_MESSAGES).reverse().map(authorOf))].filter((author) => author !== model.user);
}

/** The editor after Tab, or null when nothing fits. */
export function complete(model: Model, editor: Editor, direction: 1 | -1): { readonly editor: Editor; readonly completion: Completion } | null {
  const running = model.completion;
  if (running !== null && running.text === editor.text && running.cursor === editor.cursor && running.candidates.length > 1) {
    const size = running.candidates.length;
    const at = running.at < 0 && direction < 0 ? size - 1 : (running.at + direction + size) % size;
    return put(editor, running.from, running.candidates[at] as string, { candidates: running.candidates, at });
  }
  const { from, words } = candidatesFor(model, editor.text.slice(0, editor.cursor));
  if (words.length === 0) return null;
  // A folder is gone into by the next Tab.
  if (words.length === 1) return put(editor, from, words[0]?.endsWith('/') === true ? words[0] : `${words[0]} `, { candidates: words, at: 0 });
  return put(editor, from, commonStart(words), { candidates: words, at: -1 });
}

function put(
  editor: Editor,
  from: number,
  word: string,
  found: Pick<Completion, 'candidates' | 'at'>,
): { readonly editor: Editor; readonly completion: Completion } {
  const rest = editor.text.slice(editor.cursor);
  const text = editor.text.slice(0, from) + word + (word.endsWith(' ') && rest.startsWith(' ') ? rest.slice(1) : rest);
  const cursor = from + word.length;
  return { editor: { ...editor, text, cursor }, completion: { ...found, from, text, cursor } };
}

function commonStart(words: readonly string[]): string {
  let start = words[0] ?? '';
  for (const word of words) while (!word.startsWith(start)) start = start.slice(0, -1);
  return start;
}
