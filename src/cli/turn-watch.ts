/** Whole numbers that the thread of programs and whoever watches it share. */
export const CELL = Object.freeze({ turns: 0, inTurn: 1, interrupted: 2, sleep: 3, count: 4 });

export function newCell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(CELL.count * Int32Array.BYTES_PER_ELEMENT));
}

/** How long one turn may take, s: what a program does in one is done in microseconds, also where other work keeps the machine busy. */
export const TURN_SECONDS_MAX = 5;

/** Looks once a second. It counts its own looks: a laptop that slept, or a process that was paused, has not been busy. */
export class TurnWatch {
  readonly #cell: Int32Array;
  #turn = -1;
  #seconds = 0;

  constructor(cell: Int32Array) {
    this.#cell = cell;
  }

  /** True: the turn that goes on has taken too long. */
  look(): boolean {
    const turn = Atomics.load(this.#cell, CELL.turns);
    this.#seconds = Atomics.load(this.#cell, CELL.inTurn) === 1 && turn === this.#turn ? this.#seconds + 1 : 0;
    this.#turn = turn;
    return this.#seconds >= TURN_SECONDS_MAX;
  }
}
