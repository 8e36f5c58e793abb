import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { Database } from './binding.ts';

export type Connection = InstanceType<typeof Database>;

/** Raised when a newer program laid the file out in a way that this one does not know. */
export const FORMAT = 1;
/** Larger files are not read through when they are opened (0.7 ms a MiB); their pages are still checked one by one as they are read. */
const CHECKED_BYTES_MAX = 268_435_456;
const BUSY_MILLIS = 2_000;
const LOG_BYTES_MAX = 4_194_304;
/** Pages kept in memory; the driver's own default of 16 MiB a file would be a fifth of what a node may use. */
const CACHE_KIB = 4_096;

export interface DatabaseFileOptions {
  readonly path: string;
  /** 32-byte key of the encrypted file, or null for a plain one. */
  readonly key: Uint8Array | null;
  readonly tables: readonly string[];
  /** Files in the same folder that it needs, and that are to be durable when it first is. */
  readonly beside?: readonly string[];
  /** Those of the tables whose last changes a power cut may take; every other commit is synced. */
  readonly relearned?: readonly string[];
  /** The file grows to this many pages of 4 KiB at most; without it only the disk is the limit. */
  readonly pagesMax?: number;
  /** Pages kept in memory, KiB. */
  readonly cacheKib?: number;
}

/** The file's content is not what SQLite wrote: another key, or damage. */
export class DamagedDatabase extends Error {}

/**
 * Opens or makes an SQLite file: write-ahead log, commits synced (`synchronous=FULL`; sqlite-file.ts does it by itself), one SQL table for each of ours.
 * Encrypted ones seal each page with AEGIS-256 (draft-irtf-cfrg-aegis-aead) under a raw key, so no password hash runs here.
 * With the processor's AES instructions a commit then costs no more than in clear; with ChaCha20-Poly1305 it took nearly twice as long.
 * A new file is laid out without a sync, since half a dozen of them would keep all nodes of a process waiting: whoever opens a file, new
 * or not, syncs it and its folder before anything that is written to it then counts as durable.
 * Throws DamagedDatabase, or the driver's error (disk full, permission).
 */
export function openDatabase(options: DatabaseFileOptions): Connection {
  // Made first, and for the owner only: SQLite gives its log files the mode of the database.
  closeSync(openSync(options.path, 'a', 0o600));
  const fresh = isFresh(options.path);
  const database = new Database(options.path, { timeout: BUSY_MILLIS });
  try {
    unlockDatabase(database, options.key);
    // The first read of the file: this is where a wrong key shows.
    const format = database.pragma('user_version', { simple: true }) as number;
    if (format > FORMAT) throw new Error(`${options.path} was written by a newer version of Confab`);
    // Nothing is lost with a file that holds nothing: its owner syncs it before anything in it counts.
    database.pragma(`synchronous = ${fresh ? 'OFF' : 'FULL'}`);
    database.pragma('journal_mode = WAL');
    database.pragma(`cache_size = -${Math.trunc(options.cacheKib ?? CACHE_KIB)}`);
    // What SQLite puts aside while it works must not lie in the clear among the temporary files.
    database.pragma('temp_store = MEMORY');
    database.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`);
    if (options.pagesMax !== undefined) database.pragma(`max_page_count = ${Math.trunc(options.pagesMax)}`);
    checkDatabase(database, options.path);
    layOut(database, options.tables, format);
    if (fresh) database.pragma('synchronous = FULL');
    return database;
  } catch (error) {
    closeQuietly(database);
    throw isDamage(error) ? new DamagedDatabase(error instanceof Error ? error.message : String(error)) : error;
  }
}

/** There is no database yet. */
function isFresh(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

/** Opens an existing file for looking only. Throws DamagedDatabase or the driver's error. */
export function openForReading(path: string, key: Uint8Array | null): Connection {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MILLIS });
  try {
    unlockDatabase(database, key);
    database.pragma('user_version', { simple: true });
    return database;
  } catch (error) {
    closeQuietly(database);
    throw isDamage(error) ? new DamagedDatabase(error instanceof Error ? error.message : String(error)) : error;
  }
}

function unlockDatabase(database: Connection, key: Uint8Array | null): void {
  if (key === null) return;
  if (key.length !== 32) throw new Error('the key of a store has 32 bytes');
  database.pragma("cipher = 'aegis'");
  database.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`);
}

function checkDatabase(database: Connection, path: string): void {
  if (statSync(path).size > CHECKED_BYTES_MAX) return;
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new DamagedDatabase(String(found));
}

function layOut(database: Connection, tables: readonly string[], format: number): void {
  const known = new Set(database.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all());
  const missing = tables.filter((table) => !known.has(table));
  if (missing.length === 0 && format === FORMAT) return;
  database.transaction(() => {
    for (const table of missing) database.exec(`CREATE TABLE ${quoted(table)} (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID`);
    database.pragma(`user_version = ${FORMAT}`);
  })();
}

/** Table names come from the program, never from outside; the quotes keep SQL's own words usable. */
export function quoted(table: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(table)) throw new Error(`${table} is no name of a table`);
  return `"${table}"`;
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedDatabase) return true;
  const code = String((error as { code?: unknown }).code);
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
}

function closeQuietly(database: Connection): void {
  try {
    database.close();
  } catch {
    // It is being thrown away, and what went wrong before is what the caller hears of.
  }
}

const LOG_SUFFIXES = ['-wal', '-shm', '-journal'];

/** The files of a database, its logs included. */
export function filesOfDatabase(path: string): string[] {
  return [path, ...LOG_SUFFIXES.map((suffix) => path + suffix)];
}

/** Moves a damaged database and its logs to the first free `<path>.damaged-<n>`; returns that name. */
export function setDatabaseAside(path: string): string {
  for (let number = 1; ; number += 1) {
    const target = `${path}.damaged-${number}`;
    if (existsSync(target)) continue;
    // The logs first: a log that stayed behind would be replayed into the new file.
    for (const suffix of LOG_SUFFIXES) if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
    renameSync(path, target);
    return target;
  }
}
