import { argumentKind, argumentNames, commandEntry } from '../../control/registry.ts';
import type { Model } from './model.ts';

/** A row of the settings screen: what it says, and what choosing it makes of it. */
export interface SettingRow {
  readonly name: string;
  readonly words: string;
  readonly next: boolean | number;
}

/** Sizes that are gone through by choosing them, MiB. */
const SIZES = [0, 1, 2, 4, 8, 16] as const;

/** Whatever the registry's command takes as true or false, or as a number. */
export function settingRows(model: Model): readonly SettingRow[] {
  const entry = commandEntry('settings');
  if (entry === undefined) return [];
  const values: Readonly<Record<string, unknown>> = { ...model.settings };
  return argumentNames(entry).map((name) => {
    const value = values[name];
    if (argumentKind(entry, name) === 'boolean') return { name, words: settingWords(value === true), next: value !== true };
    const size = Number(value ?? 0);
    return { name, words: settingWords(size), next: SIZES.find((each) => each > size) ?? 0 };
  });
}

/** `on`, `off`, `up to 4 MB`, `none`. */
export function settingWords(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value === 0 ? 'none' : `up to ${String(value)} MB`;
}

/** `Files fetched unasked`, or the name as words. */
export function settingLabel(name: string): string | null {
  return name === 'unaskedMegabytes' ? 'Files fetched unasked' : null;
}
