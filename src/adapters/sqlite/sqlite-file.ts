import type { Statement } from 'better-sqlite3-multiple-ciphers';
import type { Codec, ScanRange } from '../../core/capabilities.ts';
import { type Connection, type DatabaseFileOptions, openDatabase, quoted } from './open-database.ts';
import { SyncMode } from './sync-mode.ts';

interface Statements {
  readonly get: Statement<[string], Buffer>;
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
 */
export class SqliteFile {
  readonly #database: Connection;
  readonly #codec: RowCodec;
  readonly #statements = new Map<string, Statements>();
  /** Rows of a table, once counted: SQLite would walk the whole table each time. */
  readonly #counts = new Map<string, number>();
  readonly #relearned: ReadonlySet<string>;
  readonly #sync: SyncMode;
  /** Something of the open transaction must survive a power cut. */
  #lasting = false;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;

  /** Throws DamagedDatabase or the driver's error. */
  constructor(options: DatabaseFileOptions, codec: RowCodec) {
    this.#database = openDatabase(options);
    this.#codec = codec;
    this.#relearned = new Set(options.relearned ?? []);
    this.#sync = new SyncMode(this.#database);
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
    if (statements.insert.run(key, bytes).changes === 1) this.#addToCount(table, 1);
    else statements.update.run(bytes, key);
  }

  delete(table: string, key: string): void {
    const statements = this.#of(table);
    this.#ensureBegun(table);
    if (statements.remove.run(key).changes === 1) this.#addToCount(table, -1);
  }

  /** On the disk when it returns, or, where only tables that are learned anew were written, in the system's hands. */
  commit(): void {
    if (!this.#database.inTransaction) return;
    this.#commit.run();
    if (this.#lasting && !this.#sync.full) this.#sync.syncNow();
  }

  rollback(): void {
    this.#counts.clear();
    // A full disk may have ended the transaction by itself.
    if (this.#database.inTransaction) this.#rollback.run();
  }

  close(): void {
    if (!this.#database.open) return;
    this.rollback();
    this.#database.close();
  }

  #ensureBegun(table: string): void {
    const lasting = !this.#relearned.has(table);
    if (!this.#database.inTransaction) {
      // SQLite lets nobody change this within a transaction.
      this.#sync.set(lasting);
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
