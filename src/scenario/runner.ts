import { ConfabError } from '../core/errors.ts';
import { PACES } from '../engine/crowd-pace.ts';
import type { Engine } from '../engine/engine.ts';
import { TIMER_MILLIS_MAX } from '../engine/local-clock.ts';
import { requireEngineFor } from './check-engine.ts';
import { BROKEN_OFF, OVER } from './checks/facts.ts';
import { NO_PLAINTEXT } from './checks/no-plaintext.ts';
import { judgeRun, type OwnCheck, searchForSecrets } from './checks/run-checks.ts';
import { sayMillis } from './durations.ts';
import type { Scenario } from './load.ts';
import type { CheckReport, RunReport, StepReport, Verdict } from './report.ts';
import { emptyMemory, keepNotices, Scene } from './scene.ts';
import type { Step } from './steps.ts';
import { RunCrash, StepFailure, type StepOptions } from './verb.ts';
import { concealed, counted } from './words.ts';

/** What the runner tells while it plays. Sentences hold marked texts (words.ts). */
export interface RunListener {
  started(scenario: Scenario, engine: Engine, seed: number): void;
  stepStarted(step: StepStart): void;
  /** What a waiting step sees at this moment. */
  seen(number: string, what: string): void;
  stepEnded(step: StepStart, report: StepReport): void;
  ended(report: RunReport): void;
}

export interface StepStart {
  readonly number: string;
  readonly words: string;
  /** A note is a sentence for people, not something that can succeed. */
  readonly note: boolean;
  readonly startMillis: number;
  readonly withinMillis: number;
}

export interface RunOptions {
  readonly seed: number;
  /** Real time, ms: for wallMillis. */
  readonly wallMillis: () => number;
  readonly listener: RunListener;
  /** Properties that the scenario's program brings along. */
  readonly ownChecks?: readonly OwnCheck[];
  /** Ends the run at once: Ctrl-C. */
  readonly signal?: AbortSignal;
  /** By how much every deadline is stretched, for machines that are slow or busy; 1 when left out. */
  readonly patience?: number;
  /** False: the trace is counted and not hashed, for runs of which nobody compares traces. Default true. */
  readonly hashed?: boolean;
  /** Called once the last line of the trace is there: the place to fetch it. */
  readonly collect?: (engine: Engine) => Promise<void>;
}

/**
 * Plays one scenario on one engine and always stops the engine.
 *
 * Invariants
 * 1. The first step that fails ends the run; the others are reported as skipped.
 * 2. Whatever goes wrong outside a step (a node ends by itself, the deadline of the run passes, the engine throws)
 *    makes the verdict `crash`, never `pass` and never `fail`.
 * 3. Whatever the steps left broken is healed before the last line of the trace, unless the run itself broke.
 * 4. The engine is stopped before the report is given out, whatever happened.
 */
export async function runScenario(scenario: Scenario, engine: Engine, options: RunOptions): Promise<RunReport> {
  requireEngineFor(scenario, engine);
  const run = new Run(scenario, engine, options);
  return run.play();
}

class Run {
  readonly #scenario: Scenario;
  readonly #engine: Engine;
  readonly #options: RunOptions;
  readonly #patience: number;
  readonly #deadlineMillis: number;
  readonly #steps: StepReport[] = [];
  readonly #checks: CheckReport[] = [];
  readonly #scene: Scene;
  /** Steps that have begun and not ended. */
  readonly #open = new Map<string, { readonly start: StepStart; readonly line: number }>();
  #over = false;

  constructor(scenario: Scenario, engine: Engine, options: RunOptions) {
    this.#scenario = scenario;
    this.#engine = engine;
    this.#options = options;
    this.#patience = options.patience ?? 1;
    this.#deadlineMillis = this.#patience * scenario.deadlineMillis;
    const memory = emptyMemory(engine, scenario.program !== null);
    keepNotices(engine, memory);
    this.#scene = new Scene(engine, () => {}, memory);
  }

