import type { ErrorCode } from '../core/errors.ts';
import type { Problem } from './check-shape.ts';
import { DRAWN_GROUPS } from './drawn/all.ts';
import { type AnyDrawnGroup, NO_WORKLOADS } from './drawn/drawn-group.ts';
import { parseDuration } from './durations.ts';
import { misfitOfNames } from './names.ts';
import { drawSteps, type RandomSteps } from './random-steps.ts';
import type { AnyExpectation, AnyVerb } from './verb.ts';
import { EXPECTATIONS, GROUPS, STEP_WORDS, VERBS } from './vocabulary.ts';
import type { Workloads } from './workloads/workload.ts';

interface StepBase {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly path: Problem['path'];
  /** `3`, or `4.2` inside a group. */
  readonly number: string;
  /** Null: the default of the file. */
  readonly withinMillis: number | null;
  readonly forMillis: number;
  readonly fails: ErrorCode | null;
  /** A refusal is as good as success: for steps that were drawn and may not fit the moment. */
  readonly maybe: boolean;
}

export type Step =
  | (StepBase & { readonly type: 'verb'; readonly verb: AnyVerb; readonly value: unknown })
  | (StepBase & { readonly type: 'expect'; readonly checks: ReadonlyArray<{ readonly expectation: AnyExpectation; readonly value: unknown }> })
  | (StepBase & { readonly type: 'parallel'; readonly strands: ReadonlyArray<readonly Step[]> })
  /** One list of steps for each round, since the number of the round may stand in them; drawn steps are a single round. */
  | (StepBase & { readonly type: 'repeat'; readonly rounds: ReadonlyArray<readonly Step[]> });

/** A step as the file writes it: the schema has seen to the types. */
type Raw = Readonly<Record<string, unknown>> & { readonly within?: string; readonly for?: string; readonly fails?: ErrorCode; readonly maybe?: boolean };

/** What the schema cannot say: one verb a step, which options go with which, and what verbs know of their own values. */
export function stepProblems(list: readonly unknown[], own: Workloads = NO_WORKLOADS, path: Problem['path'] = ['steps']): Problem[] {
  return list.flatMap((raw, index) => problemsOfStep(raw as Raw, own, [...path, index]));
}

function problemsOfStep(raw: Raw, own: Workloads, path: Problem['path']): Problem[] {
  const words = Object.keys(raw).filter((key) => STEP_WORDS.includes(key));
  const [word, second] = words;
  if (word === undefined) return [{ path, atKey: false, reason: `a step needs a verb: one of ${STEP_WORDS.slice(0, 8).join(', ')} …` }];
  if (second !== undefined) {
    return [{ path: [...path, second], atKey: true, reason: `a step does one thing; "${word}" and "${second}" are two: put a dash in front of the second` }];
  }
  const options = problemsOfOptions(raw, word, path);
  if (options.length > 0) return options;
  const value = raw[word];
  const inner = [...path, word];
  if (word === 'parallel') {
    return (value as unknown[]).flatMap((each, index) =>
      Array.isArray(each) ? stepProblems(each, own, [...inner, index]) : problemsOfStep(each as Raw, own, [...inner, index]),
    );
  }
  if (word === 'repeat') return stepProblems((value as { steps: unknown[] }).steps, own, [...inner, 'steps']);
  if (word === 'random') return (value as RandomSteps).of.flatMap(({ steps }, index) => stepProblems(steps, own, [...inner, 'of', index, 'steps']));
  if (word === 'expect') {
    return Object.entries(value as Raw).flatMap(([name, each]) => problemsOfValue(EXPECTATIONS.get(name), each, own, [...inner, name]));
  }
  return problemsOfValue(DRAWN_GROUPS.get(word) ?? VERBS.get(word), value, own, inner);
}

function problemsOfOptions(raw: Raw, word: string, path: Problem['path']): Problem[] {
  const refuse = (option: string, reason: string): Problem[] => [{ path: [...path, option], atKey: true, reason }];
  if (raw.for !== undefined && word !== 'expect') return refuse('for', 'the key "for" goes with expect only');
  if (raw.fails !== undefined && (word === 'expect' || isGroup(word)))
    return refuse('fails', 'the key "fails" goes with single steps only, not with expect or groups');
  if (raw.maybe !== undefined && (word === 'expect' || isGroup(word)))
    return refuse('maybe', 'the key "maybe" goes with single steps only, not with expect or groups');
  if (raw.within !== undefined && isGroup(word)) return refuse('within', 'the key "within" goes with the steps inside the group');
  return [];
}

function isGroup(word: string): boolean {
  return GROUPS.includes(word);
}

/** Values of verbs are judged only where they have no `{round}` in them, which stands for a number that is not known yet. */
function problemsOfValue(entry: AnyVerb | AnyExpectation | AnyDrawnGroup | undefined, value: unknown, own: Workloads, path: Problem['path']): Problem[] {
  if (entry === undefined) return [];
  const names = problemsOfNames(value, path);
  if (names.length > 0) return names;
  const reason = entry.misfit?.(value as never, own) ?? null;
  return reason === null ? [] : [{ path, atKey: false, reason }];
}

