import { sayMillis } from '../../scenario/durations.ts';

const WIDTH = 24;
const PERIOD_MILLIS = 200;
/** Where a line cannot be drawn over itself, one is written this often. */
const LOG_PERIOD_MILLIS = 10_000;
/** Between two looks at the clock while nothing else happens. */
const TICK_MILLIS = 1_000;
/** A seed that is played for longer than this is named: a program may never come to an end. */
const LONG_MILLIS = 20_000;
/** Of terminals that do not say how wide they are. */
const COLUMNS = 80;

export type Surface = 'terminal' | 'log' | 'none';

/** The seed that has been played for the longest time. */
export interface Longest {
  readonly seed: number;
  readonly forMillis: number;
}

/** A line while seeds are played: a bar, how many, how many failed, how long it will take. Drawn over itself in a terminal. */
export class Progress {
  readonly #total: number;
  readonly #surface: Surface;
  readonly #startedMillis: number;
  readonly #longest: (nowMillis: number) => Longest | null;
  #drawnMillis = Number.NEGATIVE_INFINITY;
  #ticking: NodeJS.Timeout | null = null;
  done = 0;
  failed = 0;

  constructor(options: {
    readonly total: number;
    readonly surface: Surface;
    readonly nowMillis: number;
    readonly longest?: (nowMillis: number) => Longest | null;
  }) {
    this.#total = options.total;
    this.#surface = options.surface;
    this.#startedMillis = options.nowMillis;
    this.#longest = options.longest ?? (() => null);
  }

  /** In at most so many columns: the bar goes first, then what is less than the counts. */
  line(nowMillis: number, columns = Number.POSITIVE_INFINITY): string {
    const share = this.#total === 0 ? 1 : this.done / this.#total;
    const spent = nowMillis - this.#startedMillis;
    const bar = (width: number) => `[${'#'.repeat(Math.round(share * width))}${'.'.repeat(width - Math.round(share * width))}] `;
    const count = `${this.done} of ${this.#total} seeds`;
    const left = this.done === 0 || this.done === this.#total ? '' : `, ${sayMillis((spent / this.done) * (this.#total - this.done))} left`;
    const longest = this.#longest(nowMillis);
    const slow = longest === null || longest.forMillis < LONG_MILLIS ? '' : `, seed ${longest.seed} for ${sayMillis(longest.forMillis)} by now`;
    const failed = `, ${this.failed} failed`;
    const forms = [
      `${bar(WIDTH)}${count}${failed}${left}${slow}`,
      `${bar(WIDTH)}${count}${failed}${left}`,
      `${bar(WIDTH / 3)}${count}${failed}${left}`,
      `${count}${failed}${left}`,
      `${count}${failed}`,
    ];
    return forms.find((form) => form.length <= columns) ?? `${this.done}/${this.#total}`.slice(0, columns);
  }

  draw(nowMillis: number): void {
    if (this.#surface === 'none') return;
    const isTerminal = this.#surface === 'terminal';
    const drawn = isTerminal ? this.#drawnMillis : Math.max(this.#drawnMillis, this.#startedMillis);
    if (nowMillis - drawn < (isTerminal ? PERIOD_MILLIS : LOG_PERIOD_MILLIS)) return;
    this.#drawnMillis = nowMillis;
    // A line that fills the last column is broken by the terminal, and could not be drawn over.
    process.stdout.write(isTerminal ? `\r\u001b[2K${this.line(nowMillis, (process.stdout.columns || COLUMNS) - 1)}` : `${this.line(nowMillis)}\n`);
  }

  /** Draws now and then also while a seed takes long. */
  start(): void {
    if (this.#surface !== 'none') this.#ticking = setInterval(() => this.draw(performance.now()), TICK_MILLIS);
  }

  /** All is over. */
  end(): void {
    if (this.#ticking !== null) clearInterval(this.#ticking);
    this.#ticking = null;
    this.clear();
  }

  /** Something else wants the line. */
  clear(): void {
    if (this.#surface !== 'terminal') return;
    process.stdout.write('\r\u001b[2K');
    this.#drawnMillis = Number.NEGATIVE_INFINITY;
  }
}
