import type { World } from '../sim/world.ts';

/** One await point of a strand. */
interface Waiter {
  deadlineMillis: number;
  ready: boolean;
  readonly wakesOnEvent: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** An await point that something can satisfy before its deadline. */
export interface Waiting {
  readonly promise: Promise<void>;
  /** Satisfies it at the present virtual time. */
  wake(): void;
}

/** Events after which Node.js gets its turn, so that signals and progress lines are served in a long virtual time. */
const EVENTS_BETWEEN_PAUSES = 20_000;
/** Checks that wait for news look this long after it, so that a burst of events is looked at once. */
const NEWS_MILLIS = 5;

/**
 * Makes virtual time pass while somebody waits, and only then.
 *
 * Invariants
 * 1. Time stands still while a strand runs: events happen only when every strand waits here.
 * 2. Await points are satisfied one at a time, in the order in which they were made, and each strand runs to its next
 *    await point before another goes on. So the same program of strands gives the same run in any process.
 * 3. A deadline is virtual: where nothing can happen any more, time jumps to it.
 */
export class VirtualWaiting {
  readonly #world: World;
  #waiters: Waiter[] = [];
  #pumping = false;
  #woken = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Waits until `wake`, or until virtual time `deadlineMillis`. With `wakesOnEvent`, `news` satisfies it as well. */
  wait(deadlineMillis: number, wakesOnEvent = false): Waiting {
    let waiter: Waiter | undefined;
    const promise = new Promise<void>((resolve, reject) => {
      waiter = { deadlineMillis, ready: false, wakesOnEvent, resolve, reject };
      this.#waiters.push(waiter);
    });
    if (!this.#pumping) {
      this.#pumping = true;
      void this.#pump();
    }
    return { promise, wake: () => this.#wake(waiter) };
  }

  /** Something was told by a node: whoever looks for a change looks soon. */
  news(): void {
    const soon = this.#world.now + NEWS_MILLIS;
    for (const waiter of this.#waiters) if (waiter.wakesOnEvent && waiter.deadlineMillis > soon) waiter.deadlineMillis = soon;
  }

  /** Ends every await point with an error. */
  fail(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }

  #wake(waiter: Waiter | undefined): void {
    if (waiter === undefined) return;
    waiter.ready = true;
    this.#woken = true;
  }

  async #pump(): Promise<void> {
    try {
      await afterContinuations();
      while (this.#waiters.length > 0) {
        const waiter = this.#nextReady();
        if (waiter !== null) {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          waiter.resolve();
        }
        await afterContinuations();
      }
      this.#pumping = false;
    } catch (error) {
      this.#pumping = false;
      this.fail(error);
    }
  }

  /** Lets events happen until somebody can go on; null when it is time for a pause. */
  #nextReady(): Waiter | null {
    const known = this.#waiters.find((waiter) => waiter.ready);
    if (known !== undefined) return known;
    this.#woken = false;
    for (let count = 0; count < EVENTS_BETWEEN_PAUSES; count += 1) {
      const first = this.#earliest();
      if (!this.#world.step(first.deadlineMillis)) {
        this.#world.runUntil(first.deadlineMillis);
        return first;
      }
      if (this.#woken) return this.#waiters.find((waiter) => waiter.ready) ?? null;
    }
    return null;
  }

  #earliest(): Waiter {
    let first = this.#waiters[0] as Waiter;
    for (const waiter of this.#waiters) if (waiter.deadlineMillis < first.deadlineMillis) first = waiter;
    return first;
  }
}

/** A macrotask later: everything that a resolved promise sets off has run. */
function afterContinuations(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
