/** Whole numbers that the thread of programs and whoever watches it share. `turns` counts pieces of work; `kind` and `seconds` are of the one that goes on. */
export const CELL = Object.freeze({ turns: 0, inTurn: 1, interrupted: 2, sleep: 3, kind: 4, seconds: 5, count: 6 });

export function newCell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(CELL.count * Int32Array.BYTES_PER_ELEMENT));
}

/** How long one turn may take, s: what a program does in one is done in microseconds, also where other work keeps the machine busy. */
export const TURN_SECONDS_MAX = 5;

/** What code of one's own may be at, by number in the cell, as a sentence begins with it; `{name}` is of the node, the file, the check or the workload. */
export const WORK_KINDS = ['a turn of the program of {name}', 'loading {name}', 'the check {name}', 'the workload {name}'] as const;

export const WORK = Object.freeze({ turn: 0, loading: 1, check: 2, workload: 3 });

/** What goes on as the cell says, with the name that whoever looks at it may not know. */
export function sayWork(cell: Int32Array, name: string | null): string {
  const words = WORK_KINDS[Atomics.load(cell, CELL.kind)] ?? WORK_KINDS[WORK.turn];
  return name === null
    ? words.replace(' of {name}', '').replace('loading {name}', 'loading its program').replace(' {name}', '')
    : words.replace('{name}', name);
}

/** Looks once a second. It counts its own looks: a laptop that slept, or a process that was paused, has not been busy. */
export class TurnWatch {
  readonly #cell: Int32Array;
  #turn = -1;
  #seconds = 0;

  constructor(cell: Int32Array) {
    this.#cell = cell;
  }

  /** True: what goes on has taken longer than it may. */
  look(): boolean {
    const turn = Atomics.load(this.#cell, CELL.turns);
    this.#seconds = Atomics.load(this.#cell, CELL.inTurn) === 1 && turn === this.#turn ? this.#seconds + 1 : 0;
    this.#turn = turn;
    return this.#seconds >= Math.max(TURN_SECONDS_MAX, Atomics.load(this.#cell, CELL.seconds));
  }
}
