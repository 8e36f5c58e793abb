import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, MessageChannel, type MessagePort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { ConfabError, ERRORS } from '../core/errors.ts';
import { printFailure } from './fail.ts';
import { CELL, newCell, sayWork, TURN_SECONDS_MAX, WORK } from './turn-watch.ts';

/** What the watching thread is told. */
export interface WatchData {
  readonly cell: Int32Array;
  readonly port: MessagePort;
  /** File URL of the folder of the program, with a slash at its end. */
  readonly folder: string;
}

/** What the watching thread saw: `program.js:22, in hear`; null where the debugger did not say. */
export interface Interrupted {
  readonly place: string | null;
  readonly seconds: number;
}

const LOOK_MILLIS = 200;
/** How often a thread that waits for a module says that it does no more than wait, ms. */
const HEARTBEAT_MILLIS = 500;

/** A thread that plays seeds is given one by whoever started it, who watches it. */
let cell: Int32Array | null = isMainThread ? null : ((workerData as { readonly cell?: Int32Array } | null)?.cell ?? null);
let speaker = '';

/** A turn of a program begins. */
export function turnBegins(name: string): void {
  workBegins(name, WORK.turn, TURN_SECONDS_MAX);
}

/** What code of one's own is at. */
export interface Work {
  readonly name: string;
  readonly kind: (typeof WORK)[keyof typeof WORK];
  /** How long it may take. */
  readonly seconds: number;
}

/**
 * Something that code of one's own does at once begins. Gives what went on before, for `workEnds`: the files of a program are run within
 * the turn that makes it.
 */
export function workBegins(name: string, kind: Work['kind'], seconds: number): Work | null {
  if (cell === null) return null;
  const outer = cell[CELL.inTurn] === 1 ? ({ name: speaker, kind: cell[CELL.kind] as Work['kind'], seconds: cell[CELL.seconds] as number } as const) : null;
  speaker = name;
  cell[CELL.kind] = kind;
  cell[CELL.seconds] = seconds;
  Atomics.add(cell, CELL.turns, 1);
  Atomics.store(cell, CELL.inTurn, 1);
  return outer;
}

/** What it began within, if anything, goes on. */
export function workEnds(outer: Work | null): void {
  if (outer === null) turnEnds();
  else workBegins(outer.name, outer.kind, outer.seconds);
}

export function turnEnds(): void {
  if (cell !== null) Atomics.store(cell, CELL.inTurn, 0);
}

/** The same for what Node.js loads: it may wait as long as it likes, but not keep the thread busy. */
export async function watchLoading<Loaded>(file: string, load: () => Promise<Loaded>): Promise<Loaded> {
  const begin = (): void => {
    workBegins(file, WORK.loading, TURN_SECONDS_MAX);
  };
  const heartbeat = setInterval(begin, HEARTBEAT_MILLIS);
  try {
    begin();
    return await load();
  } finally {
    clearInterval(heartbeat);
    turnEnds();
  }
}

/**
 * From now on a turn that does not end (or a check, or a file that is loaded) is noticed by a thread of its own, which stops it by way
 * of the debugger's interface, since nothing else can: this thread would hear neither a timer nor Ctrl-C. The process then says where
 * it was and ends, by its ordinary exit, so that what it has made is cleared away. Threads that play seeds are watched by whoever
 * started them.
 */
export function watchTurns(programPath: string): void {
  if (cell !== null || !isMainThread) return;
  const shared = newCell();
  cell = shared;
  const { port1: here, port2: there } = new MessageChannel();
  here.unref();
  const data: WatchData = { cell: shared, port: there, folder: `${pathToFileURL(dirname(programPath)).href}/` };
  const watcher = new Worker(new URL('endless-turn-watch.js', import.meta.url), { workerData: data, transferList: [there], execArgv: [] });
  // A run goes on without its watcher.
  watcher.on('error', () => {});
  watcher.unref();
  let told = false;
  const tell = () => {
    if (told || Atomics.load(shared, CELL.interrupted) === 0) return;
    told = true;
    const { place, seconds } = (receiveMessageOnPort(here)?.message ?? { place: null, seconds: 0 }) as Interrupted;
    const words = sayWork(shared, speaker);
    const what = words.charAt(0).toUpperCase() + words.slice(1);
    const error = new ConfabError('endless-turn', { what, seconds, place: place === null ? '' : ` (at ${place})` });
    printFailure(error, { json: process.argv.includes('--json'), verbose: false });
  };
  setInterval(() => {
    tell();
    if (told) process.exit(ERRORS['endless-turn'].exitStatus);
  }, LOOK_MILLIS).unref();
  // With its work thrown away, the process may have nothing left to wait for, and end by itself.
  process.on('exit', () => {
    tell();
    if (told) process.exitCode = ERRORS['endless-turn'].exitStatus;
  });
}
