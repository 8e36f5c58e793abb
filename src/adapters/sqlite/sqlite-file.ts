import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Statement } from 'better-sqlite3-multiple-ciphers';
import type { Codec, ScanRange } from '../../core/capabilities.ts';
import { LogSync } from './log-sync.ts';
import { type Connection, type DatabaseFileOptions, openDatabase, quoted } from './open-database.ts';

interface Statements {
  readonly get: Statement<[string], Buffer>;
  readonly put: Statement<[string, Uint8Array]>;
  readonly insert: Statement<[string, Uint8Array]>;
  readonly update: Statement<[Uint8Array, string]>;
  readonly remove: Statement<[string]>;
  readonly count: Statement<[], number>;
  readonly scans: Map<string, Statement<unknown[], [string, Buffer]>>;
}

/**
 * SQLite compares keys as UTF-8 bytes, the contract wants UTF-16 code units: the two differ only where surrogates are.
 * No key of the tables can hold one, so they are refused instead of mapped.
 */
const UNUSABLE_IN_KEY = /[\0\ud800-\udfff]/;

/** The first text after all texts that begin with the prefix; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  for (let length = prefix.length; length > 0; length -= 1) {
    const code = prefix.charCodeAt(length - 1);
    if (code === 0xffff) continue;
    const next = code + 1 === 0xd800 ? 0xe000 : code + 1;
    return prefix.slice(0, length - 1) + String.fromCharCode(next);
  }
  return undefined;
}

/** `from <= key < to` of a range, the prefix included. */
export function boundsOf(range: ScanRange): { readonly from: string; readonly to: string | undefined } {
  let from = range.from ?? '';
  let to = range.to;
  if (range.prefix !== undefined && range.prefix !== '') {
    if (range.prefix > from) from = range.prefix;
    const end = afterPrefix(range.prefix);
    if (end !== undefined && (to === undefined || end < to)) to = end;
  }
  return { from, to };
}

/** A codec that can lend its buffer: what `encodeForNow` returns is good until the next call. */
export interface RowCodec extends Codec {
  encodeForNow(value: unknown): Uint8Array;
}

/**
 * One SQLite file of key-value tables with one transaction at a time, begun by the first write.
 * Methods throw the driver's errors; whoever owns the file turns them into sentences.
 *
 * SQLite itself syncs only its checkpoints (`synchronous=NORMAL`: a power cut may take the last transactions, never the file; the end of
 * a process takes nothing). What must last is synced here after its commit, at once or beside the work. A sync that failed says nothing
 * of the ones that follow, since the system may have let go of what it could not write: from then on a checkpoint, which writes the
 * pages themselves to the database, has to succeed before anything counts as durable (Rebello et al., "Can Applications Recover from
 * fsync Failures?", 2020).
 */
export class SqliteFile {
  readonly #database: Connection;
  readonly #codec: RowCodec;
  readonly #statements = new Map<string, Statements>();
  /** Rows of a table, once counted: SQLite would walk the whole table each time. */
  readonly #counts = new Map<string, number>();
  readonly #relearned: ReadonlySet<string>;
  /** Null on a file system that bears no write-ahead log: there SQLite syncs each commit. */
  readonly #log: LogSync | null;
  /** Something of the open transaction must survive a power cut. */
  #lasting = false;
  /** What is written now others know as well. */
  #relearning = false;
  /** Transactions that must survive a power cut: those committed, and how many of them do. */
  #lastingCommits = 0;
  #settledCommits = 0;
  #syncFailed = false;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;