  async play(): Promise<RunReport> {
    const { listener, seed, wallMillis } = this.#options;
    const startedMillis = wallMillis();
    listener.started(this.#scenario, this.#engine, seed);
    let verdict: Verdict = 'pass';
    let reason: string | null = null;
    try {
      await this.#guarded(async () => {
        await this.#engine.start();
        await this.#playAll(this.#scenario.steps);
      });
    } catch (error) {
      verdict = error instanceof StepFailure ? 'fail' : 'crash';
      reason = sentenceOf(error);
    }
    if (verdict === 'crash') this.#reportBroken(reason ?? '');
    else await this.#scene.faults.healEverything().catch((error: unknown) => this.#engine.note(`not everything could be healed: ${sentenceOf(error)}`));
    this.#over = true;
    const virtualMillis = this.#engine.now();
    const ending = await this.#end(verdict === 'pass');
    if (ending.reason !== null) {
      verdict = 'crash';
      reason ??= ending.reason;
    }
    const broken = this.#checks.find((check) => check.number === 'trace' && !check.ok);
    if (verdict === 'pass' && broken !== undefined) {
      verdict = 'fail';
      reason = `${broken.check}: ${broken.seen}`;
    }
    this.#reportSkipped();
    const report: RunReport = {
      scenario: this.#scenario.name,
      engine: this.#engine.name,
      seed,
      verdict,
      reason,
      steps: this.#steps,
      checks: this.#checks,
      trace: ending.trace,
      wallMillis: wallMillis() - startedMillis,
      virtualMillis,
    };
    listener.ended(report);
    return report;
  }

  /** Races the play against everything that can break a run. */
  async #guarded(play: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    let watchdog: NodeJS.Timeout | undefined;
    const broken = new Promise<never>((_, reject) => {
      this.#engine.onCrash?.((why) => reject(new RunCrash(why)));
      const stall = () => reject(new RunCrash(`the run was not over after ${sayMillis(this.#deadlineMillis)}`));
      watchdog = setTimeout(stall, Math.min(this.#deadlineMillis, TIMER_MILLIS_MAX));
      if (signal?.aborted === true) reject(new RunCrash('interrupted'));
      signal?.addEventListener('abort', () => reject(new RunCrash('interrupted')), { once: true });
    });
    broken.catch(() => {});
    try {
      await Promise.race([play(), broken]);
    } catch (error) {
      // A node that dies is first heard of by whoever was talking with it: its death explains their failure.
      if (error instanceof StepFailure) await Promise.race([broken, pause(OBITUARY_MILLIS)]);
      throw error;
    } finally {
      clearTimeout(watchdog);
    }
  }

  async #end(passed: boolean): Promise<{ trace: RunReport['trace']; reason: string | null }> {
    let trace = { events: 0, sha256: '' };
    let reason: string | null = null;
    const careful = async (act: () => Promise<void>) => {
      try {
        await act();
      } catch (error) {
        reason ??= sentenceOf(error);
      }
    };
    const collect = async () => {
      const { checks, options, pace } = this.#scenario;
      const { replicaCopies } = options;
      const bounds = { patience: this.#patience * PACES[pace].slowness, ...(replicaCopies === undefined ? {} : { replicaCopies }) };
      if (checks.has(NO_PLAINTEXT.name)) await searchForSecrets(this.#engine, this.#scene);
      this.#checks.push(...(await judgeRun(this.#engine, checks, this.#options.ownChecks ?? [], bounds)));
      trace = this.#options.hashed === false ? { events: (await this.#engine.trace()).length, sha256: '' } : await this.#engine.traceSummary();
      await this.#options.collect?.(this.#engine);
    };
    this.#engine.note(passed ? OVER : BROKEN_OFF);
    // Virtual nodes vanish with their world; real ones write their last lines while they stop.
    if (this.#engine.name === 'sim') await careful(collect);
    await careful(() => this.#engine.stop());
    if (this.#engine.name !== 'sim') await careful(collect);
    return { trace, reason };
  }

  async #playAll(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.#over) return;
      await this.#play(step);
      if (this.#engine.now() > this.#deadlineMillis) {
        throw new RunCrash(`the run was not over after ${sayMillis(this.#deadlineMillis)}`);
      }
    }
  }

  async #play(step: Step): Promise<void> {
    switch (step.type) {
      case 'parallel':
        await this.#engine.parallel(step.strands.map((strand) => () => this.#playAll(strand)));
        return;
      case 'repeat':
        for (const round of step.rounds) await this.#playAll(round);
        return;
      case 'expect':
      case 'verb':
        await this.#playSingle(step);
    }
  }

  async #playSingle(step: Extract<Step, { type: 'verb' | 'expect' }>): Promise<void> {
    const { listener } = this.#options;
    const start: StepStart = {
      number: step.number,
      words: wordsOf(step),
      note: step.type === 'verb' && step.verb.name === 'note',
      startMillis: this.#engine.now(),
      withinMillis: this.#patience * (step.withinMillis ?? this.#scenario.withinMillis),
    };
    listener.stepStarted(start);
    this.#open.set(step.number, { start, line: step.line });
    const report = (outcome: StepReport['outcome'], evidence: string | null) => this.#stepEnded(step.number, outcome, evidence);
    const scene = this.#scene.heardBy((what) => listener.seen(step.number, what));
    try {
      const options = { withinMillis: start.withinMillis, forMillis: step.forMillis };
      const evidence = step.type === 'expect' ? await this.#expect(step, scene, options) : await this.#act(step, scene, options);
      report('ok', evidence ?? null);
    } catch (thrown) {
      if (isRefusal(thrown) && step.maybe) return report('ok', `refused: ${sentenceOf(thrown)}`);
      const error = thrown instanceof ConfabError && thrown.code !== 'internal' ? new StepFailure(thrown.message) : thrown;
      report(error instanceof StepFailure ? 'failed' : 'crashed', sentenceOf(error));
      throw error instanceof StepFailure ? new StepFailure(`step ${step.number} (line ${step.line}), ${start.words}: ${error.message}`) : error;
    }
  }

  #stepEnded(number: string, outcome: StepReport['outcome'], evidence: string | null): void {
    const open = this.#open.get(number);
    if (open === undefined || this.#over) return;
    this.#open.delete(number);
    const { start, line } = open;
    const tookMillis = this.#engine.now() - start.startMillis;
    const entry: StepReport = { number, line, step: start.words, outcome, startMillis: start.startMillis, tookMillis, evidence };
    this.#steps.push(entry);
    if (!start.note) this.#engine.note(`step ${number} ${outcome}: ${concealed(start.words)}`);
    this.#options.listener.stepEnded(start, entry);
  }

  /** Whatever was going on when the run broke did not come to its end. */
  #reportBroken(reason: string): void {
    for (const number of this.#open.keys()) this.#stepEnded(number, 'crashed', reason);
  }

  async #act(step: Extract<Step, { type: 'verb' }>, scene: Scene, options: StepOptions): Promise<string | undefined> {
    if (step.fails === null) return step.verb.run(step.value, scene, options);
    try {
      await step.verb.run(step.value, scene, options);
    } catch (error) {
      if (error instanceof ConfabError && error.code === step.fails) return `refused as it must be: ${error.message}`;
      if (error instanceof ConfabError) throw new StepFailure(`it was to be refused with "${step.fails}", it was with "${error.code}": ${error.message}`);
      throw error;
    }
    throw new StepFailure(`it was to be refused with "${step.fails}", but it was done`);
  }

  async #expect(step: Extract<Step, { type: 'expect' }>, scene: Scene, options: StepOptions): Promise<string> {
    const startMillis = this.#engine.now();
    const seenOf = new Map<number, string | null>();
    const check = async () => {
      let first: string | null = null;
      for (const [index, entry] of step.checks.entries()) {
        let seen: string | null;
        try {
          seen = await entry.expectation.check(entry.value, scene);
        } catch (error) {
          if (!(error instanceof ConfabError)) throw error;
          seen = error.message;
        }
        seenOf.set(index, seen);
        first ??= seen;
      }
      return first;
    };
    try {
      await scene.until(`not so within ${sayMillis(options.withinMillis)}`, check, options.withinMillis);
      const heldMillis = this.#engine.now() - startMillis;
      const broken = options.forMillis > 0 ? await scene.holds(check, options.forMillis) : null;
      if (broken !== null) throw new StepFailure(`it held after ${sayMillis(heldMillis)}, then no longer; ${broken}`);
      const held = options.forMillis > 0 ? ` and for ${sayMillis(options.forMillis)}` : '';
      return `after ${sayMillis(heldMillis)}${held}`;
    } finally {
      for (const [index, entry] of step.checks.entries()) {
        const seen = seenOf.get(index) ?? null;
        const words = entry.expectation.words(entry.value);
        const tookMillis = this.#engine.now() - startMillis;
        if (!this.#over)
          this.#checks.push({ number: step.number, check: words, ok: seenOf.has(index) && seen === null, judged: true, evidence: null, seen, tookMillis });
      }
    }
  }

  #reportSkipped(): void {
    const played = new Set(this.#steps.map((step) => step.number));
    for (const step of singlesOf(this.#scenario.steps)) {
      if (played.has(step.number)) continue;
      const entry = { number: step.number, line: step.line, step: wordsOf(step), startMillis: 0, tookMillis: 0, evidence: null };
      this.#steps.push({ ...entry, outcome: 'skipped' });
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StepFailure || (error instanceof ConfabError && error.code !== 'internal');
}

/** How long after a failed step the news may come that a process ended by itself, ms of real time. */
const OBITUARY_MILLIS = 250;

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}

function* singlesOf(steps: readonly Step[]): Generator<Extract<Step, { type: 'verb' | 'expect' }>> {
  for (const step of steps) {
    if (step.type === 'parallel') for (const strand of step.strands) yield* singlesOf(strand);
    else if (step.type === 'repeat') for (const round of step.rounds) yield* singlesOf(round);
    else yield step;
  }
}

function wordsOf(step: Extract<Step, { type: 'verb' | 'expect' }>): string {
  if (step.type === 'expect') return step.checks.map(({ expectation, value }) => expectation.words(value)).join('; ');
  return step.fails === null ? step.verb.words(step.value) : `${step.verb.words(step.value)} (must be refused)`;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `21 steps, 14 checks`: used by the summary. */
export function tally(report: RunReport): string {
  const played = report.steps.filter((step) => step.outcome !== 'skipped').length;
  const skipped = report.steps.length - played;
  const judged = report.checks.filter((check) => check.judged).length;
  return `${counted(played, 'step')}, ${counted(judged, 'check')}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
