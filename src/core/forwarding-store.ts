import type { ScanRange, TransactionalStore } from './capabilities.ts';

/** A store that hands everything on to another one: what stands between a program and its store changes only what it is about. */
export class ForwardingStore implements TransactionalStore {
  protected readonly real: TransactionalStore;

  constructor(real: TransactionalStore) {
    this.real = real;
  }

  get unlocked(): boolean {
    return this.real.unlocked;
  }
  get dirty(): boolean {
    return this.real.dirty;
  }
  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.real.get<Value>(table, key);
  }
  scan<Value = unknown>(table: string, range?: ScanRange): Array<readonly [key: string, value: Value]> {
    return this.real.scan<Value>(table, range);
  }
  count(table: string): number {
    return this.real.count(table);
  }
  put(table: string, key: string, value: unknown): void {
    this.real.put(table, key, value);
  }
  delete(table: string, key: string): void {
    this.real.delete(table, key);
  }
  relearn(work: () => void): void {
    this.real.relearn(work);
  }
  unlock(key: Uint8Array): UnlockOutcome {
    return this.real.unlock(key);
  }
  lock(): void {
    this.real.lock();
  }
  wipe(): void {
    this.real.wipe();
  }
  commit(): void {
    this.real.commit();
  }
  rollback(): void {
    this.real.rollback();
  }
  close(): void {
    this.real.close();
  }
}

export type UnlockOutcome = ReturnType<TransactionalStore['unlock']>;
