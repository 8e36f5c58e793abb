import type { TransactionalStore } from '../core/capabilities.ts';
import { ClockDrift } from '../core/clock-drift.ts';
import { type MachineFaultSettings, machineFaultsOf, NO_FAULTS } from '../core/faults.ts';
import { ForwardingStore } from '../core/forwarding-store.ts';
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
      flush: () => real.flush?.(),
    };
  }
}

/** Fails as a full disk does: nothing of the turn is written, and the host goes back to what is stored. */
class FallibleStore extends ForwardingStore {
  readonly #faults: MachineFaults;

  constructor(real: TransactionalStore, faults: MachineFaults) {
    super(real);
    this.#faults = faults;
  }

  override commit(): void {
    if (this.#faults.settings.diskFull) throw new Error('the disk is full');
    this.real.commit();
  }
}
