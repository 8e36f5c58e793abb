import type { Engine } from '../engine/engine.ts';
import { sayMillis } from './durations.ts';
import type { Scenario } from './load.ts';
import type { RunReport, StepReport, Verdict } from './report.ts';
import { type RunListener, type StepStart, tally } from './runner.ts';
import { counted, revealed } from './words.ts';

/** Where a narration goes. */
export interface NarrationOutput {
  write(text: string): void;
  /** A terminal gets a progress line; anything else gets whole lines only. */
  readonly terminal: boolean;
  readonly colour: boolean;
  /** Columns of the terminal; read anew for each progress line. */
  columns(): number;
  /** Real time, ms. */
  wallMillis(): number;
}

/** A step that takes longer than this gets a progress line. */
const PATIENCE_MILLIS = 1_000;
const PROGRESS_PERIOD_MILLIS = 100;
const CLEAR_LINE = '\r\u001b[2K';
const MARGIN = ' '.repeat(11);

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';
const CODES: Readonly<Record<Colour, readonly [number, number]>> = { green: [32, 39], red: [31, 39], yellow: [33, 39], dim: [2, 22], bold: [1, 22] };

interface OpenStep {
  readonly start: StepStart;
  readonly sinceMillis: number;
  seen: string;
}

/** Tells a run line by line as it happens: when, ok or failed, what, and the evidence. */
export class Narration implements RunListener {
  readonly #output: NarrationOutput;
  readonly #open = new Map<string, OpenStep>();
  #ticker: NodeJS.Timeout | undefined;
  #progress = false;

  constructor(output: NarrationOutput) {
    this.#output = output;
  }

  started(scenario: Scenario, engine: Engine, seed: number): void {
    const where = engine.name === 'sim' ? `simulator, seed ${seed}` : 'real processes';
    this.#line(`${this.#paint('bold', scenario.name)} (${where})`);
    for (const line of scenario.about.split('\n')) if (line.trim() !== '') this.#line(`  ${this.#paint('dim', revealed(line.trim()))}`);
    if (engine.name === 'local' && (scenario.network.loss > 0 || scenario.network.latencyMillis !== null)) {
      this.#line(`  ${this.#paint('dim', "The scenario's latency and loss are those of the simulator; real processes take the loopback as it is.")}`);
    }
    if (!opensWithNote(scenario)) this.#line('');
    if (!this.#output.terminal) return;
    this.#ticker = setInterval(() => this.#tick(), PROGRESS_PERIOD_MILLIS);
    this.#ticker.unref();
  }

  stepStarted(step: StepStart): void {
    this.#open.set(step.number, { start: step, sinceMillis: this.#output.wallMillis(), seen: '' });
  }

  seen(number: string, what: string): void {
    const open = this.#open.get(number);
    if (open !== undefined) open.seen = what;
  }

  stepEnded(step: StepStart, report: StepReport): void {
    this.#open.delete(step.number);
    const time = clock(report.startMillis + (step.note ? 0 : report.tookMillis));
    if (step.note) {
      this.#line('');
      step.words.split('\n').forEach((line, index) => {
        this.#line(`${index === 0 ? time : MARGIN.slice(2)}  ${this.#paint('bold', revealed(line.trim()))}`);
      });
      return;
    }
    const words = revealed(step.words);
    if (report.outcome === 'ok') {
      const evidence = report.evidence === null ? '' : this.#paint('dim', ` · ${revealed(report.evidence)}`);
      this.#line(`${time}  ${this.#paint('green', 'ok')}  ${words}${evidence}`);
      return;
    }
    const word = report.outcome === 'crashed' ? 'CRASHED' : 'FAILED';
    this.#line(`${time}  ${this.#paint('red', word)}  ${words}`);
    for (const line of revealed(report.evidence ?? '').split('\n')) this.#line(`${MARGIN}${line}`);
    this.#line(`${MARGIN}(step ${report.number}, line ${report.line} of the file)`);
  }

  ended(report: RunReport): void {
    clearInterval(this.#ticker);
    this.#line('');
    for (const line of summary(report)) this.#line(`${this.#verdict(report.verdict, line)}`);
  }

  #verdict(verdict: Verdict, line: string): string {
    return line.replace(/^(PASS|FAIL|CRASH)/, (word) => this.#paint(verdict === 'pass' ? 'green' : 'red', word));
  }

  #line(text: string): void {
    this.#output.write(`${this.#progress ? CLEAR_LINE : ''}${text}\n`);
    this.#progress = false;
  }

  #tick(): void {
    const now = this.#output.wallMillis();
    const slow = [...this.#open.values()].filter((open) => now - open.sinceMillis >= PATIENCE_MILLIS);
    const [first] = slow;
    if (first === undefined) return;
    const others = slow.length > 1 ? ` (and ${counted(slow.length - 1, 'step')} beside it)` : '';
    const seen = first.seen === '' ? '' : `: ${revealed(first.seen)}`;
    const text = `${' '.repeat(9)}  …   ${revealed(first.start.words)}${others}, ${sayMillis(now - first.sinceMillis)}${seen}`;
    const room = Math.max(this.#output.columns() - 1, 20);
    const shown = Array.from(text.replaceAll('\n', ' '));
    this.#output.write(`${CLEAR_LINE}${this.#paint('yellow', shown.length > room ? `${shown.slice(0, room - 1).join('')}…` : shown.join(''))}`);
    this.#progress = true;
  }

  #paint(colour: Colour, text: string): string {
    if (!this.#output.colour) return text;
    const [on, off] = CODES[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }
}

/** A note brings its own blank line. */
function opensWithNote(scenario: Scenario): boolean {
  const [first] = scenario.steps;
  return first?.type === 'verb' && first.verb.name === 'note';
}

/** `   3.42 s`, right-aligned so that lines can be compared. */
function clock(millis: number): string {
  return `${(millis / 1_000).toFixed(2).padStart(7)} s`;
}

/** The last lines of a run: verdict, what was done, how long it took, and what its trace hashes to. */
export function summary(report: RunReport): string[] {
  const time = report.engine === 'sim' ? `${sayMillis(report.virtualMillis)} of virtual time in ${sayMillis(report.wallMillis)}` : sayMillis(report.wallMillis);
  const lines = [`${report.verdict.toUpperCase()}  ${report.scenario}: ${tally(report)}, ${time}`];
  if (report.reason !== null) lines.push(`      ${revealed(report.reason).split('\n')[0]}`);
  lines.push(...properties(report));
  if (report.trace.events > 0) lines.push(`      trace: ${counted(report.trace.events, 'event')}, sha256 ${report.trace.sha256.slice(0, 16)}`);
  return lines;
}

/** What the trace says of the run as a whole. */
function properties(report: RunReport): string[] {
  const all = report.checks.filter((check) => check.number === 'trace');
  if (all.length === 0) return [];
  const held = all.filter((check) => check.judged && check.ok).map((check) => check.check);
  const open = all.filter((check) => !check.judged).map((check) => check.check);
  const broken = all.filter((check) => !check.ok);
  return [
    ...broken.map((check) => `      broken: ${check.check}: ${check.seen}`),
    ...(held.length === 0 ? [] : [`      held: ${held.join(', ')}`]),
    ...(open.length === 0 || held.length === 0 ? [] : [`      not judged: ${open.join(', ')}`]),
  ];
}

/** Says nothing: for `--json`. */
export const SILENT: RunListener = { started() {}, stepStarted() {}, seen() {}, stepEnded() {}, ended() {} };
