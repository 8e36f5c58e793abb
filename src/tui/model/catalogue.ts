import { type CommandEntry, REGISTRY } from '../../control/registry.ts';
import type { CommandName } from '../../core/commands.ts';
import { LOCAL_COMMANDS, type LocalCommand } from './local-commands.ts';
import type { Model } from './model.ts';

/** The registry as a terminal sees it: what can be typed, and what stands in the menu. */
export type Item = { readonly kind: 'node'; readonly entry: CommandEntry } | { readonly kind: 'local'; readonly entry: LocalCommand };

export const ITEMS: readonly Item[] = [
  ...REGISTRY.filter((entry) => entry.slash.length > 0).map((entry): Item => ({ kind: 'node', entry })),
  ...LOCAL_COMMANDS.map((entry): Item => ({ kind: 'local', entry })),
];

const bySlash = new Map(ITEMS.flatMap((item) => item.entry.slash.map((slash) => [slash, item] as const)));

export function itemOfSlash(slash: string): Item | undefined {
  return bySlash.get(slash.toLowerCase());
}

export function isLoggedIn(model: Model): boolean {
  return model.info?.loggedIn === true;
}

/** Whether the command makes sense now. */
export function applies(item: Item, model: Model): boolean {
  switch (item.entry.when) {
    case 'always':
      return true;
    case 'logged-in':
      return isLoggedIn(model);
    case 'logged-out':
      return !isLoggedIn(model);
  }
}

export interface MenuRow {
  readonly item: Item;
  readonly label: string;
  readonly slash: string;
}

/** The rows of the numbered menu, in order; row n is chosen by n + 1. */
export function menuRows(model: Model): readonly MenuRow[] {
  return ITEMS.filter((item) => item.entry.menu !== undefined && applies(item, model))
    .map((item) => ({ item, label: item.entry.menu?.label ?? '', slash: item.entry.slash[0] ?? '', order: item.entry.menu?.order ?? 0 }))
    .sort((left, right) => left.order - right.order);
}

/** Commands of the core, without those that only the driver answers. */
export function coreName(entry: CommandEntry): CommandName {
  return entry.name as CommandName;
}
