/** Which timers may be due a little sooner or later than asked for. */
export interface Patience {
  readonly kinds: ReadonlySet<string>;
  /** They are due at multiples of this, ms, unless they are wanted sooner than that. */
  readonly gridMillis: number;
}

/**
 * The live timers of a program: one per (kind, key), on the process's own clock.
 *
 * Each wake-up of an idle process costs several times what is then done, so timers of upkeep are moved to the nearest point of a grid
 * and those that meet there share one wake-up and one turn.
 */
export class Timers {
  readonly #due: (kind: string, key: string) => void;
  readonly #patience: Patience | null;
  readonly #timers = new Map<string, NodeJS.Timeout | NodeJS.Immediate>();

  constructor(due: (kind: string, key: string) => void, patience: Patience | null = null) {
    this.#due = due;
    this.#patience = patience;
  }

  /** Sets or moves the timer. A delay below zero is due at once. */
  schedule(kind: string, key: string, delayMillis: number): void {
    const id = `${kind}\0${key}`;
    this.#stop(id);
    const millis = Math.min(DELAY_MILLIS_MAX, Math.max(0, this.#moved(kind, delayMillis)));
    const dueMillis = performance.now() + millis;
    const fire = () => {
      this.#timers.delete(id);
      this.#due(kind, key);
    };
    const timer = setTimeout(() => {
      // Timers come before sockets in a turn of the event loop: what a process that stood still waits for may lie there already.
      if (performance.now() - dueMillis > LATE_MILLIS) this.#timers.set(id, setImmediate(fire));
      else fire();
    }, millis);
    this.#timers.set(id, timer);
  }

  #stop(id: string): void {
    const timer = this.#timers.get(id);
    if (timer === undefined) return;
    if ('hasRef' in timer && 'refresh' in timer) clearTimeout(timer);
    else clearImmediate(timer as NodeJS.Immediate);
  }

  #moved(kind: string, delayMillis: number): number {
    const patience = this.#patience;
    // Upkeep that is wanted soon has a reason.
    if (patience === null || delayMillis < patience.gridMillis || !patience.kinds.has(kind)) return delayMillis;
    const nowMillis = performance.now();
    return Math.round((nowMillis + delayMillis) / patience.gridMillis) * patience.gridMillis - nowMillis;
  }

  unschedule(kind: string, key: string): void {
    const id = `${kind}\0${key}`;
    this.#stop(id);
    this.#timers.delete(id);
  }

  /** Takes back all of them. */
  clear(): void {
    for (const id of this.#timers.keys()) this.#stop(id);
    this.#timers.clear();
  }

  get count(): number {
    return this.#timers.size;
  }
}

/** A timer that comes so late waits until what has arrived meanwhile was read, ms. */
const LATE_MILLIS = 20;
/** Node's timers hold 31 bits; above that they would fire at once. */
export const DELAY_MILLIS_MAX = 2_147_483_647;
