import { END_TURN } from './inputs.ts';
import type { World } from './world.ts';

/**
 * When the turn of a hosted node ends: with the virtual instant in which it began, since inputs of one instant share it. Where nothing
 * else waits for this instant, that is now, and no event of its own is needed, which spares one event in three.
 */
export class TurnEnd {
  readonly #world: World;
  readonly #index: number;
  readonly #end: () => void;
  #state: 'none' | 'open' | 'scheduled' = 'none';

  /** `end` ends a turn, which may begin another one. */
  constructor(world: World, index: number, end: () => void) {
    this.#world = world;
    this.#index = index;
    this.#end = end;
  }

  /** An input was handed over. */
  open(): void {
    if (this.#state === 'none') this.#state = 'open';
  }

  /** The turn ends by an event, if it does not already. */
  schedule(delayMillis: number): void {
    if (this.#state === 'scheduled') return;
    this.#state = 'scheduled';
    this.#world.schedule(this.#index, delayMillis, END_TURN, undefined);
  }

  /** The same for a turn that was opened outside of events: nobody can say there what else belongs to this instant. */
  scheduleIfOpen(): void {
    if (this.#state === 'open') this.schedule(0);
  }

  /** An event was handled: ends the turn that it has opened, there and then unless something else of this instant may belong to it. */
  close(): void {
    while (this.#state === 'open') {
      if (!this.#world.instantIsOver) return this.schedule(0);
      this.#end();
    }
  }

  /** The turn is being ended, or its node has ended. */
  over(): void {
    this.#state = 'none';
  }
}
