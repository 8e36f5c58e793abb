import { NO_FAULTS, type NodeFaults } from '../core/faults.ts';
import { AFTERMATH } from './aftermath.ts';

/** A process that can be signalled; false: it is gone. */
export interface Signalled {
  readonly pid: number;
  signal(name: 'SIGSTOP' | 'SIGCONT'): boolean;
}

/** A slow process runs and stands still in turns of this length, ms, at least; its share of running is one in `slowFactor`. */
const DUTY_MILLIS = 40;
const RUN_MILLIS_MIN = 2;

/**
 * Pauses and slowness of one process, by SIGSTOP and SIGCONT.
 *
 * Invariants
 * 1. A process that is neither paused nor slow has been sent SIGCONT after the last SIGSTOP.
 * 2. A stopped process cannot notice that whoever started it is gone, so the aftermath knows of it and wakes it up then.
 */
export class Brake {
  readonly #process: Signalled;
  #faults: NodeFaults = NO_FAULTS;
  #timer: NodeJS.Timeout | null = null;

  constructor(process: Signalled) {
    this.#process = process;
  }

  get paused(): boolean {
    return this.#faults.paused;
  }

  set(faults: NodeFaults): void {
    this.#faults = faults;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (faults.paused) this.#stop();
    else if (faults.slowFactor > 1) this.#run();
    else this.#process.signal('SIGCONT');
  }

  release(): void {
    this.set(NO_FAULTS);
  }

  #stop(): void {
    AFTERMATH.wake(this.#process.pid);
    if (!this.#process.signal('SIGSTOP')) AFTERMATH.gone(this.#process.pid);
  }

  #run(): void {
    const { slowFactor } = this.#faults;
    const runMillis = Math.max(RUN_MILLIS_MIN, DUTY_MILLIS / slowFactor);
    if (!this.#process.signal('SIGCONT')) return;
    this.#timer = setTimeout(() => {
      this.#stop();
      this.#timer = setTimeout(() => this.#run(), runMillis * (slowFactor - 1));
    }, runMillis);
  }
}
