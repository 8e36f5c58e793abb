import { type CommandEntry, isRequired } from '../../control/registry.ts';
import { applies, ITEMS, type Item } from '../model/catalogue.ts';
import type { Model, Screen } from '../model/model.ts';
import { isRoomKey } from '../model/room-chat.ts';
import { impliedConversation, MEANS_THIS_CHAT, placesLeft, roomSister, SHARED } from '../model/sisters.ts';
import { BOLD, DIM, type Line } from '../text/styled.ts';
import { padEnd, textWidth } from '../text/width.ts';

/** A command as it is typed, and what it does. */
type Usage = readonly [usage: string, summary: string];

/** What only makes sense in a conversation. */
const LOCAL_HERE: ReadonlySet<string> = new Set(['reply', 'retry']);
/** These take one of one's own messages here, else the last. */
const ABOUT_OWN_MESSAGE: ReadonlySet<string> = new Set(['message', 'why']);

/** Slash commands that make sense now, for help: in a conversation first those that mean it, without its name. */
export function commandLines(model: Model): readonly Line[] {
  const items = ITEMS.filter((item) => applies(item, model));
  const chat = model.screens.findLast((screen) => screen.type !== 'help');
  if (chat?.type !== 'chat') return section('Commands', items.map(usageOf));
  const here = items.map((item) => usageHere(item, chat));
  const elsewhere = items.filter((item, at) => here[at] === null && !isSisterOfShared(item));
  return [
    ...section(
      'In this conversation',
      here.filter((usage) => usage !== null),
    ),
    [],
    ...section('Everywhere', elsewhere.map(usageOf)),
  ];
}

function section(title: string, usages: readonly Usage[]): readonly Line[] {
  const width = Math.max(...usages.map(([usage]) => textWidth(usage))) + 2;
  return [[{ text: title, style: BOLD }], ...usages.map(([usage, summary]): Line => [{ text: `  ${padEnd(usage, width)}` }, { text: summary, style: DIM }])];
}

/** `/status [presence] [text]`: what stands in brackets may be left out. */
function usageOf(item: Item): Usage {
  const { entry } = item;
  const places = entry.positional.map((name) => (item.kind === 'node' && isRequired(item.entry, name) ? `<${name}>` : `[${name}]`));
  return [[entry.slash[0] ?? '', ...places].join(' '), withAliases(entry)];
}

/** How a command is typed in the conversation that is open; null where it does not mean it. */
function usageHere(item: Item, chat: Extract<Screen, { type: 'chat' }>): Usage | null {
  const slash = item.entry.slash[0] ?? '';
  if (item.kind === 'local') return LOCAL_HERE.has(item.entry.name) ? usageOf(item) : null;
  if (isSisterOfShared(item)) return null;
  if (ABOUT_OWN_MESSAGE.has(item.entry.name)) return [`${slash} [n]`, item.entry.summary];
  const isRoom = isRoomKey(chat.with);
  const entry = (isRoom ? roomSister(item.entry) : undefined) ?? item.entry;
  const about = withAliases({ slash: item.entry.slash, summary: entry.summary });
  if (!isRoom && MEANS_THIS_CHAT.has(entry.name)) return [slash, about];
  if (impliedConversation(chat, entry) === null) return null;
  return [[slash, ...placesLeft(entry).map((name) => placeHere(entry, name))].join(' '), about];
}

function placeHere(entry: CommandEntry, name: string): string {
  if (name === 'id') return '[^n]';
  if (name === 'muted' || name === 'archived') return '[off]';
  return isRequired(entry, name) ? `<${name}>` : `[${name}]`;
}

/** `/room-react` does what `/react` does in a room, and is not said twice. */
function isSisterOfShared(item: Item): boolean {
  return item.kind === 'node' && SHARED.some((name) => item.entry.name === `room-${name}`);
}

function withAliases(entry: { readonly slash: readonly string[]; readonly summary: string }): string {
  const [, ...others] = entry.slash;
  return others.length === 0 ? entry.summary : `${entry.summary} (also ${others.join(', ')})`;
}
