import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { FAULT_WORDS } from '../../src/control/fault-grammar.ts';
import { LAWS } from '../../src/core/distributions.ts';
import { FAULT_KINDS } from '../../src/core/faults.ts';
import { CONDUCT_WORDS } from '../../src/lab/conduct-words.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import type { Step } from '../../src/scenario/steps.ts';
import { LIFECYCLE_VERBS } from '../../src/scenario/verbs/lifecycle.ts';
import { MACHINE_VERBS } from '../../src/scenario/verbs/machines.ts';
import { NETWORK_VERBS } from '../../src/scenario/verbs/network.ts';
import { VERBS } from '../../src/scenario/vocabulary.ts';

const folder = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

interface VerbStep {
  readonly file: string;
  readonly word: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly kinds: readonly string[];
}

function* verbSteps(file: string, steps: readonly Step[]): Generator<VerbStep> {
  for (const step of steps) {
    if (step.type === 'parallel') for (const strand of step.strands) yield* verbSteps(file, strand);
    else if (step.type === 'repeat') for (const round of step.rounds) yield* verbSteps(file, round);
    else if (step.type === 'verb') {
      const value = typeof step.value === 'object' && step.value !== null && !Array.isArray(step.value) ? step.value : {};
      yield { file, word: step.verb.name, value: value as VerbStep['value'], kinds: step.verb.needs?.(step.value) ?? [] };
    }
  }
}

/** What the scenarios about single faults do; all of them are played on both engines (shipped.test.ts, npm run test:local). */
const done: readonly VerbStep[] = readdirSync(folder)
  .filter((name) => /^(fault|hostile)-.*\.yaml$/.test(name))
  .flatMap((name) => [...verbSteps(name, loadScenario(readFileSync(`${folder}${name}`, 'utf8'), name).steps)]);

function isDone(what: string, found: (step: VerbStep) => boolean): string | null {
  return done.some(found) ? null : `no scenario fault-*.yaml has ${what}`;
}

test('every kind of fault that an engine may be asked for has a scenario of its own', (t) => {
  t.deepEqual(
    FAULT_KINDS.map((kind) => isDone(`the fault "${kind}"`, ({ kinds }) => kinds.includes(kind))).filter((missing) => missing !== null),
    [],
  );
});

test('so has every form of it', (t) => {
  const forms: ReadonlyArray<readonly [string, (step: VerbStep) => boolean]> = [
    ['a cut in both directions', ({ word, value }) => word === 'cut' && value['one-way'] !== true],
    ['a cut in one direction', ({ word, value }) => word === 'cut' && value['one-way'] === true],
    ['a delay with jitter', ({ word, value }) => word === 'delay' && value['jitter'] !== undefined],
    ...LAWS.map((law) => [`latency by the law "${law}"`, ({ word, value }: VerbStep) => word === 'latency' && value['law'] === law] as const),
    ['a matrix of measured latencies', ({ word, value }) => word === 'latency' && typeof value['matrix'] === 'string'],
    ['a process that goes on after a pause', ({ word }) => word === 'resume'],
    ['a restart with the disk', ({ word, value }) => word === 'restart' && value['empty-disk'] !== true],
    ['a restart with an empty disk', ({ word, value }) => word === 'restart' && value['empty-disk'] === true],
    ['a disk that is full', ({ word, value }) => word === 'disk' && value['is'] === 'full'],
    ['a disk with space again', ({ word, value }) => word === 'disk' && value['is'] === 'free'],
    ...['ahead', 'behind', 'gains', 'loses', 'is'].map(
      (how) => [`a clock that "${how}"`, ({ word, value }: VerbStep) => word === 'clock' && value[how] !== undefined] as const,
    ),
    ...Object.keys(CONDUCT_WORDS).map((conduct) => [`the conduct "${conduct}"`, ({ value }: VerbStep) => value['conduct'] === conduct] as const),
    ['healing by name', ({ word, file }) => word === 'heal' && file === 'fault-cut.yaml'],
  ];
  t.deepEqual(
    forms.map(([what, found]) => isDone(what, found)).filter((missing) => missing !== null),
    [],
  );
});

/** Steps that break nothing, or that a running network is given by other commands. */
const NO_FAULTS_THEMSELVES = new Set(['start', 'stop', 'restart', 'join', 'seed-server']);

test('what steps can break, confab fault and /fault can break in a network that runs', (t) => {
  const steps = [...NETWORK_VERBS, ...MACHINE_VERBS, ...LIFECYCLE_VERBS].map(({ name }) => name).filter((name) => !NO_FAULTS_THEMSELVES.has(name));
  t.deepEqual(
    steps.filter((name) => !Object.hasOwn(FAULT_WORDS, name)),
    [],
  );
  for (const name of steps) t.true(VERBS.has(name));
});
