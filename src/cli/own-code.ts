import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { watchLoading, watchTurns, workBegins, workEnds } from './endless-turn.ts';
import type { OwnModule } from './own-module/own-module.ts';
import { enterCode, guardWorld, leaveProgram } from './own-world.ts';
import { TURN_SECONDS_MAX, WORK } from './turn-watch.ts';

/** Reads a file of one's own with all that it imports, while somebody watches that it comes to its end. Throws what reading throws. */
export async function readOwnCode(path: string): Promise<OwnModule> {
  guardWorld();
  watchTurns(path);
  // Most runs are of chat nodes and need no parser.
  const { readOwnModule } = await import('./own-module/own-module.ts');
  const module = await watchLoading(basename(path), () => readOwnModule(path));
  return { common: module.common, run: () => within({ kind: WORK.loading, name: basename(path), path }, () => module.run()) };
}

/** What code of one's own is at: a check, say, of a name, in a file. */
export interface OwnWork {
  readonly kind: (typeof WORK)[keyof typeof WORK];
  readonly name: string;
  readonly path: string;
  /** How long it may take, s; that of a turn when left out. */
  readonly seconds?: number;
}

/** Runs code of one's own that no node runs: watched as turns are, with the same world, and what it throws says where. */
export function within<Result>({ kind, name, path, seconds = TURN_SECONDS_MAX }: OwnWork, act: () => Result): Result {
  const before = enterCode();
  const outer = workBegins(name, kind, seconds);
  try {
    return act();
  } catch (error) {
    throw placed(error, folderOf(path));
  } finally {
    leaveProgram(before);
    workEnds(outer);
  }
}

/** File URL of the folder of a file, with a slash at its end. */
export function folderOf(path: string): string {
  return `${pathToFileURL(dirname(path)).href}/`;
}

/** An error with its place in front, as far as that is known: `program.js:25: env.shwo is not a function`. */
export class PlacedError extends Error {}

/** Says where in the files of the folder it was thrown. */
export function placed(error: unknown, folder: string): PlacedError {
  const message = error instanceof Error ? error.message : `${String(error)} was thrown`;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = stack.split('\n').find((each) => each.includes(folder));
  const place = line === undefined ? null : /([^?]+?)(?:\?[^:]*)?:(\d+):\d+\)?$/.exec(line.slice(line.indexOf(folder) + folder.length));
  const told = new PlacedError(place === null ? message : `${decodeURI(place[1] ?? '')}:${place[2]}: ${message}`, { cause: error });
  if (stack !== '') told.stack = stack;
  return told;
}
