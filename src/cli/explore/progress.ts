import { sayMillis } from '../../scenario/durations.ts';

const WIDTH = 24;
const PERIOD_MILLIS = 200;

/** Where a line cannot be drawn over itself, one is written this often. */
const LOG_PERIOD_MILLIS = 10_000;

/** A line while seeds are played: a bar, how many, how many failed, how long it will take. Drawn over itself in a terminal. */
export class Progress {
  readonly #total: number;
  readonly #surface: 'terminal' | 'log' | 'none';
  readonly #startedMillis: number;
  #drawnMillis = Number.NEGATIVE_INFINITY;
  done = 0;
  failed = 0;

  constructor(total: number, surface: 'terminal' | 'log' | 'none', nowMillis: number) {
    this.#total = total;
    this.#surface = surface;
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
    if (this.#surface === 'none') return;
    const drawn = this.#surface === 'terminal' ? this.#drawnMillis : Math.max(this.#drawnMillis, this.#startedMillis);
    if (nowMillis - drawn < (this.#surface === 'terminal' ? PERIOD_MILLIS : LOG_PERIOD_MILLIS)) return;
    this.#drawnMillis = nowMillis;
    process.stdout.write(this.#surface === 'terminal' ? `\r\u001b[2K${this.line(nowMillis)}` : `${this.line(nowMillis)}\n`);
  }

  /** Something else wants the line, or all is over. */
  clear(): void {
    if (this.#surface !== 'terminal') return;
    process.stdout.write('\r\u001b[2K');
    this.#drawnMillis = Number.NEGATIVE_INFINITY;
  }
}
