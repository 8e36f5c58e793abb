import { Worker } from 'node:worker_threads';
import { CELL, newCell, sayWork, TurnWatch } from '../turn-watch.ts';
import type { SeedOutcome, SeedTask } from './play-seed.ts';
import type { Unplayable, WorkerAnswer } from './worker.ts';

/** Runs make much garbage that dies young: with room for it, it is never copied. */
const YOUNG_MEGABYTES = 64;

interface Playing {
  readonly seed: number;
  readonly sinceMillis: number;
  readonly resolve: (answer: WorkerAnswer) => void;
}

const LOOK_MILLIS = 1_000;

interface Slot {
  worker: Worker;
  busy: Playing | null;
}

/** What a seed came to whose thread ended under it. */
function endedThread(seed: number, reason: string): WorkerAnswer {
  return {
    outcome: { seed, verdict: 'crash', reason: `the thread that played it has ended: ${reason}`, broken: [], events: 0, virtualMillis: 0, repeats: null },
  };
}

/**
 * Threads that play seeds, one at a time each. A program of one's own may end its thread (an error that nobody catches, an exit,
 * all memory used up): its seed counts as crashed, and another thread takes the place.
 */
export class Pool {
  readonly #slots: Slot[];
  readonly #waiting: Array<() => void> = [];
  #isOver = false;

  constructor(count: number) {
    this.#slots = Array.from({ length: count }, () => {
      const [worker, cell] = newWorker();
      const slot: Slot = { worker, busy: null };
      this.#watch(slot, cell);
      return slot;
    });
  }

  get size(): number {
    return this.#slots.length;
  }

  /** `cell` tells what code of one's own does in the thread. */
  #watch(slot: Slot, cell: Int32Array): void {
    const { worker } = slot;
    const turns = new TurnWatch(cell);
    let reason: string | null = null;
    const look = setInterval(() => {
      if (!turns.look()) return;
      reason = `${sayWork(cell, null)} had not come to its end for ${cell[CELL.seconds]} s (played by confab run, it says where)`;
      void worker.terminate();
    }, LOOK_MILLIS);
    look.unref();
    worker.on('message', (answer: WorkerAnswer) => this.#free(slot, answer));
    worker.on('error', (error: Error) => {
      reason = error.message;
    });
    worker.on('exit', (code) => {
      clearInterval(look);
      if (this.#isOver || slot.worker !== worker) return;
      const [next, nextCell] = newWorker();
      slot.worker = next;
      this.#watch(slot, nextCell);
      if (slot.busy !== null) this.#free(slot, endedThread(slot.busy.seed, reason ?? `it left with exit code ${code}`));
    });
  }

  #free(slot: Slot, answer: WorkerAnswer): void {
    const { busy } = slot;
    slot.busy = null;
    busy?.resolve(answer);
    this.#waiting.shift()?.();
  }

  /** Waits for a free thread. Gives what came of the seed, or the reason why the file cannot be played. */
  async play(task: SeedTask): Promise<SeedOutcome | { readonly unplayable: Unplayable }> {
    for (;;) {
      const free = this.#slots.find((slot) => slot.busy === null);
      if (free !== undefined) {
        const answer = await new Promise<WorkerAnswer>((resolve) => {
          free.busy = { seed: task.seed, sinceMillis: performance.now(), resolve };
          free.worker.postMessage(task);
        });
        return 'outcome' in answer ? answer.outcome : answer;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** The seed that has been played for the longest time by now; null: none is. */
  longest(nowMillis: number): { readonly seed: number; readonly forMillis: number } | null {
    const playing = this.#slots.flatMap(({ busy }) => (busy === null ? [] : [busy])).sort((one, other) => one.sinceMillis - other.sinceMillis);
    const [first] = playing;
    return first === undefined ? null : { seed: first.seed, forMillis: nowMillis - first.sinceMillis };
  }

  /** Seeds that are being played are not waited for, and are never answered. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#slots.map(({ worker }) => worker.terminate()));
  }
}

/** A thread, and what tells of the turns of programs in it. */
function newWorker(): [Worker, Int32Array] {
  const cell = newCell();
  const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: { cell }, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
  return [worker, cell];
}
