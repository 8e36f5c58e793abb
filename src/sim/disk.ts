import { sameBytes } from '../core/bytes.ts';
import type { Codec, ScanRange, TransactionalStore } from '../core/capabilities.ts';
import { TABLES, type TableEntry, type TableName } from '../core/tables.ts';
import { MemoryTable } from './memory-table.ts';
import type { RowSeal } from './sealed-rows.ts';

type Tables = Map<string, MemoryTable>;

interface UserStore {
  /** Stands for what the file of a real store shows of its key: whether another one fits. It is part of no image. */
  readonly key: Uint8Array;
  readonly tables: Tables;
}

/**
 * What outlives a crash of a node: its files, as tables in memory. Values are kept by reference, which programs may not
 * notice since they never change what they stored; with a codec they are kept as bytes, which proves that.
 */
export class MemoryDisk {
  node: Tables = new Map();
  vault: Tables = new Map();
  user: UserStore | null = null;
  /** A fault: every commit fails for want of space. */
  full = false;
  /** A fault: the user's store cannot be read and will be set aside. */
  userDamaged = false;
  readonly codec: Codec | null;
  /** How rows of the user's store are sealed; null: they are not. Needs a codec. */
  seal: RowSeal | null;

  constructor(codec: Codec | null = null, seal: RowSeal | null = null) {
    this.codec = codec;
    this.seal = codec === null ? null : seal;
  }

  /** What lies on it now; what happens to the one does not happen to the other. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk(this.codec, this.seal);
    const copied = (tables: Tables): Tables => new Map([...tables].map(([name, table]) => [name, table.copy()]));
    copy.node = copied(this.node);
    copy.vault = copied(this.vault);
    copy.user = this.user === null ? null : { key: this.user.key, tables: copied(this.user.tables) };
    copy.full = this.full;
    copy.userDamaged = this.userDamaged;
    return copy;
  }

  /** Takes over what another disk has of one scope, also under a store that is open. */
  adopt(scope: TableEntry['scope'], other: MemoryDisk): void {
    const { node, vault, user } = other.copy();
    switch (scope) {
      case 'node':
        this.node = node;
        return;
      case 'vault':
        this.vault = vault;
        return;
      case 'user':
        if (this.user === null || user === null) this.user = user;
        else {
          this.user.tables.clear();
          for (const [name, table] of user.tables) this.user.tables.set(name, table);
        }
    }
  }

