import { argumentKind, argumentNames, commandEntry } from '../../control/registry.ts';
import type { Model } from './model.ts';

/** The switches of the settings screen: whatever the registry's command takes as true or false. */
export function booleanSettings(model: Model): ReadonlyArray<{ readonly name: string; readonly on: boolean }> {
  const entry = commandEntry('settings');
  if (entry === undefined) return [];
  const values: Readonly<Record<string, unknown>> = { ...model.settings };
  return argumentNames(entry)
    .filter((name) => argumentKind(entry, name) === 'boolean')
    .map((name) => ({ name, on: values[name] === true }));
}
