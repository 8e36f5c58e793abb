/** The live timers of a program: one per (kind, key), on the process's own clock. */
export class Timers {
  readonly #due: (kind: string, key: string) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(due: (kind: string, key: string) => void) {
    this.#due = due;
  }

  /** Sets or moves the timer. A delay below zero is due at once. */
  schedule(kind: string, key: string, delayMillis: number): void {
    const id = `${kind}\0${key}`;
    clearTimeout(this.#timers.get(id));
    const timer = setTimeout(
      () => {
        this.#timers.delete(id);
        this.#due(kind, key);
      },
      Math.min(DELAY_MILLIS_MAX, Math.max(0, delayMillis)),
    );
    this.#timers.set(id, timer);
  }

  unschedule(kind: string, key: string): void {
    const id = `${kind}\0${key}`;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  get count(): number {
    return this.#timers.size;
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Node's timers hold 31 bits; above that they would fire at once. */
const DELAY_MILLIS_MAX = 2_147_483_647;
