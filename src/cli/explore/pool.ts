import { Worker } from 'node:worker_threads';
import type { SeedOutcome, SeedTask } from './play-seed.ts';
import type { WorkerAnswer } from './worker.ts';

/** Runs make much garbage that dies young: with room for it, it is never copied. */
const YOUNG_MEGABYTES = 64;

interface Slot {
  readonly worker: Worker;
  busy: { readonly resolve: (answer: WorkerAnswer) => void; readonly reject: (error: Error) => void } | null;
}

/** Threads that play seeds, one at a time each. A thread that dies takes its seed with it and is not replaced. */
export class Pool {
  readonly #slots: Slot[];
  readonly #waiting: Array<() => void> = [];

  constructor(count: number) {
    this.#slots = Array.from({ length: count }, () => this.#start());
  }

  #start(): Slot {
    const slot: Slot = {
      worker: new Worker(new URL('worker.js', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } }),
      busy: null,
    };
    slot.worker.on('message', (answer: WorkerAnswer) => {
      const { busy } = slot;
      slot.busy = null;
      busy?.resolve(answer);
      this.#waiting.shift()?.();
    });
    slot.worker.on('error', (error: Error) => {
      slot.busy?.reject(error);
      slot.busy = null;
    });
    return slot;
  }

  /** Waits for a free thread. Rejects when the thread dies, or with the reason why the file cannot be played. */
  async play(task: SeedTask): Promise<SeedOutcome | { readonly unplayable: string }> {
    for (;;) {
      const free = this.#slots.find((slot) => slot.busy === null);
      if (free !== undefined) {
        const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
          free.busy = { resolve, reject };
          free.worker.postMessage(task);
        });
        return 'outcome' in answer ? answer.outcome : answer;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Seeds that are being played are not waited for, and are never answered. */
  async end(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }
}
