import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Crypto, ScanRange, TransactionalStore } from '../../core/capabilities.ts';
import type { NodeKeys } from '../../core/env.ts';
import { ConfabError } from '../../core/errors.ts';
import { TABLES, type TableEntry } from '../../core/tables.ts';
import type { Settling } from '../../ports/ports.ts';
import { reasonOf, syncFolder } from '../files.ts';
import { keyCheck, writeKeyCheck } from './key-check.ts';
import { DamagedDatabase, filesOfDatabase, setDatabaseAside } from './open-database.ts';
import { type RowCodec, SqliteFile } from './sqlite-file.ts';
import { VaultFile } from './vault-file.ts';

export const NODE_DATABASE = 'node.db';
export const USER_DATABASE = 'user.db';
export const USER_CHECK = 'user.check';
export const VAULT_FILE = 'vault.cbor';

/** A table of node.db beside those of the core: what has to be done again after a crash in the middle of it. */
const PENDING_TABLE = 'pending';
const WIPE = 'wipe';

type Scope = TableEntry['scope'];

export function tablesOfScope(scope: Scope): string[] {
  return Object.entries(TABLES).flatMap(([name, entry]) => (entry.scope === scope ? [name] : []));
}

const RELEARNED = Object.entries<TableEntry>(TABLES).flatMap(([name, entry]) => (entry.relearned === true ? [name] : []));

/** The key of node.db, drawn from the node's own secret, so that nothing else has to be kept. */
export function nodeStoreKey(crypto: Crypto, keys: NodeKeys): Uint8Array {
  return crypto.hkdf({ key: keys.signingSeed, salt: new Uint8Array(0), info: 'confab/node-store/1', length: 32 });
}

export interface SqliteNodeStoreOptions {
  /** The node's folder; it must exist and belong to this process alone (see folder-lock.ts). */
  readonly folder: string;
  /** 32 bytes, see `nodeStoreKey`. */
  readonly nodeKey: Uint8Array;
  readonly codec: RowCodec;
  /** A file that could not be read was renamed to `file`; a new one takes its place. */
  readonly onSetAside: (file: string, reason: string) => void;
  /** Bound of each database in pages of 4 KiB; without it only the disk is the limit. */
  readonly pagesMax?: number;
  /** Pages that each database keeps in memory, KiB. */
  readonly cacheKib?: number;
}

/**
 * The stores of a node in its folder: node.db, user.db (encrypted) and vault.cbor, one transaction a turn over all three.
 *
 * Invariants
 * 1. Nothing of a turn is durable before `commit`, and after a `commit` that returned all of it is, unless `settleLater` let it return
 *    before: then what was written to the databases may be `unsettled`, and is durable when `settle` has called back. The vault goes
 *    first and is taken back when a database fails; the user's file goes before the node's, which never holds what is newer than
 *    something that the user's may still lose. A crash, or a disk that fails, exactly between two of them
 *    may keep the earlier one: what it holds is then merely news that is told again. A turn that wrote only to tables which are
 *    learned anew (tables.ts) is durable against the end of the process, and against a power cut once a later turn wrote to others.
 * 2. A read or write that fails makes the whole turn fail: later calls of the turn do nothing, `commit` throws
 *    ConfabError `store-failed`, and `rollback` makes the store usable again. No method but those of the life cycle throws.
 * 3. A file that does not open is renamed, never written to.
 * 4. `lock` and `wipe` take effect with the commit; a wipe that a crash interrupts is finished at the next start.
 */
export class SqliteNodeStore implements TransactionalStore, Settling {
  readonly #options: SqliteNodeStoreOptions;
  readonly #node: SqliteFile;
  readonly #vault: VaultFile;
  #user: SqliteFile | null = null;
  #failure: unknown = null;
  #unlockedThisTurn = false;
  #lockPending = false;
  #wipePending = false;
  #wipeUnfinished = false;
  /** The commit of a wipe failed, and may stand in the log all the same: without being taken back it would be finished at the next start. */
  #wipeRefused = false;
  #closed = false;
  settleLater = false;

  /** Throws ConfabError `folder-unwritable` when the folder cannot be used at all. */
  constructor(options: SqliteNodeStoreOptions) {
    this.#options = options;
    try {
      this.#node = this.#openNodeFile();
      this.#vault = new VaultFile(this.#path(VAULT_FILE), options.codec, options.onSetAside);
      this.#wipeUnfinished = this.#node.get(PENDING_TABLE, WIPE) !== undefined;
      this.#finishWipe();
    } catch (error) {
      throw error instanceof ConfabError ? error : new ConfabError('folder-unwritable', { folder: options.folder, reason: reasonOf(error) });
    }
  }

