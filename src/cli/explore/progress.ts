import { sayMillis } from '../../scenario/durations.ts';

const WIDTH = 24;
const PERIOD_MILLIS = 200;

/** A line that is drawn over itself while seeds are played: a bar, how many, how many failed, how long it will take. */
export class Progress {
  readonly #total: number;
  readonly #terminal: boolean;
  readonly #startedMillis: number;
  #drawnMillis = Number.NEGATIVE_INFINITY;
  done = 0;
  failed = 0;

  constructor(total: number, terminal: boolean, nowMillis: number) {
    this.#total = total;
    this.#terminal = terminal;
    this.#startedMillis = nowMillis;
  }

  line(nowMillis: number): string {
    const share = this.#total === 0 ? 1 : this.done / this.#total;
    const filled = Math.round(share * WIDTH);
    const spent = nowMillis - this.#startedMillis;
    const left = this.done === 0 ? '' : `, ${sayMillis((spent / this.done) * (this.#total - this.done))} left`;
    return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${this.done} of ${this.#total} seeds, ${this.failed} failed${left}`;
  }

  draw(nowMillis: number): void {
    if (!this.#terminal || nowMillis - this.#drawnMillis < PERIOD_MILLIS) return;
    this.#drawnMillis = nowMillis;
    process.stdout.write(`\r\u001b[2K${this.line(nowMillis)}`);
  }

  /** Something else wants the line, or all is over. */
  clear(): void {
    if (this.#terminal) process.stdout.write('\r\u001b[2K');
    this.#drawnMillis = Number.NEGATIVE_INFINITY;
  }
}