  /** Throws DamagedDatabase or the driver's error. */
  constructor(options: DatabaseFileOptions, codec: RowCodec) {
    this.#database = openDatabase(options);
    this.#codec = codec;
    this.#relearned = new Set(options.relearned ?? []);
    // Also of a file that was there: whoever made it may have been killed before it was synced.
    const first = [...(options.beside ?? []).filter((path) => existsSync(path)), options.path, dirname(options.path)];
    this.#log = this.#database.pragma('journal_mode', { simple: true }) === 'wal' ? new LogSync(options.path, first) : null;
    // Never a prepared statement: SQLite carries this pragma out when it reads it, not when it runs it.
    if (this.#log !== null) this.#database.pragma('synchronous = NORMAL');
    this.#begin = this.#database.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#database.prepare('COMMIT');
    this.#rollback = this.#database.prepare('ROLLBACK');
  }

  get writing(): boolean {
    return this.#database.inTransaction;
  }

  get<Value>(table: string, key: string): Value | undefined {
    const bytes = this.#of(table).get.get(key);
    return bytes === undefined ? undefined : (this.#codec.decode(bytes) as Value);
  }

  scan<Value>(table: string, range: ScanRange): Array<readonly [string, Value]> {
    const { from, to } = boundsOf(range);
    const limit = range.limit ?? -1;
    const rows =
      to === undefined
        ? this.#scan(table, range.reverse === true, false).all(from, limit)
        : this.#scan(table, range.reverse === true, true).all(from, to, limit);
    return rows.map(([key, bytes]) => [key, this.#codec.decode(bytes) as Value] as const);
  }

  count(table: string): number {
    let count = this.#counts.get(table);
    if (count === undefined) {
      count = this.#of(table).count.get() ?? 0;
      this.#counts.set(table, count);
    }
    return count;
  }

  put(table: string, key: string, value: unknown): void {
    if (UNUSABLE_IN_KEY.test(key)) throw new Error(`the key ${JSON.stringify(key)} holds a surrogate or NUL`);
    // SQLite copies what it is given.
    const bytes = this.#codec.encodeForNow(value);
    const statements = this.#of(table);
    this.#ensureBegun(table);
    // Whether the row is new matters only where rows are counted.
    if (!this.#counts.has(table)) statements.put.run(key, bytes);
    else if (statements.insert.run(key, bytes).changes === 1) this.#addToCount(table, 1);
    else statements.update.run(bytes, key);
  }

  delete(table: string, key: string): void {
    const statements = this.#of(table);
    this.#ensureBegun(table);
    if (statements.remove.run(key).changes === 1) this.#addToCount(table, -1);
  }

  /** The open transaction holds something that must survive a power cut. */
  get lasting(): boolean {
    return this.#database.inTransaction && this.#lasting;
  }

  /** Something that was committed would not survive a power cut, and must. */
  get unsettled(): boolean {
    return this.#settledCommits < this.#lastingCommits;
  }

  /** A sync has failed, and nothing that was written since then is known to be durable. */
  get syncFailed(): boolean {
    return this.#syncFailed;
  }

  /** What `work` writes others know as well: a power cut may take it, the end of the process does not. */
  relearn(work: () => void): void {
    const before = this.#relearning;
    this.#relearning = true;
    try {
      work();
    } finally {
      this.#relearning = before;
    }
  }

  /**
   * In the system's hands when it returns; and durable, with all that was committed before, as far as it must survive a power cut.
   * With `later` that waits for `settle` or `settleLater`.
   */
  commit(later = false): void {
    if (this.#database.inTransaction) {
      this.#commit.run();
      if (this.#lasting && this.#log !== null) this.#lastingCommits += 1;
    }
    if (!later) this.settle();
  }

  /** All that was committed is durable when it returns, as far as it must be. */
  settle(): void {
    if (!this.unsettled && !this.#syncFailed) return;
    if (this.#syncFailed) this.#checkpoint();
    else this.#syncNow();
    this.#settledCommits = this.#lastingCommits;
  }

  #syncNow(): void {
    try {
      this.#log?.now();
    } catch (error) {
      this.#syncFailed = true;
      throw error;
    }
  }

  /** As `settle`, for what was committed until now, while others work; `done` is given what went wrong. Throws where there is no log. */
  settleLater(done: (error: Error | null) => void): void {
    if (this.#log === null) return done(null);
    const commits = this.#lastingCommits;
    this.#log.later((error) => {
      if (error !== null) this.#syncFailed = true;
      if (this.#syncFailed) return done(error ?? new Error('an earlier sync of the store failed'));
      this.#settledCommits = Math.max(this.#settledCommits, commits);
      done(null);
    });
  }

  #checkpoint(): void {
    const [row] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as Array<{ readonly busy: number }>;
    if (row?.busy !== 0) throw new Error('the log of the store cannot be written back while somebody reads it');
    this.#syncFailed = false;
  }

  rollback(): void {
    this.#counts.clear();
    // A full disk may have ended the transaction by itself.
    if (this.#database.inTransaction) this.#rollback.run();
  }

  close(): void {
    if (!this.#database.open) return;
    this.rollback();
    this.#log?.close();
    // Writes the log back and syncs the database.
    this.#database.close();
  }

  #ensureBegun(table: string): void {
    const lasting = !this.#relearning && !this.#relearned.has(table);
    if (!this.#database.inTransaction) {
      this.#begin.run();
      this.#lasting = lasting;
    } else if (lasting) this.#lasting = true;
  }

  #addToCount(table: string, change: number): void {
    const count = this.#counts.get(table);
    if (count !== undefined) this.#counts.set(table, count + change);
  }

  #of(table: string): Statements {
    let statements = this.#statements.get(table);
    if (statements === undefined) {
      const name = quoted(table);
      statements = {
        get: this.#database.prepare<[string], Buffer>(`SELECT value FROM ${name} WHERE key = ?`).pluck(),
        put: this.#database.prepare(`INSERT INTO ${name} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
        insert: this.#database.prepare(`INSERT INTO ${name} (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`),
        update: this.#database.prepare(`UPDATE ${name} SET value = ? WHERE key = ?`),
        remove: this.#database.prepare(`DELETE FROM ${name} WHERE key = ?`),
        count: this.#database.prepare<[], number>(`SELECT count(*) FROM ${name}`).pluck(),
        scans: new Map(),
      };
      this.#statements.set(table, statements);
    }
    return statements;
  }

  #scan(table: string, reverse: boolean, bounded: boolean): Statement<unknown[], [string, Buffer]> {
    const { scans } = this.#of(table);
    const kind = `${reverse}/${bounded}`;
    let statement = scans.get(kind);
    if (statement === undefined) {
      const where = bounded ? 'key >= ? AND key < ?' : 'key >= ?';
      const sql = `SELECT key, value FROM ${quoted(table)} WHERE ${where} ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?`;
      statement = this.#database.prepare<unknown[], [string, Buffer]>(sql).raw();
      scans.set(kind, statement);
    }
    return statement;
  }
}
