import { DRAWN_GROUPS } from './drawn/all.ts';
import { NO_WORKLOADS } from './drawn/drawn-group.ts';
import { expandNames, type NameList } from './names.ts';
import { drawSteps, type RandomSteps, type RawStep } from './random-steps.ts';
import type { Workloads } from './workloads/workload.ts';

/** A scenario file as data. */
export type RawScenario = Readonly<Record<string, unknown>> & { readonly steps: readonly RawStep[] };

/** Says whether a smaller scenario still fails in the same way; false for one that cannot be played. */
export type StillFails = (scenario: RawScenario) => Promise<boolean>;

/** The file with everything written out that a seed draws or a count repeats, so that each single step can be taken away. */
export function writtenOut(scenario: RawScenario, seed: number, own: Workloads = NO_WORKLOADS): RawScenario {
  return { ...scenario, seed, steps: scenario.steps.flatMap((step, index) => flat(step, { seed, own }, String(index + 1))) };
}

interface Drawing {
  readonly seed: number;
  readonly own: Workloads;
}

function flat(step: RawStep, drawing: Drawing, number: string): RawStep[] {
  const { random, repeat, parallel } = step as { random?: RandomSteps; repeat?: { times: number; steps: RawStep[] }; parallel?: Array<RawStep | RawStep[]> };
  if (random !== undefined) return drawSteps(random, drawing.seed, number);
  for (const [name, group] of DRAWN_GROUPS) if (Object.hasOwn(step, name)) return group.draw(step[name], drawing.seed, number, drawing.own);
  if (repeat !== undefined) {
    return Array.from({ length: repeat.times }, (_, round) =>
      repeat.steps.flatMap((each, index) => flat(withRound(each, round + 1), drawing, `${number}.${round + 1}.${index + 1}`)),
    ).flat();
  }
  if (parallel === undefined) return [step];
  const strands = parallel.map((each, index) =>
    Array.isArray(each)
      ? each.flatMap((inner, part) => flat(inner, drawing, `${number}.${index + 1}.${part + 1}`))
      : flat(each, drawing, `${number}.${index + 1}`),
  );
  return [{ parallel: strands.filter((strand) => strand.length > 0) }];
}

function withRound(step: RawStep, round: number): RawStep {
  return JSON.parse(JSON.stringify(step).replaceAll('{round}', String(round))) as RawStep;
}

export interface ShrinkOptions {
  readonly fails: StillFails;
  /** How many smaller scenarios are tried side by side; what comes out is the same for every number. */
  readonly width?: number;
  readonly told?: (left: number) => void;
}

/** Tries candidates and gives the first that still fails, as trying them one after the other would; -1: none does. */
type FirstFailing = (candidates: readonly RawScenario[]) => Promise<number>;

/**
 * Makes a failing scenario smaller while it still fails: fewer people, fewer steps, shorter waits, fewer messages, no lossy network.
 * Takes parts away by halves, then quarters, down to single steps (delta debugging, Zeller and Hildebrandt 2002), again and
 * again until nothing can go. The result fails, and no single step of it can be left out. People go first: what is left
 * then takes less time to play.
 */
export async function shrink(scenario: RawScenario, { fails, width = 1, told = () => {} }: ShrinkOptions): Promise<RawScenario> {
  const firstFailing: FirstFailing = async (candidates) => {
    for (let at = 0; at < candidates.length; at += width) {
      const failed = (await Promise.all(candidates.slice(at, at + width).map(fails))).indexOf(true);
      if (failed < 0) continue;
      told(countSteps(candidates[at + failed]?.steps ?? []));
      return at + failed;
    }
    return -1;
  };
  let current = scenario;
  let size = -1;
  while (size !== weight(current)) {
    size = weight(current);
    for (const pass of [withoutPeople, withoutSteps, inOneStrand, withLess, withoutLoss]) current = await pass(current, firstFailing);
  }
  return current;
}