  /** The locked vaults, encoded. Needs a codec. */
  vaults(): Uint8Array[] {
    return [...this.vault.values()].flatMap((held) => held.scan({}).map(([, value]) => this.#bytes(value)));
  }

  /** Every row as whoever steals the disk would see it. Needs a codec. */
  *image(): Generator<readonly [table: string, key: string, value: Uint8Array]> {
    for (const [table, held] of [...this.node, ...this.vault, ...(this.user?.tables ?? [])]) {
      for (const [key, value] of held.scan({})) yield [table, key, this.#bytes(value)];
    }
  }

  #bytes(value: unknown): Uint8Array {
    if (value instanceof Uint8Array) return value;
    throw new Error('this disk keeps values, not bytes');
  }
}

/** Asked for at each access. */
const SCOPES: ReadonlyMap<string, (typeof TABLES)[TableName]['scope']> = new Map(Object.entries(TABLES).map(([name, { scope }]) => [name, scope]));

/** What takes one step back. */
type Undo =
  /** `value` is undefined where there was none. */
  | { readonly type: 'value'; readonly table: MemoryTable; readonly key: string; readonly value: unknown }
  | { readonly type: 'wiped'; readonly user: UserStore | null; readonly vault: Tables };

/**
 * A run's open store on a disk.
 *
 * Invariants
 * 1. Writes of a turn are seen at once and are gone after `rollback`.
 * 2. With `settleLater`, a commit can be lost by a crash until `settle` was called: this is the time that a disk takes.
 * 3. A wrong key opens nothing and changes nothing.
 */
export class MemoryStore implements TransactionalStore {
  readonly #disk: MemoryDisk;
  readonly #settleLater: boolean;
  #user: UserStore | null = null;
  #undo: Undo[] = [];
  #unsettled: Undo[] = [];
  #lockWanted = false;
  #wipeWanted = false;
  #unlockedThisTurn = false;

  constructor(disk: MemoryDisk, options: { readonly settleLater?: boolean } = {}) {
    this.#disk = disk;
    this.#settleLater = options.settleLater ?? false;
  }

  get dirty(): boolean {
    return this.#undo.length > 0 || this.#lockWanted || this.#wipeWanted || this.#unlockedThisTurn;
  }

  /** A commit is under way that a crash would lose. */
  get unsettled(): boolean {
    return this.#unsettled.length > 0;
  }

  get unlocked(): boolean {
    return this.#user !== null;
  }

  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.#read(table, key, this.#tables(table).get(table)?.get(key)) as Value | undefined;
  }

  scan<Value = unknown>(table: string, range: ScanRange = {}): Array<readonly [key: string, value: Value]> {
    const found = this.#tables(table).get(table)?.scan(range) ?? [];
    if (this.#disk.codec === null) return found as Array<readonly [string, Value]>;
    return found.map(([key, value]) => [key, this.#read(table, key, value) as Value] as const);
  }

  count(table: string): number {
    return this.#tables(table).get(table)?.size ?? 0;
  }

  put(table: string, key: string, value: unknown): void {
    if (value === undefined) throw new Error(`undefined cannot be stored in ${table}`);
    const held = this.#tableForWriting(table);
    this.#undo.push({ type: 'value', table: held, key, value: held.get(key) });
    held.put(key, this.#written(table, key, value));
  }

  delete(table: string, key: string): void {
    const held = this.#tableForWriting(table);
    const value = held.get(key);
    if (value === undefined) return;
    this.#undo.push({ type: 'value', table: held, key, value });
    held.delete(key);
  }

  /** A virtual disk forgets whole commits only. */
  relearn(work: () => void): void {
    work();
  }

  unlock(key: Uint8Array): 'opened' | 'created' | 'set-aside' | 'wrong-key' {
    const disk = this.#disk;
    if (disk.user !== null && !sameBytes(disk.user.key, key)) return 'wrong-key';
    this.#lockWanted = false;
    const outcome = disk.user === null ? 'created' : disk.userDamaged ? 'set-aside' : 'opened';
    if (disk.user === null || disk.userDamaged) disk.user = { key: key.slice(), tables: new Map() };
    disk.userDamaged = false;
    if (this.#user === null) this.#unlockedThisTurn = true;
    this.#user = disk.user;
    return outcome;
  }

  lock(): void {
    this.#lockWanted = this.#user !== null;
  }

  wipe(): void {
    this.#wipeWanted = true;
  }

  commit(): void {
    if (this.#disk.full && this.dirty) throw new Error('no space left on the disk');
    if (this.#wipeWanted) {
      this.#undo.push({ type: 'wiped', user: this.#disk.user, vault: this.#disk.vault });
      this.#disk.user = null;
      this.#disk.vault = new Map();
    }
    if (this.#wipeWanted || this.#lockWanted) this.#user = null;
    this.#endTurn();
    if (this.#settleLater) this.#unsettled.push(...this.#undo);
    this.#undo = [];
  }

  rollback(): void {
    this.#revert(this.#undo);
    this.#undo = [];
    if (this.#unlockedThisTurn) this.#user = null;
    this.#endTurn();
  }

  /** What was committed is durable from now on. */
  settle(): void {
    this.#unsettled = [];
  }

  /** The process ended without warning: the disk has what was durable, and this store is closed. */
  crash(): void {
    this.rollback();
    this.#revert(this.#unsettled);
    this.#unsettled = [];
    this.#user = null;
  }

  close(): void {
    this.rollback();
    this.#unsettled = [];
    this.#user = null;
  }

  #endTurn(): void {
    this.#unlockedThisTurn = false;
    this.#wipeWanted = false;
    this.#lockWanted = false;
  }

  #written(table: string, key: string, value: unknown): unknown {
    const { codec, seal } = this.#disk;
    if (codec === null) return value;
    const bytes = codec.encode(value);
    const user = seal === null ? null : this.#userOf(table);
    return seal === null || user === null ? bytes : seal.seal(user.key, `${table}/${key}`, bytes);
  }

  #read(table: string, key: string, held: unknown): unknown {
    const { codec, seal } = this.#disk;
    if (held === undefined || codec === null) return held;
    const user = seal === null ? null : this.#userOf(table);
    return codec.decode(seal === null || user === null ? (held as Uint8Array) : seal.open(user.key, `${table}/${key}`, held as Uint8Array));
  }

  /** Whose key seals a table; null for those of the node and the vault. */
  #userOf(table: string): UserStore | null {
    return SCOPES.get(table) === 'user' ? this.#user : null;
  }

  /** Throws for a table that there is not, and for the user's while nobody is logged in: mistakes of the program. */
  #tables(table: string): Tables {
    switch (SCOPES.get(table)) {
      case undefined:
        throw new Error(`no table ${table}`);
      case 'vault':
        return this.#disk.vault;
      case 'node':
        return this.#disk.node;
      case 'user':
        if (this.#user === null) throw new Error(`table ${table} belongs to the user, and nobody is logged in`);
        return this.#user.tables;
    }
  }

  #tableForWriting(name: string): MemoryTable {
    const tables = this.#tables(name);
    let table = tables.get(name);
    if (table === undefined) {
      table = new MemoryTable();
      tables.set(name, table);
    }
    return table;
  }

  #revert(steps: readonly Undo[]): void {
    for (const step of steps.toReversed()) {
      switch (step.type) {
        case 'value':
          if (step.value === undefined) step.table.delete(step.key);
          else step.table.put(step.key, step.value);
          break;
        case 'wiped':
          this.#disk.user = step.user;
          this.#disk.vault = step.vault;
          break;
      }
    }
  }
}