  // --- reading and writing ---

  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.#attempt(undefined, () => {
      const scope = this.#scopeOf(table);
      return scope === 'vault' ? this.#vault.get<Value>(key) : this.#file(scope, table).get<Value>(table, key);
    });
  }

  scan<Value = unknown>(table: string, range: ScanRange = {}): Array<readonly [key: string, value: Value]> {
    return this.#attempt([], () => {
      const scope = this.#scopeOf(table);
      return scope === 'vault' ? this.#vault.scan<Value>(range) : this.#file(scope, table).scan<Value>(table, range);
    });
  }

  count(table: string): number {
    return this.#attempt(0, () => {
      const scope = this.#scopeOf(table);
      return scope === 'vault' ? this.#vault.count : this.#file(scope, table).count(table);
    });
  }

  put(table: string, key: string, value: unknown): void {
    if (value === undefined) throw new Error(`undefined cannot be stored in ${table}`);
    this.#attempt(undefined, () => {
      const scope = this.#scopeOf(table);
      if (scope === 'vault') this.#vault.put(key, value);
      else this.#file(scope, table).put(table, key, value);
    });
  }

  delete(table: string, key: string): void {
    this.#attempt(undefined, () => {
      const scope = this.#scopeOf(table);
      if (scope === 'vault') this.#vault.delete(key);
      else this.#file(scope, table).delete(table, key);
    });
  }

  /** What `work` writes into the user's tables others know as well. */
  relearn(work: () => void): void {
    if (this.#user === null) work();
    else this.#user.relearn(work);
  }

  // --- the user's store ---

  get unlocked(): boolean {
    return this.#user !== null || (this.#unlockedThisTurn && this.#failure !== null);
  }

  unlock(key: Uint8Array): 'opened' | 'created' | 'set-aside' | 'wrong-key' {
    // Should the file system fail, the turn goes on as if it had opened, and its commit says that it did not.
    return this.#attempt('opened' as const, () => this.#unlock(key));
  }

  #unlock(key: Uint8Array): 'opened' | 'created' | 'set-aside' | 'wrong-key' {
    const verdict = keyCheck(this.#path(USER_CHECK), key);
    if (this.#user !== null) {
      if (verdict !== 'fits') return 'wrong-key';
      this.#lockPending = false;
      return 'opened';
    }
    this.#finishWipe();
    const path = this.#path(USER_DATABASE);
    const existed = existsSync(path) && statSync(path).size > 0;
    this.#unlockedThisTurn = true;
    if (verdict !== 'fits' && !existed) writeKeyCheck(this.#path(USER_CHECK), key);
    try {
      this.#user = this.#openUserFile(key);
    } catch (error) {
      if (!(error instanceof DamagedDatabase)) throw error;
      if (existed && verdict === 'differs') {
        this.#unlockedThisTurn = false;
        return 'wrong-key';
      }
      this.#options.onSetAside(setDatabaseAside(path), `the user's store is damaged: ${error.message}`);
      writeKeyCheck(this.#path(USER_CHECK), key);
      this.#user = this.#openUserFile(key);
      return 'set-aside';
    }
    // A database that opens has proved the key better than a check that was lost or damaged.
    if (verdict !== 'fits' && existed) writeKeyCheck(this.#path(USER_CHECK), key);
    return existed ? 'opened' : 'created';
  }

  lock(): void {
    if (this.#user !== null) this.#lockPending = true;
  }

  wipe(): void {
    this.#wipePending = true;
  }

  // --- the turn ---

  get dirty(): boolean {
    return (
      this.#node.writing ||
      this.#user?.writing === true ||
      this.#vault.dirty ||
      this.#lockPending ||
      this.#wipePending ||
      this.#unlockedThisTurn ||
      this.#wipeRefused ||
      this.#user?.syncFailed === true ||
      this.#node.syncFailed ||
      // Also a turn that wrote nothing waits for the disk once no more may wait, or they would grow without bound.
      (!this.settleLater && this.unsettled) ||
      this.#failure !== null
    );
  }

  commit(): void {
    if (this.#failure !== null) throw failed(this.#failure);
    try {
      if (this.#wipePending) {
        this.#node.put(PENDING_TABLE, WIPE, true);
        this.#node.commit();
      } else {
        this.#finishWipe();
        if (this.#wipeRefused) this.#node.delete(PENDING_TABLE, WIPE);
        // What is newer must not outlive what is older.
        if (this.#vault.dirty) this.#settleNow();
        const later = this.#mayLag;
        this.#vault.commit();
        this.#user?.commit(later && !this.#node.lasting);
        this.#node.commit(later);
      }
    } catch (error) {
      this.#failure = error;
      this.#wipeRefused ||= this.#wipePending;
      this.#undoVault();
      throw failed(error);
    }
    this.#afterCommit();
  }

  /** Only where the turn is all in databases that stay open and have lost nothing. */
  get #mayLag(): boolean {
    return this.settleLater && !this.#vault.dirty && !this.#lockPending && !this.#node.syncFailed && this.#user?.syncFailed !== true;
  }

  get unsettled(): boolean {
    return this.#user?.unsettled === true || this.#node.unsettled;
  }

  #settleNow(): void {
    this.#user?.settle();
    this.#node.settle();
  }

  settle(done: (failure: string | null) => void): void {
    const files = [this.#user, this.#node].filter((file) => file?.unsettled === true) as SqliteFile[];
    let waiting = files.length;
    let failure: string | null = null;
    if (waiting === 0) return done(null);
    const settled = (error: unknown) => {
      if (error !== null) failure ??= storeReason(error);
      waiting -= 1;
      if (waiting === 0) done(failure);
    };
    for (const file of files) {
      try {
        file.settleLater(settled);
      } catch (error) {
        settled(error);
      }
    }
  }

  #afterCommit(): void {
    this.#unlockedThisTurn = false;
    this.#wipeRefused = false;
    this.#quietly(() => this.#vault.confirmCommit());
    if (this.#wipePending) {
      this.#wipePending = false;
      this.#wipeUnfinished = true;
      this.#quietly(() => this.#finishWipe());
    }
    if (this.#lockPending) {
      this.#lockPending = false;
      this.#closeUser();
    }
  }

  rollback(): void {
    this.#quietly(() => this.#node.rollback());
    this.#quietly(() => this.#user?.rollback());
    this.#vault.rollback();
    if (this.#unlockedThisTurn) this.#closeUser();
    this.#unlockedThisTurn = false;
    this.#lockPending = false;
    this.#wipePending = false;
    this.#failure = null;
  }

  /** Forgets what was not committed. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeUser();
    this.#quietly(() => this.#node.close());
  }

  // --- inside ---

  #attempt<Result>(otherwise: Result, work: () => Result): Result {
    if (this.#failure !== null) return otherwise;
    try {
      return work();
    } catch (error) {
      if (error instanceof Misuse) throw error;
      this.#failure = error;
      return otherwise;
    }
  }

  #scopeOf(table: string): Scope {
    const entry: TableEntry | undefined = Object.hasOwn(TABLES, table) ? TABLES[table as keyof typeof TABLES] : undefined;
    if (entry === undefined) throw new Misuse(`there is no table ${table}`);
    return entry.scope;
  }

  #file(scope: 'node' | 'user', table: string): SqliteFile {
    if (scope === 'node') return this.#node;
    if (this.#user === null) throw new Misuse(`table ${table} belongs to the user, and nobody is logged in`);
    return this.#user;
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }

  #openNodeFile(): SqliteFile {
    const path = this.#path(NODE_DATABASE);
    const options = { ...this.#fileOptions(), path, key: this.#options.nodeKey, tables: [...tablesOfScope('node'), PENDING_TABLE], relearned: RELEARNED };
    try {
      return new SqliteFile(options, this.#options.codec);
    } catch (error) {
      if (!(error instanceof DamagedDatabase)) throw error;
      this.#options.onSetAside(setDatabaseAside(path), `the node's store is damaged: ${error.message}`);
      return new SqliteFile(options, this.#options.codec);
    }
  }

  #openUserFile(key: Uint8Array): SqliteFile {
    const options = { ...this.#fileOptions(), path: this.#path(USER_DATABASE), key, tables: tablesOfScope('user'), beside: [this.#path(USER_CHECK)] };
    return new SqliteFile(options, this.#options.codec);
  }

  #fileOptions(): { readonly pagesMax?: number; readonly cacheKib?: number } {
    const { pagesMax, cacheKib } = this.#options;
    return { ...(pagesMax === undefined ? {} : { pagesMax }), ...(cacheKib === undefined ? {} : { cacheKib }) };
  }

  #undoVault(): void {
    // Should even a rename fail, the newer vault stays: it is locked by a password that its owner has just given.
    this.#quietly(() => this.#vault.undoCommit());
  }

  #finishWipe(): void {
    if (!this.#wipeUnfinished) return;
    this.#closeUser();
    for (const file of [...filesOfDatabase(this.#path(USER_DATABASE)), this.#path(USER_CHECK)]) rmSync(file, { force: true });
    this.#vault.wipe();
    syncFolder(this.#options.folder);
    const within = this.#node.writing;
    this.#node.delete(PENDING_TABLE, WIPE);
    if (!within) this.#node.commit();
    this.#wipeUnfinished = false;
  }

  #closeUser(): void {
    const user = this.#user;
    this.#user = null;
    if (user !== null) this.#quietly(() => user.close());
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // The caller is already failing or closing; a second complaint about the same disk helps nobody.
    }
  }
}

/** A mistake of the program, not of the disk: it must be seen at once. */
class Misuse extends Error {}

function failed(error: unknown): ConfabError {
  return error instanceof ConfabError ? error : new ConfabError('store-failed', { reason: storeReason(error) });
}

/** SQLite's codes in words. */
export function storeReason(error: unknown): string {
  const code = String((error as { code?: unknown }).code);
  if (code === 'SQLITE_FULL') return 'the disk is full';
  if (code.startsWith('SQLITE_IOERR')) return 'the disk reports an error';
  if (code === 'SQLITE_READONLY' || code.startsWith('SQLITE_READONLY_')) return 'the store is read-only';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return 'the store is damaged; a restart sets it aside and makes a new one';
  if (code === 'SQLITE_BUSY') return 'another program holds the store';
  return reasonOf(error);
}
