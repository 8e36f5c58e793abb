import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { ConfabError, type ErrorCode } from '../core/errors.ts';
import type { CoreOptions } from '../core/options.ts';
import { PACES, type PaceName } from '../engine/crowd-pace.ts';
import { orderProblems } from './check-order.ts';
import { type Problem, problemsOf } from './check-shape.ts';
import { CHECKS } from './checks/all.ts';
import { NOTHING_THROWN } from './checks/nothing-thrown.ts';
import { NO_WORKLOADS } from './drawn/drawn-group.ts';
import { durationMillis, parseDuration } from './durations.ts';
import { DEFINITIONS, SCENARIO_SCHEMA, type ScenarioFile } from './schema.ts';
import type { Step } from './steps.ts';
import { stepProblems, stepsOf } from './steps.ts';
import type { Workloads } from './workloads/workload.ts';

/** A scenario that can be played: every name, type and duration in it was judged. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly file: string;
  readonly seed: number | null;
  /** Module that the nodes run in place of the chat node, as the file names it; null: the chat node. */
  readonly program: string | null;
  readonly network: { readonly latencyMillis: { readonly min: number; readonly max: number } | null; readonly loss: number; readonly beacon: boolean };
  readonly pace: PaceName;
  /** Options of the nodes: those of the pace, and those that the file names in place of them. */
  readonly options: Partial<CoreOptions>;
  /** Deadline of steps that name none, ms. */
  readonly withinMillis: number;
  /** Deadline of the whole run, ms. */
  readonly deadlineMillis: number;
  /** Names of the properties of the whole run that its trace is judged by. */
  readonly checks: ReadonlySet<string>;
  readonly steps: readonly Step[];
}

const FILE_CHARACTERS_MAX = 1_048_576;
/** Of runs that name none, in the file or at the command line. */
export const SEED_DEFAULT = 1;
const WITHIN_MILLIS_DEFAULT = 5_000;
const DEADLINE_MILLIS_DEFAULT = 300_000;

/**
 * Reads a scenario; throws `bad-scenario` with line, column and reason for the first thing that is wrong. `seed` replaces that of
 * the file; `own` are the workloads of the modules that it names.
 */
export function loadScenario(text: string, file: string, seed: number | null = null, own: Workloads = NO_WORKLOADS): Scenario {
  if (text.length > FILE_CHARACTERS_MAX) throw refusal(file, '1:1', `the file has ${text.length} characters; ${FILE_CHARACTERS_MAX} is the most`);
  const { counter, document, content } = text === lastRead?.text ? lastRead : readFile(text, file);
  const lineOf = (path: Problem['path']) => counter.linePos(offsetOf(document, { path, atKey: false, reason: '' })).line;
  const deeper = [...stepProblems(content.steps, own), ...fileProblems(content)];
  const steps = deeper.length > 0 ? [] : stepsOf(content.steps, lineOf, seed ?? content.seed ?? SEED_DEFAULT, own);
  const [wrong] = deeper.length > 0 ? deeper : orderProblems(steps);
  if (wrong !== undefined) throw refusal(file, position(counter, offsetOf(document, wrong)), reasonOf(wrong));
  return toScenario(content, file, steps);
}

interface ReadFile {
  readonly text: string;
  readonly counter: LineCounter;
  readonly document: Document;
  readonly content: ScenarioFile;
}

/** Whoever plays a file with a thousand seeds reads it once: nobody changes what was read. */
let lastRead: ReadFile | null = null;

/** What the text says, of the right shape; throws `bad-scenario`. */
function readFile(text: string, file: string): ReadFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, merge: true });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw refusal(file, position(counter, broken.pos[0]), yamlReason(broken.message));
  const value = toValue(document, file);
  const problems = problemsOf(SCENARIO_SCHEMA, value, DEFINITIONS);
  const places = problems.map((problem) => ({ problem, offset: offsetOf(document, problem) })).sort(mostTelling);
  const [first] = places;
  if (first !== undefined) throw refusal(file, position(counter, first.offset), reasonOf(first.problem));
  lastRead = { text, counter, document, content: value as ScenarioFile };
  return lastRead;
}

