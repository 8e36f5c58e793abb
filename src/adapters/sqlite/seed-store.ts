import { join } from 'node:path';
import type { ScanRange, StoreWriter } from '../../core/capabilities.ts';
import { ConfabError } from '../../core/errors.ts';
import { ensureFolder, reasonOf } from '../files.ts';
import { storeReason } from './node-store.ts';
import { DamagedDatabase, setDatabaseAside } from './open-database.ts';
import { type RowCodec, SqliteFile } from './sqlite-file.ts';

export const SEED_DATABASE = 'seed.db';

export interface SeedStoreOptions {
  /** `server_data/` of the network; made when missing. */
  readonly folder: string;
  readonly tables: readonly string[];
  readonly codec: RowCodec;
  readonly onSetAside: (file: string, reason: string) => void;
  readonly pagesMax?: number;
}

/**
 * The seed server's store: one plain SQLite file, since all it holds is public records and vaults that are locked already.
 * Every method throws ConfabError `store-failed` when the disk fails; `rollback` then makes the store usable again.
 */
export class SeedStore implements StoreWriter {
  readonly #file: SqliteFile;
  readonly #tables: ReadonlySet<string>;
  #closed = false;

  /** Throws ConfabError `folder-unwritable`. */
  constructor(options: SeedStoreOptions) {
    ensureFolder(options.folder);
    this.#tables = new Set(options.tables);
    const path = join(options.folder, SEED_DATABASE);
    const file = { path, key: null, tables: options.tables, ...(options.pagesMax === undefined ? {} : { pagesMax: options.pagesMax }) };
    try {
      this.#file = openOrSetAside(() => new SqliteFile(file, options.codec), path, options.onSetAside);
    } catch (error) {
      throw new ConfabError('folder-unwritable', { folder: options.folder, reason: reasonOf(error) });
    }
  }

  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.#attempt(table, () => this.#file.get<Value>(table, key));
  }

  scan<Value = unknown>(table: string, range: ScanRange = {}): Array<readonly [key: string, value: Value]> {
    return this.#attempt(table, () => this.#file.scan<Value>(table, range));
  }

  count(table: string): number {
    return this.#attempt(table, () => this.#file.count(table));
  }

  put(table: string, key: string, value: unknown): void {
    this.#attempt(table, () => this.#file.put(table, key, value));
  }

  delete(table: string, key: string): void {
    this.#attempt(table, () => this.#file.delete(table, key));
  }

  get dirty(): boolean {
    return this.#file.writing;
  }

  /** Durable when it returns. */
  commit(): void {
    try {
      this.#file.commit();
    } catch (error) {
      throw new ConfabError('store-failed', { reason: storeReason(error) });
    }
  }

  rollback(): void {
    this.#file.rollback();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  #attempt<Result>(table: string, work: () => Result): Result {
    if (!this.#tables.has(table)) throw new Error(`there is no table ${table}`);
    try {
      // What a sync has failed for stands in the log: nobody is told of it before it is durable.
      if (this.#file.syncFailed && !this.#file.writing) this.#file.settle();
      return work();
    } catch (error) {
      throw new ConfabError('store-failed', { reason: storeReason(error) });
    }
  }
}

function openOrSetAside(open: () => SqliteFile, path: string, onSetAside: (file: string, reason: string) => void): SqliteFile {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof DamagedDatabase)) throw error;
    onSetAside(setDatabaseAside(path), `the seed server's store is damaged: ${error.message}`);
    return open();
  }
}
