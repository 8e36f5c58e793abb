import type { ScanRange, TransactionalStore } from '../core/capabilities.ts';
import { ClockDrift } from '../core/clock-drift.ts';
import { type MachineFaultSettings, machineFaultsOf, NO_FAULTS } from '../core/faults.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { Clock, TraceSink } from '../ports/ports.ts';

/** Stands between a live node and its machine, and is as good as not there while nothing is set. */
export class MachineFaults {
  readonly #drift = new ClockDrift();
  readonly #now: () => number;
  #settings = machineFaultsOf(NO_FAULTS);

  /** `now` measures differences, ms. */
  constructor(now: () => number, settings = machineFaultsOf(NO_FAULTS)) {
    this.#now = now;
    this.set(settings);
  }

  get settings(): MachineFaultSettings {
    return this.#settings;
  }

  set(settings: MachineFaultSettings): void {
    this.#settings = settings;
    this.#drift.set(settings.driftMillisPerSecond, this.#now());
  }

  /** How far the time of day is off at that moment, whole ms. */
  #offMillis(monotonicMillis: number): number {
    return this.#settings.skewMillis + Math.trunc(this.#drift.gainedMillis(monotonicMillis));
  }

  /** Only the time of day is wrong: the clock that measures differences never goes back. */
  clock(real: Clock): Clock {
    return {
      monotonicMillis: () => real.monotonicMillis(),
      wallMillis: () => real.wallMillis() + this.#offMillis(this.#now()),
    };
  }

  store(real: TransactionalStore): TransactionalStore {
    return new FallibleStore(real, this);
  }

  /** Traces of several nodes are put in order by the machine's clock, so they tell its time and not the node's. */
  traceSink(real: TraceSink): TraceSink {
    return {
      write: (event: TraceEvent) => {
        const offMillis = this.#offMillis(event.monotonicMillis);
        real.write(offMillis === 0 ? event : { ...event, wallMillis: event.wallMillis - offMillis });
      },
    };
  }
}

/** Fails as a full disk does: nothing of the turn is written, and the host goes back to what is stored. */
class FallibleStore implements TransactionalStore {
  readonly #real: TransactionalStore;
  readonly #faults: MachineFaults;

  constructor(real: TransactionalStore, faults: MachineFaults) {
    this.#real = real;
    this.#faults = faults;
  }

  get unlocked(): boolean {
    return this.#real.unlocked;
  }
  get dirty(): boolean {
    return this.#real.dirty;
  }
  get<Value = unknown>(table: string, key: string): Value | undefined {
    return this.#real.get<Value>(table, key);
  }
  scan<Value = unknown>(table: string, range?: ScanRange): Array<readonly [key: string, value: Value]> {
    return this.#real.scan<Value>(table, range);
  }
  count(table: string): number {
    return this.#real.count(table);
  }
  put(table: string, key: string, value: unknown): void {
    this.#real.put(table, key, value);
  }
  delete(table: string, key: string): void {
    this.#real.delete(table, key);
  }
  unlock(key: Uint8Array): 'opened' | 'created' | 'set-aside' | 'wrong-key' {
    return this.#real.unlock(key);
  }
  lock(): void {
    this.#real.lock();
  }
  wipe(): void {
    this.#real.wipe();
  }
  commit(): void {
    if (this.#faults.settings.diskFull) throw new Error('the disk is full');
    this.#real.commit();
  }
  rollback(): void {
    this.#real.rollback();
  }
  close(): void {
    this.#real.close();
  }
}
