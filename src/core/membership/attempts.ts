import type { Parts } from '../parts.ts';
import type { NodeId } from '../types.ts';

interface Attempt {
  readonly failures: number;
  readonly nextMillis: number;
}

/** Nodes whose failures are remembered. */
const ATTEMPTS_MAX = 1_024;

/** How often nodes were tried in vain, and when they may be tried next. What is not remembered has not failed. */
export class Attempts {
  readonly #parts: Pick<Parts, 'env' | 'options'>;
  readonly #attempts = new Map<NodeId, Attempt>();

  constructor(parts: Pick<Parts, 'env' | 'options'>) {
    this.#parts = parts;
  }

  failures(id: NodeId): number {
    return this.#attempts.get(id)?.failures ?? 0;
  }

  /** Not before then, ms; minus infinity: at once. */
  nextMillis(id: NodeId): number {
    return this.#attempts.get(id)?.nextMillis ?? Number.NEGATIVE_INFINITY;
  }

  /** Counts as a failure until the link is up; the pause doubles. */
  failed(id: NodeId): void {
    const { env, options } = this.#parts;
    const failures = this.failures(id) + 1;
    const pauseMillis = Math.min(options.reconnectMillis * 2 ** (failures - 1), options.reconnectMillisMax) * (0.75 + 0.5 * env.random.fraction());
    this.#attempts.set(id, { failures, nextMillis: env.monotonicMillis + pauseMillis });
  }

  /** Left alone for so long, although it did not fail. */
  rest(id: NodeId, pauseMillis: number): void {
    this.#attempts.set(id, { failures: 2, nextMillis: this.#parts.env.monotonicMillis + pauseMillis });
  }

  forget(id: NodeId): void {
    this.#attempts.delete(id);
  }

  /** The oldest are forgotten above the bound. */
  trim(): void {
    while (this.#attempts.size > ATTEMPTS_MAX) this.#attempts.delete(this.#attempts.keys().next().value as NodeId);
  }
}
