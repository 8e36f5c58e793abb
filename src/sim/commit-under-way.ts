import type { Effects } from '../core/effects.ts';
import type { MemoryStore } from './disk.ts';

/** What a turn wants that was committed. */
export interface Commit {
  readonly effects: Effects;
  durable: boolean;
}

/**
 * The commits that a hosted node is busy with, and what the turns behind them want. The end of each falls into two steps: at some moment
 * what was written is durable, and later what the turn wants leaves. There is more than one where a commit failed on a slow machine and is
 * tried again before its turn has left; each lets go of its own.
 */
export class CommitUnderWay {
  readonly #commits = new Set<Commit>();

  get isUnderWay(): boolean {
    return this.#commits.size > 0;
  }

  begin(effects: Effects): Commit {
    const commit = { effects, durable: false };
    this.#commits.add(commit);
    return commit;
  }

  settle(store: MemoryStore): void {
    store.settle();
    for (const commit of this.#commits) commit.durable = true;
  }

  /** One is over: what is to leave now. */
  end(commit: Commit): Effects {
    this.#commits.delete(commit);
    return commit.effects;
  }

  /** The node was killed. What is durable happened, though nothing of it has left: whoever writes the trace of a simulated world sees that. */
  killed(): void {
    for (const { durable, effects } of this.#commits) if (durable) effects.tell();
  }

  /** The node has ended: nothing of it leaves any more. */
  forget(): void {
    this.#commits.clear();
  }
}