function weight(scenario: RawScenario): number {
  return JSON.stringify(scenario).length;
}

/** Single steps, those in strands included; notes are for people and not counted. */
export function countSteps(steps: readonly RawStep[]): number {
  return steps.reduce((sum, step) => {
    const { parallel, note } = step as { parallel?: Array<RawStep | RawStep[]>; note?: string };
    if (parallel !== undefined) return sum + parallel.reduce((inner, strand) => inner + countSteps(Array.isArray(strand) ? strand : [strand]), 0);
    return note === undefined ? sum + 1 : sum;
  }, 0);
}

/** Leaves of the tree in order: each is a step that can be taken away by its number. */
async function withoutSteps(scenario: RawScenario, firstFailing: FirstFailing): Promise<RawScenario> {
  let current = scenario;
  for (let chunk = Math.max(1, countSteps(current.steps) >> 1); ; chunk = chunk >> 1) {
    let at = 0;
    for (;;) {
      const { steps } = current;
      const places = Array.from({ length: Math.max(0, Math.ceil((countSteps(steps) - at) / chunk)) }, (_, index) => at + index * chunk);
      const candidates = places.map((place) => ({ ...current, steps: without(steps, place, place + chunk) }));
      const found = await firstFailing(candidates);
      if (found < 0) break;
      current = candidates[found] as RawScenario;
      at = places[found] as number;
    }
    if (chunk <= 1) return current;
  }
}

/** The steps without leaves number `from` to `to`. Notes go with the first cut. */
function without(steps: readonly RawStep[], from: number, to: number): RawStep[] {
  let at = 0;
  const kept = (list: readonly RawStep[]): RawStep[] =>
    list.flatMap((step) => {
      const { parallel, note } = step as { parallel?: Array<RawStep | RawStep[]>; note?: string };
      if (note !== undefined) return [];
      if (parallel !== undefined) {
        const strands = parallel.map((strand) => kept(Array.isArray(strand) ? strand : [strand])).filter((strand) => strand.length > 0);
        return strands.length === 0 ? [] : strands.length === 1 ? (strands[0] as RawStep[]) : [{ parallel: strands }];
      }
      const goes = at >= from && at < to;
      at += 1;
      return goes ? [] : [step];
    });
  return kept(steps);
}

/** Everybody who can be left out is: from lists, and with the steps that are about nobody else. */
async function withoutPeople(scenario: RawScenario, firstFailing: FirstFailing): Promise<RawScenario> {
  let current = scenario;
  let names = [...new Set(current.steps.flatMap(startedBy))];
  for (let chunk = Math.max(1, names.length >> 1); chunk >= 1; chunk >>= 1) {
    for (let at = 0; at < names.length; ) {
      const groups = Array.from({ length: Math.ceil((names.length - at) / chunk) }, (_, index) => names.slice(at + index * chunk, at + (index + 1) * chunk));
      const { steps } = current;
      const candidates = groups.map((group) => ({ ...current, steps: steps.flatMap((step) => stepWithout(step, new Set(group))) }));
      const found = await firstFailing(candidates);
      if (found < 0) break;
      current = candidates[found] as RawScenario;
      at += found * chunk;
      names = names.filter((name) => !(groups[found] as string[]).includes(name));
    }
  }
  return current;
}

function startedBy(step: RawStep): string[] {
  const { start } = step as { start?: NameList | { nodes: NameList } };
  if (start === undefined) return [];
  return expandNames(typeof start === 'object' && 'nodes' in start ? start.nodes : start);
}

function stepWithout(step: RawStep, gone: ReadonlySet<string>): RawStep[] {
  const { parallel } = step as { parallel?: Array<RawStep | RawStep[]> };
  if (parallel !== undefined) {
    const strands = parallel.map((strand) => (Array.isArray(strand) ? strand : [strand]).flatMap((each) => stepWithout(each, gone)));
    return [{ parallel: strands.filter((strand) => strand.length > 0) }];
  }
  const left = valueWithout(step, gone);
  return left === undefined ? [] : [left as RawStep];
}

