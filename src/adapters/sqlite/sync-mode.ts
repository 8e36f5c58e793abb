import { type Connection, FORMAT } from './open-database.ts';

/**
 * Whether a commit waits until the disk has it: `PRAGMA synchronous`, FULL or NORMAL, of a file with a write-ahead log
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). Under NORMAL a power cut may take the last transactions, never the file;
 * the end of a process takes nothing.
 */
export class SyncMode {
  readonly #database: Connection;
  #full = true;

  /** The connection was opened with FULL. */
  constructor(database: Connection) {
    this.#database = database;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Outside of a transaction only. */
  set(full: boolean): void {
    if (full === this.#full) return;
    // Never a prepared statement: SQLite carries this pragma out when it reads it, not when it runs it.
    this.#database.pragma(full ? 'synchronous = FULL' : 'synchronous = NORMAL');
    this.#full = full;
  }

  /** Makes all that was committed before durable: a commit that changes nothing, whose sync takes the log before it along. */
  syncNow(): void {
    this.set(true);
    this.#database.pragma(`user_version = ${FORMAT}`);
  }
}
