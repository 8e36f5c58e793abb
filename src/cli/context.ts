import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ConfabError } from '../core/errors.ts';
import { renderTable, type Table } from './table.ts';

/** What every command gets: where the data lies, how to print. Read lazily, since options are known only after parsing. */
/** Nodes that may share a process: beyond it a single thread has more to do than it can. */
export const PER_PROCESS_MAX = 1_000;

export interface CliContext {
  /** Absolute path of the data root, which holds nodes/ and server_data/. */
  readonly root: string;
  /** Print JSON instead of tables and sentences. */
  readonly json: boolean;
  /** No full screen, no colour, no redrawing. */
  readonly plain: boolean;
  readonly verbose: boolean;
  /** Colour may be used on stdout. */
  readonly colour: boolean;
  /** stdin and stdout are a terminal. */
  readonly interactive: boolean;
  /** One line to stdout. */
  print(line: string): void;
  /** One line to stderr. */
  warn(line: string): void;
  /** One JSON value as one line to stdout. */
  printJson(value: unknown): void;
  /** A table in columns to stdout; nothing but its heading when there are no rows. */
  printTable(table: Table): void;
  /** What the process will exit with; the highest that was asked for wins. */
  exitStatus: number;
}

interface GlobalOptions {
  readonly root?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly verbose?: boolean;
}

export function makeContext(program: Command): CliContext {
  const options = () => program.opts<GlobalOptions>();
  let exitStatus = 0;
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  return {
    get root() {
      const written = options().root ?? process.env['CONFAB_ROOT'];
      return resolve(written === undefined || written === '' ? '.' : written);
    },
    get json() {
      return options().json === true;
    },
    get plain() {
      return options().plain === true;
    },
    get verbose() {
      return options().verbose === true;
    },
    get colour() {
      const refused = options().plain === true || options().json === true || (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
      return !refused && process.stdout.isTTY === true;
    },
    get interactive() {
      return process.stdin.isTTY === true && process.stdout.isTTY === true;
    },
    print,
    warn: (line) => void process.stderr.write(`${line}\n`),
    printJson: (value) => print(JSON.stringify(value)),
    printTable: (table) => {
      for (const line of renderTable(table, process.stdout.isTTY === true ? process.stdout.columns : undefined)) print(line);
    },
    get exitStatus() {
      return exitStatus;
    },
    set exitStatus(value) {
      exitStatus = Math.max(exitStatus, value);
    },
  };
}

/** Takes commander's text for a whole number within bounds; throws `bad-arguments`. */
export function wholeNumber(command: string, option: string, text: string, bounds: { readonly min: number; readonly max: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
  throw new ConfabError('bad-arguments', { command, reason: `${option} must be a whole number from ${bounds.min} to ${bounds.max}` });
}

/** The network of a node that is started; nodes of different ones never meet, though they run side by side. */
export function networkOption(about: string): Option {
  return new Option('--network <name>', `${about} (default: one of its own for each data root)`).env('CONFAB_NETWORK');
}

/** What was written; else a name that belongs to the data root, so that networks in two folders never meet by their beacons. */
export function networkOf(root: string, written: string | undefined): string {
  return written ?? `confab-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
}