interface Place {
  readonly problem: Problem;
  readonly offset: number;
}

/** A mistyped key explains the missing one beside it, so it goes first. */
function mostTelling(one: Place, other: Place): number {
  return Number(other.problem.atKey) - Number(one.problem.atKey) || one.offset - other.offset;
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw refusal(file, '1:1', error instanceof Error ? error.message : 'it cannot be read');
  }
}

function yamlReason(message: string): string {
  if (message.startsWith('Map keys must be unique')) return 'this key is there twice';
  return `this is not YAML: ${message.split('\n')[0]}`;
}

function refusal(file: string, line: string, reason: string): ConfabError {
  return new ConfabError('bad-scenario' satisfies ErrorCode, { file, line, reason: reason.replace(/\.$/, '') });
}

function reasonOf(problem: Problem): string {
  const key = problem.path.findLast((part) => typeof part === 'string');
  return problem.atKey || key === undefined || /^(the |it |a |say )/.test(problem.reason) ? problem.reason : `"${key}": ${problem.reason}`;
}

function position(counter: LineCounter, offset: number): string {
  const { line, col } = counter.linePos(offset);
  return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** Where in the text a path lies; of a wrong key the key itself. */
function offsetOf(document: Document, problem: Problem): number {
  let current: unknown = document.contents;
  let offset = isNode(current) ? (current.range?.[0] ?? 0) : 0;
  problem.path.forEach((part, depth) => {
    const last = depth === problem.path.length - 1;
    if (isMap(current)) {
      const pair = current.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part));
      const key = isNode(pair?.key) ? pair.key : null;
      const inner = isNode(pair?.value) ? pair.value : null;
      offset = (last && problem.atKey ? key?.range?.[0] : (inner?.range?.[0] ?? key?.range?.[0])) ?? offset;
      current = inner;
    } else if (isSeq(current)) {
      const item: unknown = current.items[Number(part)];
      current = item;
      offset = isNode(item) ? (item.range?.[0] ?? offset) : offset;
    }
  });
  return offset;
}

function fileProblems(content: ScenarioFile): Problem[] {
  const latency = content.network?.latency;
  if (typeof latency !== 'object') return [];
  const [min, max] = [durationMillis(latency.min), durationMillis(latency.max)];
  return min > max ? [{ path: ['network', 'latency'], atKey: true, reason: 'the latency ends before it begins' }] : [];
}

function toScenario(content: ScenarioFile, file: string, steps: readonly Step[]): Scenario {
  const latency = content.network?.latency;
  const pace = (content.pace ?? 'full') as PaceName;
  const span = typeof latency === 'string' ? { min: latency, max: latency } : latency;
  return {
    name: content.name,
    about: (content.about ?? '').trim(),
    file,
    seed: content.seed ?? null,
    program: content.program ?? null,
    network: {
      latencyMillis: span === undefined ? null : { min: durationMillis(span.min), max: durationMillis(span.max) },
      loss: content.network?.loss ?? 0,
      beacon: content.network?.beacon ?? false,
    },
    pace,
    options: { ...PACES[pace].coreOptions, ...(content.options as Partial<CoreOptions> | undefined) },
    withinMillis: parseDuration(content.within ?? '') ?? WITHIN_MILLIS_DEFAULT,
    deadlineMillis: parseDuration(content.deadline ?? '') ?? DEADLINE_MILLIS_DEFAULT,
    checks: wantedChecks(content.checks, content.program !== undefined),
    steps,
  };
}

/** All of them unless the file says which, or which not. What a program of one's own throws is always told. */
function wantedChecks(written: ScenarioFile['checks'], ownProgram: boolean): ReadonlySet<string> {
  if (Array.isArray(written)) return new Set(ownProgram ? [...written, NOTHING_THROWN.name] : written);
  const except = new Set((written as { readonly except: readonly string[] } | undefined)?.except ?? []);
  return new Set(CHECKS.map(({ name }) => name).filter((name) => !except.has(name)));
}