const NAME_KEYS = new Set([
  'nodes',
  'users',
  'node',
  'user',
  'with',
  'from',
  'to',
  'by',
  'whom',
  'of',
  'seen-by',
  'at',
  'who',
  'include',
  'not',
  'through',
  'knows',
  'are',
  'among',
  'online',
  'between',
  'and',
]);
const NAME_PLACES = new Set([
  'start',
  'stop',
  'kill',
  'restart',
  'pause',
  'resume',
  'register',
  'log-in',
  'recover',
  'log-out',
  'delete-account',
  'befriend',
  'running',
  'ended',
  'logged-in',
  'logged-out',
]);
/** Keys that hold names in one place and texts or words in another. */
const TEXT_PLACES = new Set([
  'tell.to',
  'answers.are',
  'messages.are',
  'messages.not',
  'room-messages.are',
  'room-messages.not',
  'ticks.are',
  'edit-message.to',
  'reactions.to',
]);

function problemsOfNames(value: unknown, path: Problem['path']): Problem[] {
  const place = path.findLast((part) => typeof part === 'string') as string;
  const list = (each: unknown, inner: Problem['path']): Problem[] => {
    const reason = isNameList(each) ? misfitOfNames(each) : null;
    return reason === null ? [] : [{ path: inner, atKey: false, reason }];
  };
  if (isNameList(value)) return NAME_PLACES.has(place) ? list(value, path) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (NAME_KEYS.has(key) && !TEXT_PLACES.has(`${place}.${key}`) ? list(each, [...path, key]) : []));
}

function isNameList(value: unknown): value is string | string[] {
  return typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'));
}

interface Place {
  readonly lineOf: (path: Problem['path']) => number;
  readonly prefix: string;
  readonly round: number | null;
  /** Of the steps that are drawn. */
  readonly seed: number;
  /** Workloads that the file brings along. */
  readonly own: Workloads;
}

/** Steps as the runner plays them; the list has passed the schema and `stepProblems`. */
export function stepsOf(list: readonly unknown[], lineOf: Place['lineOf'], seed: number, own: Workloads = NO_WORKLOADS): Step[] {
  return list.map((raw, index) => toStep(raw as Raw, ['steps', index], { lineOf, prefix: String(index + 1), round: null, seed, own }));
}

function toStep(raw: Raw, path: Problem['path'], place: Place): Step {
  const word = Object.keys(raw).find((key) => STEP_WORDS.includes(key)) ?? '';
  const base: StepBase = {
    line: place.lineOf(path),
    path,
    number: place.prefix,
    withinMillis: parseDuration(raw.within ?? ''),
    forMillis: parseDuration(raw.for ?? '') ?? 0,
    fails: raw.fails ?? null,
    maybe: raw.maybe ?? false,
  };
  const value = raw[word];
  const inner = (each: unknown, innerPath: Problem['path'], number: string, round = place.round) =>
    toStep(each as Raw, innerPath, { ...place, prefix: `${place.prefix}.${number}`, round });
  switch (word) {
    case 'expect':
      return {
        ...base,
        type: 'expect',
        checks: Object.entries(withRound(value, place.round) as Raw).map(([name, each]) => ({ expectation: known(EXPECTATIONS, name), value: each })),
      };
    case 'parallel': {
      const strands = (value as unknown[]).map((each, index) => {
        if (!Array.isArray(each)) return [inner(each, [...path, word, index], String(index + 1))];
        return each.map((step, part) => inner(step, [...path, word, index, part], `${index + 1}.${part + 1}`));
      });
      return { ...base, type: 'parallel', strands };
    }
    case 'repeat': {
      const { times, steps } = value as { times: number; steps: unknown[] };
      const rounds = Array.from({ length: times }, (_, round) =>
        steps.map((each, index) => inner(each, [...path, word, 'steps', index], `${round + 1}.${index + 1}`, round + 1)),
      );
      return { ...base, type: 'repeat', rounds };
    }
    case 'random': {
      const drawn = drawSteps(withRound(value, place.round) as RandomSteps, place.seed, place.prefix);
      return { ...base, type: 'repeat', rounds: [drawn.map((each, index) => inner(each, path, String(index + 1)))] };
    }
    default: {
      const group = DRAWN_GROUPS.get(word);
      if (group !== undefined) {
        const drawn = group.draw(withRound(value, place.round), place.seed, place.prefix, place.own);
        return { ...base, type: 'repeat', rounds: [drawn.map((each, index) => inner(each, path, String(index + 1)))] };
      }
      return { ...base, type: 'verb', verb: known(VERBS, word), value: withRound(value, place.round) };
    }
  }
}

function known<Entry>(table: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = table.get(name);
  if (entry === undefined) throw new Error(`no step ${name}`);
  return entry;
}

/** Puts the number of the round for `{round}` in every text of a value. */
function withRound(value: unknown, round: number | null): unknown {
  if (round === null) return value;
  if (typeof value === 'string') return value.replaceAll('{round}', String(round));
  if (Array.isArray(value)) return value.map((each) => withRound(each, round));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withRound(each, round)]));
}
