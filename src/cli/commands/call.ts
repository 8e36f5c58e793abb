import type { Command } from 'commander';
import { argumentKind, argumentNames, type CommandEntry, isRequired } from '../../control/registry.ts';
import { ConfabError } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import type { CliContext } from '../context.ts';

interface CallOptions {
  readonly passwordStdin?: boolean;
  readonly timeout: string;
}

/** Registers `confab call`: any command of the registry from a shell. */
export function register(program: Command, context: CliContext): void {
  program
    .command('call')
    .description('give a command to a running node and print its answer')
    .argument('<node>', 'name of the node, such as alice or alice@desk')
    .argument('<command>', 'a command of the registry, such as friends, send, status')
    .argument('[args...]', 'key=value, or the values in the order that the command has')
    .option('--password-stdin', 'read what is secret from stdin: the password, or one line for each secret')
    .option('--timeout <ms>', 'how long to wait for the answer', '15000')
    .addHelpText(
      'after',
      `
Examples:
  $ confab call alice info
  $ confab call alice friend-add bob
  $ confab call alice send to=bob text="see you at noon"
  $ confab call alice send bob -- "-5 degrees"
  $ confab call alice history with=bob limit=20 --json
  $ printf '%s\\n' "$PASSWORD" | confab call alice login --password-stdin
  $ printf '%s\\n' "$WORDS" "$NEW_PASSWORD" | confab call alice recover --password-stdin

All commands with their arguments: confab manual commands`,
    )
    .action(async (node: string, command: string, words: readonly string[], options: CallOptions) => {
      const { requireCommand, misfitOfArgs } = await import('../../control/validate.ts');
      const { attachNode } = await import('../../control/locate.ts');
      const { wholeNumber } = await import('../context.ts');
      const { showValue } = await import('../show.ts');
      const { withWholePaths } = await import('../../control/paths.ts');
      const timeoutMillis = wholeNumber('call', '--timeout', options.timeout, { min: 1, max: 3_600_000 });
      const entry = requireCommand(command);
      const args = { ...parseArgs(entry, words), ...(await secretsOf(entry, options)) };
      const reason = misfitOfArgs(entry, args);
      if (reason !== null) throw new ConfabError('bad-arguments', { command: `call ${node} ${command}`, reason: `${reason}; ${usageOf(entry)}` });
      const client = await attachNode(context.root, node, timeoutMillis);
      try {
        if (command === 'subscribe') await watchEvents(client, context);
        else showValue(context, await client.call(command, withWholePaths(entry, args, process.cwd()), timeoutMillis));
      } finally {
        client.close();
      }
    });
}

/** Prints events, one JSON object a line, until the node ends or Ctrl-C. */
async function watchEvents(client: import('../../control/protocol.ts').ControlClient, context: CliContext): Promise<void> {
  client.onEvent((event) => context.printJson(event));
  await new Promise<void>((resolve) => client.onClose(resolve));
}

async function secretsOf(entry: CommandEntry, options: CallOptions): Promise<Record<string, string>> {
  const { obtainPassword } = await import('../stdin.ts');
  const found: Record<string, string> = {};
  for (const key of entry.secret ?? []) {
    // The password of a room is for rooms that have one.
    if (!isRequired(entry, key) && options.passwordStdin !== true) continue;
    const prompt = `${key.charAt(0).toUpperCase()}${key.slice(1)}: `;
    found[key] = await obtainPassword({ command: `call ${entry.name}`, fromStdin: options.passwordStdin === true, prompt });
  }
  return found;
}

const KEYED = /^([A-Za-z][A-Za-z0-9]*)=([\s\S]*)$/;

function refuseSecret(entry: CommandEntry, key: string): void {
  if (entry.secret?.includes(key) !== true) return;
  throw new ConfabError('bad-arguments', { command: `call ${entry.name}`, reason: `"${key}" is never taken from the command line, use --password-stdin` });
}

/** A text of several words ends before the words that are `key=value` for keys that are still open; the first is never such a word. */
function endOfRest(entry: CommandEntry, words: readonly string[], from: number, isOpen: (key: string) => boolean): number {
  let end = words.length;
  for (; end > from + 1; end -= 1) {
    const key = KEYED.exec(words[end - 1] ?? '')?.[1] ?? '';
    if (!Object.hasOwn(entry.args, key) || !isOpen(key)) break;
  }
  return end;
}

/** Words of the shell as arguments: `key=value` for keys that the command has, other words fill its places in order. */
export function parseArgs(entry: CommandEntry, words: readonly string[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  const secret = entry.secret ?? [];
  const open = entry.positional.filter((key) => !secret.includes(key));
  // Once a key was written, a word with another key is a typing mistake; before that it may be the text itself.
  let keyed = false;
  for (const [index, word] of words.entries()) {
    const match = KEYED.exec(word);
    const key = match?.[1] ?? '';
    refuseSecret(entry, key);
    const places = open.filter((place) => args[place] === undefined);
    const fresh = Object.hasOwn(entry.args, key) && args[key] === undefined;
    if (match !== null && (keyed || fresh || places.length === 0)) {
      keyed = true;
      args[key] = wordAs(argumentKind(entry, key), match[2] ?? '');
      continue;
    }
    const place = places[0];
    if (place === undefined)
      throw new ConfabError('bad-arguments', { command: `call ${entry.name}`, reason: `"${word.slice(0, 40)}" is one word too many; ${usageOf(entry)}` });
    if (entry.rest === true && place === open.at(-1)) {
      const end = endOfRest(entry, words, index, (each) => each !== place && args[each] === undefined);
      args[place] = words.slice(index, end).join(' ');
      return { ...args, ...parseArgs({ ...entry, positional: [] }, words.slice(end)) };
    }
    args[place] = wordAs(argumentKind(entry, place), word);
  }
  return args;
}

function usageOf(entry: CommandEntry): string {
  const keys = argumentNames(entry);
  return keys.length === 0 ? 'it takes no arguments' : `it takes ${keys.join(', ')}`;
}

/** A word as the schema wants it; what does not fit is left to validation, which says so in words. */
function wordAs(type: Shape['kind'] | undefined, word: string): unknown {
  if (type === 'boolean' && (word === 'true' || word === 'yes')) return true;
  if (type === 'boolean' && (word === 'false' || word === 'no')) return false;
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(word)) return Number(word);
  if (type === 'list' || type === 'record' || type === 'either') {
    try {
      return JSON.parse(word) as unknown;
    } catch {
      return word;
    }
  }
  return word;
}
