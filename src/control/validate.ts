import { ConfabError } from '../core/errors.ts';
import { misfit, type Shape } from '../core/shape.ts';
import { didYouMean, nearest } from './nearest.ts';
import { argumentNames, type CommandEntry, commandEntry, isRequired, REGISTRY } from './registry.ts';

type Args = Readonly<Record<string, unknown>>;

/** The entry of a command; throws `bad-command` naming the nearest known one. */
export function requireCommand(name: string): CommandEntry {
  const entry = commandEntry(name);
  if (entry !== undefined) return entry;
  const known = REGISTRY.map((each) => each.name);
  throw new ConfabError('bad-command', { name: name.slice(0, 64), hint: didYouMean(name.slice(0, 64), known) });
}

/** Null when the arguments fit the command's shapes, else what is wrong in words; values are never repeated, they may be secret. */
export function misfitOfArgs(entry: CommandEntry, args: Args): string | null {
  const known = argumentNames(entry);
  for (const key of Object.keys(args)) {
    if (!known.includes(key)) {
      const meant = nearest(key.slice(0, 64), known);
      return `there is no argument "${key.slice(0, 64)}"${meant === null ? '' : ` (did you mean "${meant}"?)`}`;
    }
  }
  for (const key of known) {
    const shape = entry.args[key] as Shape;
    if (args[key] === undefined && isRequired(entry, key)) return `the argument "${key}" is missing`;
    const wrong = misfit(shape, args[key], `"${key}"`);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** The entry of the command whose arguments fit, or throws `bad-command` or `bad-arguments`. */
export function validateCommand(name: string, args: Args): CommandEntry {
  const entry = requireCommand(name);
  const reason = misfitOfArgs(entry, args);
  if (reason !== null) throw new ConfabError('bad-arguments', { command: name, reason });
  return entry;
}
