import { Value } from '@sinclair/typebox/value';
import { ConfabError } from '../core/errors.ts';
import { didYouMean } from './nearest.ts';
import { type CommandEntry, commandEntry, REGISTRY } from './registry.ts';

type Args = Readonly<Record<string, unknown>>;

/** The entry of a command; throws `bad-command` naming the nearest known one. */
export function requireCommand(name: string): CommandEntry {
  const entry = commandEntry(name);
  if (entry !== undefined) return entry;
  const known = REGISTRY.map((each) => each.name);
  throw new ConfabError('bad-command', { name: name.slice(0, 64), hint: didYouMean(name.slice(0, 64), known) });
}

/** Null when the arguments fit the command's schema, else what is wrong in words; values are never repeated, they may be secret. */
export function misfitOfArgs(entry: CommandEntry, args: Args): string | null {
  const known = Object.keys(entry.args.properties);
  for (const key of Object.keys(args)) {
    if (!known.includes(key)) return `there is no argument "${key.slice(0, 64)}".${didYouMean(key.slice(0, 64), known)}`;
  }
  for (const key of entry.args.required ?? []) {
    if (args[key] === undefined) return `the argument "${key}" is missing`;
  }
  if (Value.Check(entry.args, args)) return null;
  const first = Value.Errors(entry.args, args).First();
  if (first === undefined) return 'the arguments do not fit';
  const path = first.path.split('/').slice(1).join('.');
  return `"${path}" does not fit: ${lowerFirst(first.message)}`;
}

/** The entry of the command whose arguments fit, or throws `bad-command` or `bad-arguments`. */
export function validateCommand(name: string, args: Args): CommandEntry {
  const entry = requireCommand(name);
  const reason = misfitOfArgs(entry, args);
  if (reason !== null) throw new ConfabError('bad-arguments', { command: name, reason });
  return entry;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
