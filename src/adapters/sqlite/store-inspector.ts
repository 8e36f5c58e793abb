import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Codec, ScanRange } from '../../core/capabilities.ts';
import { TABLES, type TableEntry } from '../../core/tables.ts';
import { NODE_DATABASE, storeReason, USER_DATABASE, VAULT_FILE } from './node-store.ts';
import { type Connection, openForReading, quoted } from './open-database.ts';
import { boundsOf } from './sqlite-file.ts';
import { readVaultFile } from './vault-file.ts';

export interface TableSummary {
  readonly table: string;
  readonly scope: TableEntry['scope'];
  readonly about: string;
  /** Null when the file cannot be read now: nobody's key was given, or it is damaged; `reason` says which. */
  readonly rows: number | null;
  readonly reason?: string;
}

export interface StoreInspectorOptions {
  readonly folder: string;
  /** See `nodeStoreKey`. */
  readonly nodeKey: Uint8Array;
  /** The key that lies in the vault; without it the user's tables stay closed. */
  readonly userKey?: Uint8Array;
  readonly codec: Codec;
}

/** Looks into a node's folder without changing anything, also while the node runs. */
export class StoreInspector {
  readonly #options: StoreInspectorOptions;
  readonly #databases = new Map<'node' | 'user', Connection | string>();

  constructor(options: StoreInspectorOptions) {
    this.#options = options;
    this.#databases.set('node', this.#open(NODE_DATABASE, options.nodeKey));
    this.#databases.set('user', options.userKey === undefined ? 'closed: nobody is logged in here' : this.#open(USER_DATABASE, options.userKey));
  }

  tables(): TableSummary[] {
    return Object.entries(TABLES).map(([table, { scope, about }]) => {
      const rows = this.#count(table, scope);
      return typeof rows === 'number' ? { table, scope, about, rows } : { table, scope, about, rows: null, reason: rows };
    });
  }

  /** Rows of a table in key order; empty when it cannot be read. */
  rows(table: string, range: ScanRange = {}): Array<readonly [key: string, value: unknown]> {
    const scope = TABLES[table as keyof typeof TABLES]?.scope;
    if (scope === undefined) return [];
    const { from, to } = boundsOf(range);
    if (scope === 'vault') {
      const rows = this.#vault();
      if (typeof rows === 'string') return [];
      const keys = [...rows.keys()].filter((key) => key >= from && (to === undefined || key < to)).sort();
      return keys.slice(0, range.limit ?? keys.length).map((key) => [key, this.#options.codec.decode(rows.get(key) as Uint8Array)] as const);
    }
    const database = this.#databases.get(scope);
    if (database === undefined || typeof database === 'string') return [];
    try {
      const order = range.reverse === true ? 'DESC' : 'ASC';
      const statement = database.prepare<unknown[], [string, Buffer]>(
        `SELECT key, value FROM ${quoted(table)} WHERE key >= ? ${to === undefined ? '' : 'AND key < ?'} ORDER BY key ${order} LIMIT ?`,
      );
      const found = statement.raw().all(...(to === undefined ? [from] : [from, to]), range.limit ?? -1);
      return found.map(([key, bytes]) => [key, this.#options.codec.decode(bytes)] as const);
    } catch {
      return [];
    }
  }

  close(): void {
    for (const database of this.#databases.values()) if (typeof database !== 'string') database.close();
    this.#databases.clear();
  }

  #open(name: string, key: Uint8Array): Connection | string {
    const path = join(this.#options.folder, name);
    if (!existsSync(path)) return 'not there yet';
    try {
      return openForReading(path, key);
    } catch (error) {
      return storeReason(error);
    }
  }

  #count(table: string, scope: TableEntry['scope']): number | string {
    if (scope === 'vault') {
      const rows = this.#vault();
      return typeof rows === 'string' ? rows : rows.size;
    }
    const database = this.#databases.get(scope);
    if (database === undefined || typeof database === 'string') return database ?? 'closed';
    try {
      return (
        database
          .prepare<[], number>(`SELECT count(*) FROM ${quoted(table)}`)
          .pluck()
          .get() ?? 0
      );
    } catch (error) {
      return storeReason(error);
    }
  }

  #vault(): ReadonlyMap<string, Uint8Array> | string {
    const path = join(this.#options.folder, VAULT_FILE);
    if (!existsSync(path)) return 'not there yet';
    try {
      return readVaultFile(path, this.#options.codec);
    } catch (error) {
      return storeReason(error);
    }
  }
}
