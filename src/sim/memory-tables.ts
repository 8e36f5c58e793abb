import type { ScanRange, StoreWriter } from '../core/capabilities.ts';
import { MemoryTable } from './memory-table.ts';

/** Tables without transactions: what the simulated seed server keeps. Every write is durable at once. */
export class MemoryTables implements StoreWriter {
  readonly #tables = new Map<string, MemoryTable>();

  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.#tables.get(table)?.get(key) as Value | undefined;
  }

  scan<Value = unknown>(table: string, range: ScanRange = {}): Array<readonly [key: string, value: Value]> {
    return (this.#tables.get(table)?.scan(range) ?? []) as Array<readonly [string, Value]>;
  }

  count(table: string): number {
    return this.#tables.get(table)?.size ?? 0;
  }

  put(table: string, key: string, value: unknown): void {
    let held = this.#tables.get(table);
    if (held === undefined) {
      held = new MemoryTable();
      this.#tables.set(table, held);
    }
    held.put(key, value);
  }

  *rows(): Generator<readonly [table: string, key: string, value: unknown]> {
    for (const [table, held] of this.#tables) for (const [key, value] of held.scan({})) yield [table, key, value];
  }

  delete(table: string, key: string): void {
    this.#tables.get(table)?.delete(key);
  }
}
