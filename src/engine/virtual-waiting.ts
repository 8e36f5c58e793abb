import type { Inhabitant, World } from '../sim/world.ts';

/** An await point that something can satisfy before its deadline. */
export interface Waiting {
  readonly promise: Promise<void>;
  /** Satisfies it at the present virtual time. */
  wake(): void;
}

interface Waiter {
  settled: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Events after which Node.js gets its turn, so that signals and progress lines are served in a long virtual time. */
const EVENTS_BETWEEN_PAUSES = 20_000;
/** Whoever waits for news looks this long after it, so that a burst of events is looked at once. */
const NEWS_MILLIS = 5;

/**
 * Makes virtual time pass while somebody waits, and only then. Deadlines are events of the world like any other.
 *
 * Invariants
 * 1. Time stands still while a strand runs: events happen only when every strand waits here.
 * 2. Await points are satisfied one at a time, in the order in which their reasons happened, and each strand runs to its
 *    next await point before another goes on. So the same program of strands gives the same run in any process.
 * 3. A deadline is virtual: where nothing else can happen, time jumps to it.
 */
export class VirtualWaiting implements Inhabitant {
  readonly index: number;
  readonly name = 'runner';
  readonly #world: World;
  readonly #waiters = new Set<Waiter>();
  #ready: Waiter[] = [];
  /** Those that news wakes up, and have not heard any yet. */
  #curious: Waiter[] = [];
  #pumping = false;

  constructor(index: number, world: World) {
    this.index = index;
    this.#world = world;
  }

  /** Waits until `wake`, or until virtual time `deadlineMillis`. With `wakesOnNews`, `news` satisfies it soon as well. */
  wait(deadlineMillis: number, wakesOnNews = false): Waiting {
    const { promise, waiter } = this.#makeWaiter();
    this.#waiters.add(waiter);
    this.#world.scheduleAt(this.index, Math.max(deadlineMillis, this.#world.now), 0, waiter);
    if (wakesOnNews) this.#curious.push(waiter);
    if (!this.#pumping) {
      this.#pumping = true;
      void this.#pump();
    }
    return { promise, wake: () => this.#wake(waiter) };
  }

  /** Something changed: whoever looks for changes looks soon. */
  news(): void {
    const curious = this.#curious;
    if (curious.length === 0) return;
    this.#curious = [];
    for (const waiter of curious) if (!waiter.settled) this.#world.scheduleAt(this.index, this.#world.now + NEWS_MILLIS, 0, waiter);
  }

  /** Ends every await point with an error. */
  fail(error: unknown): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    this.#ready = [];
    this.#curious = [];
    for (const waiter of waiters) {
      waiter.settled = true;
      waiter.reject(error);
    }
  }

  receive(): void {
    // Nobody sends to the runner.
  }

  warm(): boolean {
    return false;
  }

  fire(): void {
    // It sets no timers.
  }

  /** A deadline has come. */
  happen(_what: number, payload: unknown): void {
    this.#wake(payload as Waiter);
  }

  #makeWaiter(): { promise: Promise<void>; waiter: Waiter } {
    let waiter: Waiter | null = null;
    const promise = new Promise<void>((resolve, reject) => {
      waiter = { settled: false, resolve, reject };
    });
    return { promise, waiter: waiter as unknown as Waiter };
  }

  #wake(waiter: Waiter): void {
    if (waiter.settled) return;
    waiter.settled = true;
    this.#ready.push(waiter);
  }

  async #pump(): Promise<void> {
    try {
      await afterContinuations();
      while (this.#waiters.size > 0) {
        if (this.#ready.length === 0) this.#run();
        // Those that become ready meanwhile come after these.
        const ready = this.#ready;
        this.#ready = [];
        for (const waiter of ready) {
          this.#waiters.delete(waiter);
          waiter.resolve();
          await afterContinuations();
        }
        if (ready.length === 0) await afterContinuations();
      }
      this.#pumping = false;
    } catch (error) {
      this.#pumping = false;
      this.fail(error);
    }
  }

  /** Lets events happen until somebody can go on, or until it is time for a pause. */
  #run(): void {
    for (let count = 0; count < EVENTS_BETWEEN_PAUSES && this.#ready.length === 0; count += 1) this.#world.step();
  }
}

/** A macrotask later: everything that a resolved promise sets off has run. */
function afterContinuations(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
