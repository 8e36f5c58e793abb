import { commandEntry } from '../../control/registry.ts';
import { type Item, itemOfSlash } from './catalogue.ts';
import { type Ask, type Screen, screenOf } from './model.ts';
import { impliedConversation, meantEntry } from './sisters.ts';
import type { Turn } from './turn.ts';

/** Commands of the terminal that go somewhere else; the others lie over a question for a moment. */
const GOES_ELSEWHERE: ReadonlySet<string> = new Set(['chat', 'next', 'reply', 'retry']);

/**
 * A command that is typed in place of an answer means what lies below the question, as it did before that was asked, and the question is
 * not asked again afterwards. A page that somebody only looks at leaves it: they come back to it, perhaps to answer.
 */
export function leaveQuestion(turn: Turn, item: Item, tail: string, looksOnly: (name: string) => boolean): void {
  const { screens } = turn.model;
  const below = screens.at(-2);
  if (below === undefined || (turn.screen.type !== 'ask' && turn.screen.type !== 'confirm')) return;
  const without = { ...turn.model, screens: screens.slice(0, -1) };
  const meansBelow = () => item.kind === 'node' && impliedConversation(screenOf(without), meantEntry(without, item.entry, tail)) !== null;
  const leaves = item.kind === 'local' ? GOES_ELSEWHERE.has(item.entry.name) : !looksOnly(item.entry.name) || meansBelow();
  if (leaves) turn.set({ screens: without.screens });
}

/** What begins with a slash and answers a question for a path, such as `/home/alice/lake.jpg`; null: it is a command. */
export function pathAnswer(ask: Ask, line: string): string | null {
  const kind = commandEntry(ask.command)?.complete?.[ask.fields[0] ?? ''];
  if (kind !== 'path') return null;
  return itemOfSlash(/^\S*/u.exec(line)?.[0] ?? '') === undefined ? line : null;
}

/** What people answer to "Are you sure?", as the number that means it; null: something else. */
export function confirmation(screen: Screen, line: string): 0 | 1 | null {
  if (screen.type !== 'confirm') return null;
  if (/^y(es)?$/iu.test(line)) return 1;
  return /^no?$/iu.test(line) ? 0 : null;
}