/** A value without the names; undefined when nothing sensible is left of it. */
function valueWithout(value: unknown, gone: ReadonlySet<string>): unknown {
  if (typeof value === 'string') {
    const names = value.includes('..') ? expandNames(value) : [value];
    if (!names.some((name) => gone.has(name))) return value;
    const left = names.filter((name) => !gone.has(name));
    return left.length === 0 ? undefined : left.length === 1 ? left[0] : left;
  }
  if (Array.isArray(value)) {
    const left = value.map((each) => valueWithout(each, gone)).filter((each) => each !== undefined);
    return left.length === 0 && value.length > 0 ? undefined : left.flat();
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, valueWithout(each, gone)] as const);
  return entries.some(([, each]) => each === undefined) ? undefined : Object.fromEntries(entries);
}

/** What happens side by side may do one after the other, which is easier to follow. */
async function inOneStrand(scenario: RawScenario, firstFailing: FirstFailing): Promise<RawScenario> {
  let current = scenario;
  for (let at = 0; at < current.steps.length; at += 1) {
    const { parallel } = current.steps[at] as { parallel?: Array<RawStep | RawStep[]> };
    if (parallel === undefined) continue;
    const smaller = { ...current, steps: [...current.steps.slice(0, at), ...parallel.flat(), ...current.steps.slice(at + 1)] };
    if ((await firstFailing([smaller])) === 0) current = smaller;
  }
  return current;
}

/** Fewer messages at a time and shorter waits, by halves, also in what happens side by side. */
async function withLess(scenario: RawScenario, firstFailing: FirstFailing): Promise<RawScenario> {
  let current = scenario;
  for (let at = 0; at < countSteps(current.steps); at += 1) {
    for (;;) {
      const steps = withLeaf(current.steps, at, halved);
      if (steps === null) break;
      const smaller = { ...current, steps };
      if ((await firstFailing([smaller])) < 0) break;
      current = smaller;
    }
  }
  return current;
}

/** The steps with another leaf number `wanted`; null where it stays as it is. */
function withLeaf(steps: readonly RawStep[], wanted: number, change: (step: RawStep) => RawStep | null): RawStep[] | null {
  let at = -1;
  let changed = false;
  const mapped = (list: readonly RawStep[]): RawStep[] =>
    list.map((step) => {
      const { parallel, note } = step as { parallel?: Array<RawStep | RawStep[]>; note?: string };
      if (note !== undefined) return step;
      if (parallel !== undefined) return { ...step, parallel: parallel.map((strand) => mapped(Array.isArray(strand) ? strand : [strand])) };
      at += 1;
      const other = at === wanted ? change(step) : null;
      changed ||= other !== null;
      return other ?? step;
    });
  const all = mapped(steps);
  return changed ? all : null;
}

/** A network that loses nothing by itself. */
async function withoutLoss(scenario: RawScenario, firstFailing: FirstFailing): Promise<RawScenario> {
  const { network } = scenario as { network?: { readonly loss?: unknown } };
  if (network?.loss === undefined) return scenario;
  const { loss: _, ...rest } = network;
  const smaller = { ...scenario, network: rest };
  return (await firstFailing([smaller])) === 0 ? smaller : scenario;
}

function halved(step: RawStep): RawStep | null {
  const { send, wait } = step as { send?: { count?: number }; wait?: string };
  if (send?.count !== undefined && send.count > 1) return { ...step, send: { ...send, count: send.count >> 1 } };
  const millis = /^([0-9]+)ms$/.exec(wait ?? '')?.[1];
  const seconds = /^([0-9]+)s$/.exec(wait ?? '')?.[1];
  const length = millis === undefined ? Number(seconds ?? 0) * 1_000 : Number(millis);
  return length >= 2 ? { ...step, wait: `${length >> 1}ms` } : null;
}
