import type { Static, TSchema } from '@sinclair/typebox';
import type { FaultKind } from '../core/faults.ts';
import type { Scene } from './scene.ts';

/**
 * One kind of step. The table of verbs is the one place that knows a step's form, its words and what it does:
 * the schema, the loader's checks, the narration and the runner are drawn from it.
 */
export interface Verb<Schema extends TSchema> {
  readonly name: string;
  readonly schema: Schema;
  /** Names of nodes or users in the value that some step of the file must start. */
  readonly mentions: (value: Static<Schema>) => readonly string[];
  /** What the step does to the set of started nodes, so that a file can be judged before anything runs. */
  readonly life?: (value: Static<Schema>) => { readonly starts?: readonly string[]; readonly ends?: readonly string[] };
  /** What the engine must be able to do; it is asked before anything is started. */
  readonly needs?: (value: Static<Schema>) => readonly FaultKind[];
  /** It ends or halts processes from outside, so each of its nodes needs one of its own; `running`: only if it runs at that moment. */
  readonly ownProcess?: 'always' | 'running';
  /** What is wrong beyond the schema, or null. */
  readonly misfit?: (value: Static<Schema>) => string | null;
  /** The step in words; message texts go through `quoted`. */
  readonly words: (value: Static<Schema>) => string;
  /** Does it; resolves with evidence (or nothing), rejects with ConfabError or StepFailure. */
  readonly run: (value: Static<Schema>, scene: Scene, options: StepOptions) => Promise<string | undefined>;
}

/** One kind of expectation: `check` says null when it holds, else what was seen instead. */
export interface Expectation<Schema extends TSchema> {
  readonly name: string;
  readonly schema: Schema;
  readonly mentions: (value: Static<Schema>) => readonly string[];
  readonly misfit?: (value: Static<Schema>) => string | null;
  readonly words: (value: Static<Schema>) => string;
  readonly check: (value: Static<Schema>, scene: Scene) => Promise<string | null>;
}

export interface StepOptions {
  /** Deadline of the step, ms of the engine's time. */
  readonly withinMillis: number;
  /** How long an expectation must go on to hold, ms; 0: it need hold only once. */
  readonly forMillis: number;
}

/** With the schema's type forgotten: the loader has checked the value before it gets here. */
export type AnyVerb = Verb<TSchema>;
export type AnyExpectation = Expectation<TSchema>;

export function verb<Schema extends TSchema>(entry: Verb<Schema>): AnyVerb {
  return entry as unknown as AnyVerb;
}

export function expectation<Schema extends TSchema>(entry: Expectation<Schema>): AnyExpectation {
  return entry as unknown as AnyExpectation;
}

/** A step did not do what the scenario wants. The message is a sentence for people, texts marked by `quoted`. */
export class StepFailure extends Error {}

/** The run itself is broken: a node died by itself, the deadline of the whole run passed. */
export class RunCrash extends Error {}

/** The long form of a step that may be written as a name or a list only. */
export function longForm<Long extends object>(value: string | readonly string[] | Long, key: string): Long {
  return typeof value === 'string' || Array.isArray(value) ? ({ [key]: value } as Long) : (value as Long);
}
