import type { Effects } from '../core/effects.ts';
import type { MemoryStore } from './disk.ts';

/**
 * The commit that a hosted node is busy with, and what the turn behind it wants. Its end falls into two steps: at some moment what was
 * written is durable, and later what the turn wants leaves.
 */
export class CommitUnderWay {
  #effects: Effects | null = null;
  #durable = false;

  get isUnderWay(): boolean {
    return this.#effects !== null;
  }

  begin(effects: Effects): void {
    this.#effects = effects;
    this.#durable = false;
  }

  settle(store: MemoryStore): void {
    store.settle();
    this.#durable = this.#effects !== null;
  }

  /** It is over: what is to leave now. */
  end(): Effects | null {
    const effects = this.#effects;
    this.#forget();
    return effects;
  }

  /** The node was killed. What is durable happened, though nothing of it has left: whoever writes the trace of a simulated world sees that. */
  killed(): void {
    if (this.#durable) this.#effects?.tell();
    this.#forget();
  }

  #forget(): void {
    this.#effects = null;
    this.#durable = false;
  }
}
