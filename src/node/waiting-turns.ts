import type { Effects } from '../core/effects.ts';
import type { Settling } from '../ports/ports.ts';

export interface WaitingTurnsBounds {
  /** A turn of fewer inputs waits for the disk itself, since nobody has anything else to do meanwhile. */
  readonly inputsLeast: number;
  /** Turns that wait at once; the next one waits for the disk itself, and so for all of them. */
  readonly turnsMax: number;
}

export interface WaitingTurnsHooks {
  /** Lets go effects whose commit is durable. */
  release(effects: Effects): void;
  /** Commits could not be made durable: their effects were dropped, and the program that made them knows too much. */
  failed(reason: string): void;
}

/**
 * Lets a busy node work on the next turn while the disk writes the one before: its commit is in the system's hands, its effects wait
 * here until it is durable (asynchronous commit with acknowledgements held back, as DeWitt et al. describe pre-committed transactions
 * in "Implementation Techniques for Main Memory Database Systems", 1984). One sync covers all turns that were committed when it began.
 *
 * Invariants
 * 1. Effects leave in the order of their turns, and none before its commit is durable.
 * 2. When a sync fails, nothing of the turns that waited leaves but the word that they failed.
 */
export class WaitingTurns {
  readonly #settling: Settling;
  readonly #bounds: WaitingTurnsBounds;
  readonly #hooks: WaitingTurnsHooks;
  #turns: Array<{ readonly number: number; readonly effects: Effects }> = [];
  #count = 0;
  #underWay = false;
  #settleMillis = 0;
  #emptied: Array<() => void> = [];

  constructor(settling: Settling, bounds: WaitingTurnsBounds, hooks: WaitingTurnsHooks) {
    this.#settling = settling;
    this.#bounds = bounds;
    this.#hooks = hooks;
  }

  /** Before the commit of a turn of so many inputs. */
  prepare(inputs: number): void {
    const waiting = this.#turns.length;
    this.#settling.settleLater = waiting < this.#bounds.turnsMax && (waiting > 0 || inputs >= this.#bounds.inputsLeast);
  }

  /** After the commit of a turn: its effects leave now or when the disk has it. */
  ended(effects: Effects): void {
    this.#count += 1;
    this.#turns.push({ number: this.#count, effects });
    if (this.#settling.unsettled) this.#settle();
    else this.#releaseUpTo(this.#count);
  }

  /** How long the disk took beside the work when that was last measured, ms; 0 where no turn waits. */
  get settleMillis(): number {
    return this.#settling.unsettled ? this.#settleMillis : 0;
  }

  /** Resolves when no turn waits any more. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#turns.length === 0) resolve();
      else this.#emptied.push(resolve);
    });
  }

  #settle(): void {
    if (this.#underWay) return;
    this.#underWay = true;
    const number = this.#count;
    const startMillis = performance.now();
    this.#settling.settle((failure) => {
      this.#underWay = false;
      this.#settleMillis = performance.now() - startMillis;
      if (failure !== null) return this.#fail(failure);
      this.#releaseUpTo(number);
      if (this.#turns.length > 0) this.#settle();
    });
  }

  #releaseUpTo(number: number): void {
    for (let turn = this.#turns[0]; turn !== undefined && turn.number <= number; turn = this.#turns[0]) {
      this.#turns.shift();
      this.#hooks.release(turn.effects);
    }
    this.#tellEmpty();
  }

  #fail(reason: string): void {
    const dropped = this.#turns;
    this.#turns = [];
    for (const { effects } of dropped) effects.drop(reason);
    this.#hooks.failed(reason);
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#turns.length > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }
}
