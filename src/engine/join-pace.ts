/** Nodes that come or join at the same time, at most. */
const AT_ONCE = 8;
/** Share of the time that a process worked: below it, it has done what came. */
const CALM = 0.9;
/** Nobody waits longer for that than `patienceMillis`, since others may keep the machine busy; and how often it is asked. */
const PACE = { patienceMillis: 5_000, pauseMillis: 50 };
const JOINING: ReadonlySet<string> = new Set(['register', 'login']);

/**
 * Where many nodes share few processes, a crowd that comes at once leaves each process more to do than its deadlines allow: links
 * are taken for dead while their frames wait, are opened again, and that is more to do. So whoever comes counts until no process
 * has work left over, and only then comes the next: as fast as this network on this machine can take it, whatever that is. Where
 * processes stay busy fewer come at once, down to one (additive increase, multiplicative decrease; Chiu and Jain, 1989).
 *
 * Invariants
 * 1. At most `AT_ONCE` are inside, and at least one may always go in.
 * 2. Nodes that run already join before further ones are started: those that nobody has logged in at are work without use.
 */
export class JoinPace {
  readonly #busy: () => Promise<number>;
  readonly #pace: typeof PACE;
  readonly #joins: Array<() => void> = [];
  readonly #starts: Array<() => void> = [];
  #width = AT_ONCE;
  #inside = 0;

  /** `busy`: the share of the last moment for which the busiest process has worked, 0 to 1; rejects where nobody answers. */
  constructor(busy: () => Promise<number>, pace: typeof PACE = PACE) {
    this.#busy = busy;
    this.#pace = pace;
  }

  async join<Value>(act: () => Promise<Value>): Promise<Value> {
    return await this.#pass(this.#joins, act);
  }

  async start<Value>(act: () => Promise<Value>): Promise<Value> {
    return await this.#pass(this.#starts, act);
  }

  isJoin(command: string): boolean {
    return JOINING.has(command);
  }

  async #pass<Value>(queue: Array<() => void>, act: () => Promise<Value>): Promise<Value> {
    await new Promise<void>((resolve) => {
      queue.push(resolve);
      this.#admit();
    });
    try {
      const value = await act();
      await this.#calm();
      return value;
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#inside < this.#width) {
      const next = this.#joins.shift() ?? this.#starts.shift();
      if (next === undefined) return;
      this.#inside += 1;
      next();
    }
  }

  async #calm(): Promise<void> {
    const untilMillis = performance.now() + this.#pace.patienceMillis;
    for (;;) {
      let busy: number;
      try {
        busy = await this.#busy();
      } catch {
        // It has ended meanwhile, or does not answer at all.
        return;
      }
      if (busy < CALM) {
        this.#width = Math.min(AT_ONCE, this.#width + 1);
        return;
      }
      if (performance.now() > untilMillis) {
        this.#width = Math.max(1, Math.floor(this.#width / 2));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#pace.pauseMillis));
    }
  }
}
